/**
 * Load as clients make it: a constant arrival rate, whatever the answers.
 *
 * 1. Open loop: request n is due at start + n / rate and its latency counts from then, so a stall of the service shows
 *    in every request that was due meanwhile and cannot hide in a late schedule ("coordinated omission").
 * 2. No retry: a client sees each failure once, and so does the judge.
 * 3. Bounded in rate, time, connections and requests in flight; what is over the bound is recorded as failed, not left out.
 */
import { type Dispatcher, Pool } from "undici";
import { openRecordFile } from "./record-file.ts";

export type LoadOrder = {
  readonly edgeUrl: string;
  readonly ratePerSecond: number;
  readonly seed: number;
  /** `client.ndjson`. */
  readonly file: string;
  /** The first requests only warm pods and connections up; they are not recorded, and write nothing. */
  readonly warmUpMs: number;
  /** Ends by itself after this. */
  readonly forMsMax: number;
  /** Paths that are read, in turn. */
  readonly paths: readonly string[];
  /** Bodies that are posted, in turn. */
  readonly bodies: readonly object[];
};

export type Load = {
  readonly startedAtMs: number;
  sent(): number;
  /** Stops the schedule, waits for what is in flight. */
  stop(): Promise<void>;
};

type Request = {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly key: string | null;
  readonly body: string | null;
};

const UNANSWERED: Omit<Answer, "error"> = { status: null, cloud: null };

const ONE_WRITE_IN = 10;
/** Longer than the edge waits: what it answers is the answer. */
const TIMEOUT_MS = 20_000;
const CONNECTIONS_MAX = 128;
const IN_FLIGHT_MAX = 4_000;
const RATE_MAX = 5_000;

export function startLoad(order: LoadOrder): Load {
  if (!(order.ratePerSecond > 0 && order.ratePerSecond <= RATE_MAX)) {
    throw new RangeError(
      `the rate must be above 0 and at most ${RATE_MAX} requests/s, got ${order.ratePerSecond}`,
    );
  }
  const run = new LoadRun(order);
  run.schedule();
  return { startedAtMs: run.startedAtMs, sent: () => run.sent, stop: () => run.stop() };
}

class LoadRun {
  /** When the recorded load begins. */
  readonly startedAtMs: number;
  sent = 0;
  #warmed = 0;
  readonly #order: LoadOrder;
  readonly #pool: Pool;
  readonly #file: ReturnType<typeof openRecordFile>;
  readonly #inFlight = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(order: LoadOrder) {
    this.#order = order;
    this.startedAtMs = wallMs() + order.warmUpMs;
    this.#pool = new Pool(order.edgeUrl, {
      connections: CONNECTIONS_MAX,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      keepAliveTimeout: 4_000,
    });
    this.#file = openRecordFile(order.file);
  }

  schedule(): void {
    const { ratePerSecond, forMsMax, warmUpMs } = this.#order;
    for (const beganMs = this.startedAtMs - warmUpMs; this.#isWarmingUp(beganMs); this.#warmed += 1)
      this.#warmUp();
    const dueMs = () => this.startedAtMs + (this.sent * 1_000) / ratePerSecond;
    while (dueMs() <= wallMs()) {
      this.#send(dueMs());
      this.sent += 1;
    }
    if (dueMs() > this.startedAtMs + forMsMax) return;
    const pauseMs = wallMs() < this.startedAtMs ? 1_000 / ratePerSecond : dueMs() - wallMs();
    this.#timer = setTimeout(() => this.schedule(), Math.max(0, pauseMs));
  }

  /** Whether one more request of the warm-up is due; its reads come at the load's rate. */
  #isWarmingUp(beganMs: number): boolean {
    const dueMs = beganMs + (this.#warmed * 1_000) / this.#order.ratePerSecond;
    return dueMs <= wallMs() && dueMs < this.startedAtMs;
  }

  #warmUp(): void {
    const { paths } = this.#order;
    const path = paths[this.#warmed % paths.length] ?? "/observations";
    const exchange = this.#exchange({ method: "GET", path, key: null, body: null })
      .then(() => undefined)
      .finally(() => this.#inFlight.delete(exchange));
    this.#inFlight.add(exchange);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await Promise.all(this.#inFlight);
    await this.#pool.close();
    await this.#file.close();
  }

  #send(scheduled: number): void {
    const request = this.#request(this.sent);
    const sent = wallMs();
    if (this.#inFlight.size >= IN_FLIGHT_MAX) {
      this.#record(request, { scheduled, sent }, { status: null, cloud: null, error: "too many in flight" });
      return;
    }
    const exchange = this.#exchange(request)
      .then((answer) => this.#record(request, { scheduled, sent }, answer))
      .finally(() => this.#inFlight.delete(exchange));
    this.#inFlight.add(exchange);
  }

  async #exchange(request: Request): Promise<Answer> {
    const { method, path, key, body } = request;
    const headers = key === null ? {} : { "content-type": "application/json", "idempotency-key": key };
    let seen = UNANSWERED;
    try {
      const answer = await this.#pool.request({
        method,
        path,
        headers,
        body,
      });
      seen = { status: answer.statusCode, cloud: textOf(answer.headers["x-served-by-cloud"]) };
      // To its end, and not `dump()`, which is content when the body breaks off.
      await answer.body.arrayBuffer();
      return { ...seen, error: null };
    } catch (error) {
      // A status that came is kept: a write whose answer broke off after it was acknowledged all the same.
      return { ...seen, error: error instanceof Error ? error.message || error.name : String(error) };
    }
  }

  #request(number: number): Request {
    const { seed, paths, bodies } = this.#order;
    if (number % ONE_WRITE_IN === 0) {
      const body = bodies[(number / ONE_WRITE_IN) % bodies.length] ?? {};
      return {
        method: "POST",
        path: "/observations",
        key: `drill-${seed}-${number}`,
        body: JSON.stringify(body),
      };
    }
    return { method: "GET", path: paths[number % paths.length] ?? "/observations", key: null, body: null };
  }

  #record(
    { method, path, key }: Request,
    times: { readonly scheduled: number; readonly sent: number },
    answer: Answer,
  ): void {
    this.#file.add({ ...times, ended: wallMs(), method, path, key, ...answer });
  }
}

type Answer = {
  readonly status: number | null;
  readonly cloud: string | null;
  readonly error: string | null;
};

/** Milliseconds since the epoch with fractions, which never step back while the process lives. */
function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

function textOf(header: Dispatcher.ResponseData["headers"][string]): string | null {
  return typeof header === "string" ? header : null;
}
