/** The data port: takes clients' connections, and makes an exchange of every request. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Exchange, type ExchangeSurroundings } from "./exchange.ts";
import { PinnedProbes, pinnedTo } from "./pinned-probe.ts";
import type { Pod } from "./pods.ts";

export class DataServer {
  readonly #around: ExchangeSurroundings;
  readonly #probes: PinnedProbes;
  readonly #server: Server;
  #inFlight = 0;
  #isClosing = false;
  #idle: (() => void) | null = null;

  constructor(around: ExchangeSurroundings, pods: () => readonly Pod[]) {
    this.#around = around;
    this.#probes = new PinnedProbes(around, pods);
    this.#server = createServer(
      { keepAliveTimeout: keepAliveMs, headersTimeout: headersWithinMs, requestTimeout: requestWithinMs },
      (request, response) => this.#take(request, response),
    );
    this.#server.on("clientError", (_error, socket) => {
      if (socket.writable) socket.end(malformed);
      else socket.destroy();
    });
  }

  /** Resolves with the port. @throws the system's error when it cannot listen. */
  async listen(host: string, port: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(port, host, resolve);
    await promise;
    this.#server.off("error", reject);
    const address = this.#server.address();
    return address !== null && typeof address === "object" ? address.port : port;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Takes no more connections, lets what is in flight finish for at most `graceMs`, then ends what is left. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (this.#inFlight > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#idle = resolve;
      const grace = setTimeout(resolve, graceMs);
      await promise;
      clearTimeout(grace);
    }
    this.#server.closeIdleConnections();
    // Replies whose last bytes are on their way may leave; then what still holds on is cut.
    const flush = setTimeout(() => this.#server.closeAllConnections(), this.#inFlight > 0 ? 0 : flushMs);
    await closed;
    clearTimeout(flush);
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    if (this.#inFlight >= inFlightMax) {
      response.writeHead(503, { "content-type": "application/json", "retry-after": "1" }).end(overloaded);
      return;
    }
    this.#inFlight++;
    const onEnd = (): void => {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#idle?.();
    };
    const cluster = pinnedTo(request);
    if (cluster === null) new Exchange(this.#around, request, response, onEnd).start();
    else this.#probes.take(cluster, request, response, onEnd);
  }
}

const keepAliveMs = 65_000;
const headersWithinMs = 10_000;
const requestWithinMs = 60_000;
const flushMs = 500;
const inFlightMax = 5000;

const overloaded = JSON.stringify({
  error: {
    what: "the gateway is overloaded",
    why: `${inFlightMax} requests are in flight`,
    next: "try again after the seconds in Retry-After",
  },
});

const malformedBody = JSON.stringify({
  error: {
    what: "the request cannot be read",
    why: "it is not well-formed HTTP/1.1, too large, or too slow",
    next: "send a well-formed request",
  },
});
const malformed = `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(malformedBody)}\r\n\r\n${malformedBody}`;
