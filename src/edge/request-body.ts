/**
 * Takes a request's body in: whole, if it is small, so that it can be sent again elsewhere; otherwise as a stream that can
 * be sent once.
 */
import type { IncomingMessage } from "node:http";

export type RequestBody =
  | Readonly<{ kind: "buffered"; bytes: Buffer | null }>
  | Readonly<{ kind: "streamed"; stream: IncomingMessage }>;

/** Bodies up to this are kept in memory. */
const bufferedBytesMax = 64 * 1024;

/** Calls `done` once, or never if the client goes away before its body is in. */
export function takeBody(request: IncomingMessage, done: (body: RequestBody) => void): void {
  const stated = request.headers["content-length"];
  if (request.headers["transfer-encoding"] === undefined && (stated === undefined || stated === "0")) {
    done({ kind: "buffered", bytes: null });
    return;
  }
  if (stated !== undefined && Number(stated) > bufferedBytesMax) {
    done({ kind: "streamed", stream: request });
    return;
  }
  collect(request, done);
}

function collect(request: IncomingMessage, done: (body: RequestBody) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= bufferedBytesMax) return;
    request.off("data", onData);
    request.off("end", onEnd);
    request.pause();
    // Too large to keep: put back what was read, and let whoever sends it on read from the start.
    request.unshift(Buffer.concat(chunks));
    done({ kind: "streamed", stream: request });
  };
  const onEnd = (): void => {
    const [only] = chunks;
    done({
      kind: "buffered",
      bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks),
    });
  };
  request.on("data", onData);
  request.on("end", onEnd);
}
