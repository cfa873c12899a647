// Why: HTTP around the routes. node:http and nothing more: pods are started while the service is under load, and a
// framework would be most of their start.
//
// 1. Every request is answered once, in JSON, also when a route fails in a way that nobody thought of.
// 2. A body is read to a limit; what is beyond it is read and dropped, so that the sender can hear the refusal.
// 3. While draining, every answer closes its connection, so that clients go elsewhere without an error.

import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { PodLog } from "./pod-log.ts";
import { BadRequest, errorReply } from "./reply.ts";
import type { Reply } from "./reply.ts";
import type { PodRequest } from "./routes.ts";

export type PodServer = {
  /** The port on which it listens. Rejects when it cannot. */
  readonly listen: (host: string, port: number) => Promise<number>;
  /** Takes no more connections, and waits until what was asked is answered, at most `boundMs`. */
  readonly close: (boundMs: number) => Promise<void>;
};

export type PodServerOptions = {
  readonly answer: (request: PodRequest) => Promise<Reply>;
  readonly isDraining: () => boolean;
  readonly log: PodLog;
};

const mostBodyBytes = 64 * 1024;
// Beyond this the connection is not worth keeping.
const mostDroppedBytes = 1024 * 1024;
// Longer than clients keep an idle connection: else one is closed just as a request is sent over it.
const keepAliveTimeoutMs = 65_000;
const requestTimeoutMs = 30_000;

export function podServer(options: PodServerOptions): PodServer {
  const server = createServer((request, response) => {
    void handle(options, request, response);
  });
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.headersTimeout = keepAliveTimeoutMs + 1000;
  server.requestTimeout = requestTimeoutMs;
  return {
    listen: (host, port) => listen(server, host, port),
    close: (boundMs) => close(server, boundMs),
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

async function close(server: Server, boundMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), boundMs);
  await closed;
  clearTimeout(late);
}

async function handle(
  { answer, isDraining, log }: PodServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedMs = performance.now();
  const method = request.method ?? "GET";
  const [path = "/", query = ""] = split(request.url ?? "/");
  response.on("error", () => {
    /* The client has gone; there is nobody to tell. */
  });
  let reply: Reply;
  let fault: string | undefined;
  try {
    reply = await answer({
      method,
      path,
      query: new URLSearchParams(query),
      header: (name) => {
        const value = request.headers[name];
        return Array.isArray(value) ? value.join(", ") : value;
      },
      body: () => readBody(request),
    });
  } catch (error) {
    if (isGone(request)) return;
    fault = error instanceof Error ? error.message : String(error);
    log.fault(error, "a request failed by a fault of the pod");
    reply = errorReply(500, "internal", "The pod failed to answer; its log says why.");
  }
  send(request, response, reply, isDraining());
  log.request({
    method,
    path,
    status: reply.status,
    durationMs: Math.round(performance.now() - startedMs),
    ...(fault === undefined ? {} : { error: fault }),
  });
}

/** A client that went away in the middle of its own request. */
function isGone(request: IncomingMessage): boolean {
  return request.destroyed && !request.complete;
}

function split(url: string): readonly string[] {
  const at = url.indexOf("?");
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply, draining: boolean): void {
  const text = JSON.stringify(reply.body);
  // What was not read of a request would be taken for the next one.
  if (draining || reply.status === 413) response.setHeader("connection", "close");
  response.writeHead(reply.status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    ...reply.headers,
  });
  response.end(request.method === "HEAD" ? undefined : text);
  // A body that no route asked for.
  request.resume();
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const parts: AsyncIterable<Buffer> = request;
  for await (const part of parts) {
    bytes += part.length;
    if (bytes <= mostBodyBytes) chunks.push(part);
    if (bytes > mostDroppedBytes) break;
  }
  if (bytes > mostBodyBytes) {
    throw new BadRequest(
      errorReply(413, "too-large", `Send an observation of at most ${mostBodyBytes} bytes.`),
    );
  }
  return Buffer.concat(chunks).toString("utf8");
}
