/**
 * Whether one worker lives, asked of it all the time over one HTTP/2 connection.
 *
 * 1. The end of the connection tells of a death, at once.
 * 2. A ping that is not answered tells of a process that is frozen, which accepts connections and never answers. One that
 *    merely has much to do answers late, and dropping its connections would have the same done again elsewhere: so it
 *    has time, and what this process itself was late to read counts for nothing.
 */
import { type ClientHttp2Session, connect } from "node:http2";

export type WorkerWatch = {
  readonly isLive: () => boolean;
  readonly close: () => void;
};

const pingEveryMs = 200;
const answerWithinMs = 2_000;
const againAfterMs = 100;

/** `lost` is called each time that it was live and is not any more. */
export function watchWorker(url: string, lost: (why: string) => void): WorkerWatch {
  let live = false;
  let closed = false;
  let session: ClientHttp2Session | null = null;
  let next: NodeJS.Timeout | undefined;
  let why = "";

  const over = (ended: ClientHttp2Session): void => {
    if (ended !== session) return;
    session = null;
    const wasLive = live;
    live = false;
    if (wasLive) lost(why);
    if (!closed) next = setTimeout(begin, againAfterMs);
  };

  function begin(): void {
    const fresh = connect(url);
    session = fresh;
    why = "its connection has ended";
    const cancel = unlessWithin(fresh, `it could not be reached within ${answerWithinMs} ms`);
    fresh.on("error", () => fresh.destroy());
    fresh.on("close", () => {
      cancel();
      over(fresh);
    });
    fresh.on("connect", () => {
      cancel();
      ask(fresh);
    });
  }

  function ask(of: ClientHttp2Session): void {
    if (of.destroyed) return;
    const cancel = unlessWithin(of, `no answer within ${answerWithinMs} ms`);
    of.ping((error) => {
      cancel();
      if (error !== null || of !== session) return;
      live = true;
      next = setTimeout(() => ask(of), pingEveryMs);
    });
  }

  /** Ends the session when the time is over; the answer to this stops that. */
  function unlessWithin(of: ClientHttp2Session, reason: string): () => void {
    let timer = setTimeout(() => {
      // What came meanwhile is read before this one fires.
      timer = setTimeout(() => {
        why = reason;
        of.destroy();
      }, againAfterMs);
    }, answerWithinMs);
    return () => clearTimeout(timer);
  }

  begin();
  return {
    isLive: () => live,
    close: () => {
      closed = true;
      clearTimeout(next);
      session?.destroy();
    },
  };
}
