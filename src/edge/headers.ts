/**
 * Which headers pass the gateway. Hop-by-hop ones (RFC 9110, section 7.6.1, and what the Connection header names) end here:
 * connections to clients and to pods have nothing to do with each other.
 */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";

const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Answered or replaced by the gateway itself. */
const own: ReadonlySet<string> = new Set(["expect", "x-forwarded-for", "x-forwarded-proto", "via"]);

/** How the request's body goes on: whole in memory (its length is then known anew), or as it comes. */
export type BodyPassage = "buffered" | "streamed";

/** The headers for the pod, as a flat list of names and values. */
export function forwardedHeaders(request: IncomingMessage, passage: BodyPassage): string[] {
  const raw = request.rawHeaders;
  const named = namedByConnection(request.headers.connection);
  const forwarded: string[] = [];
  for (let n = 0; n + 1 < raw.length; n += 2) {
    const name = raw[n] ?? "";
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || own.has(lower) || named?.has(lower)) continue;
    if (lower === "content-length" && passage === "buffered") continue;
    forwarded.push(name, raw[n + 1] ?? "");
  }
  const peer = request.socket.remoteAddress ?? "unknown";
  forwarded.push("x-forwarded-for", joined(request.headers["x-forwarded-for"], peer));
  forwarded.push("x-forwarded-proto", "http");
  forwarded.push("via", joined(request.headers.via, `${request.httpVersion} edge`));
  return forwarded;
}

/** The headers for the client, with where the reply comes from. */
export function returnedHeaders(
  headers: IncomingHttpHeaders,
  servedBy: Readonly<{ cloud: string; cluster: string }>,
): OutgoingHttpHeaders {
  const named = namedByConnection(headers.connection);
  const returned: OutgoingHttpHeaders = {};
  for (const name in headers) {
    if (!hopByHop.has(name) && !named?.has(name)) returned[name] = headers[name];
  }
  returned["x-served-by-cloud"] = servedBy.cloud;
  returned["x-served-by-cluster"] = servedBy.cluster;
  return returned;
}

function namedByConnection(connection: string | undefined): ReadonlySet<string> | null {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return null;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}

function joined(before: string | string[] | undefined, last: string): string {
  if (before === undefined) return last;
  return `${Array.isArray(before) ? before.join(", ") : before}, ${last}`;
}
