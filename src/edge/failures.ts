/** Which failures of an attempt may be tried again elsewhere, and which requests may be sent twice at all. Pure. */
import type { IncomingHttpHeaders } from "node:http";

/** A request that has the same effect however often it arrives: reads, and writes that carry an idempotency key. */
export function isIdempotent(method: string, headers: IncomingHttpHeaders): boolean {
  switch (method) {
    case "GET":
    case "HEAD":
      return true;
    case "POST":
      return (headers["idempotency-key"] ?? "") !== "";
    default:
      return false;
  }
}

export function isRetryableStatus(status: number): boolean {
  return status === 502 || status === 503;
}

/** By the code of the error that ended the exchange with the pod. */
export function isRetryableCode(code: string): boolean {
  return retryableCodes.has(code);
}

const retryableCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
  // The pod left the list, and its pool was closed, between the choice and the sending: nothing was sent.
  "UND_ERR_CLOSED",
  "UND_ERR_DESTROYED",
]);
