/**
 * One sending of a request to one pod. It tells its listener what came of it, exactly once, and nothing after it was given up.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { InFlight, Pod } from "./pods.ts";

export type AttemptListener = {
  /** The pod answers. "pass": its body follows as data; "discard": it is read and thrown away, and nothing more is told. */
  responded: (status: number, headers: IncomingHttpHeaders) => "pass" | "discard";
  /** False when no more can be taken before `resume` is called. */
  data: (chunk: Buffer) => boolean;
  finished: () => void;
  failed: (error: Error) => void;
  /** The pod does not answer at all any more; who listens may give the attempt up. */
  podFroze: () => void;
};

export type AttemptRequest = Readonly<{
  method: string;
  path: string;
  headers: string[];
  body: Buffer | Readable | null;
  /** A backstop behind the listener's own deadline. */
  timeoutMs: number;
}>;

export class Attempt implements InFlight, Dispatcher.DispatchHandler {
  readonly pod: Pod;
  readonly #listener: AttemptListener;
  readonly #now: () => number;
  #controller: Dispatcher.DispatchController | null = null;
  #state: "waiting" | "passing" | "discarding" | "over" = "waiting";

  constructor(pod: Pod, now: () => number, listener: AttemptListener) {
    this.pod = pod;
    this.#now = now;
    this.#listener = listener;
  }

  send({ method, path, headers, body, timeoutMs }: AttemptRequest): void {
    this.pod.inFlight.add(this);
    this.pod.pool.dispatch(
      { method, path, headers, body, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
      this,
    );
  }

  /** Ends the exchange with the pod without telling the listener. */
  giveUp(): void {
    this.#leave("over");
    this.#controller?.abort(givenUp);
  }

  resume(): void {
    this.#controller?.resume();
  }

  podFroze(): void {
    if (this.#state === "waiting") this.#listener.podFroze();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state === "over") controller.abort(givenUp);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // Interim answers (1xx) are between the gateway and the pod.
    if (this.#state !== "waiting" || status < 200) return;
    this.pod.answeredAtMs = this.#now();
    if (this.#listener.responded(status, headers) === "pass") this.#state = "passing";
    else this.#leave("discarding");
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state === "passing" && !this.#listener.data(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#state !== "passing") return;
    this.#leave("over");
    this.#listener.finished();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#state === "over" || this.#state === "discarding") return;
    this.#leave("over");
    this.#listener.failed(error);
  }

  #leave(state: "discarding" | "over"): void {
    this.#state = state;
    this.pod.inFlight.delete(this);
  }
}

const givenUp = new Error("the gateway gave this attempt up");
