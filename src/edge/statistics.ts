/**
 * What the gateway knows of real requests (never of probes or control traffic).
 *
 * 1. A request counts once, when it ends: for the edge as a whole, and for the cloud whose reply (or silence) ended it.
 * 2. failed = the client got a 5xx or no answer; slow = answered well but later than the objective. The two never overlap,
 *    so good = requests - failed - slow.
 * 3. Attempts count apart, per cloud, retried ones included: a retry must not hide from the verdict that a cloud fails.
 */
import { TimeRing } from "./time-ring.ts";

export type WindowCounts = Readonly<{ requests: number; failed: number; slow: number }>;
export type Latencies = Readonly<{ p50Ms: number | null; p99Ms: number | null }>;
export type CloudWindow = WindowCounts & Latencies & Readonly<{ attempts: number; failedAttempts: number }>;
export type Demand = Readonly<{ requestsPerSecond: number; windowMs: number; overMs: number }>;

/** The longest window that can be asked for. */
export const windowMaxMs = 60_000;

export class Statistics {
  readonly #now: () => number;
  readonly #latencyMs: number;
  readonly #startedAtMs: number;
  readonly #all = fineRing();
  readonly #clouds: ReadonlyMap<string, TimeRing>;
  readonly #perSecond = new TimeRing({ bucketMs: 1000, buckets: 3601, counters: 1, histogram: false });
  #firstRequestAtMs: number | null = null;

  /** `now` in milliseconds, never going back; `latencyMs` is the objective. */
  constructor(options: Readonly<{ clouds: readonly string[]; latencyMs: number; now: () => number }>) {
    this.#now = options.now;
    this.#latencyMs = options.latencyMs;
    this.#startedAtMs = options.now();
    this.#clouds = new Map(options.clouds.map((cloud) => [cloud, fineRing()]));
  }

  /** A request has come in: this is what demand counts. */
  arrived(): void {
    const nowMs = this.#now();
    this.#firstRequestAtMs ??= nowMs;
    this.#perSecond.count(nowMs, 0);
  }

  /** A request has ended; `cloud` is null when no pod was found for it. */
  ended(cloud: string | null, latencyMs: number, failed: boolean): void {
    const nowMs = this.#now();
    const ring = cloud === null ? undefined : this.#clouds.get(cloud);
    for (const one of ring === undefined ? [this.#all] : [this.#all, ring]) {
      one.count(nowMs, counter.requests);
      if (failed) one.count(nowMs, counter.failed);
      else if (latencyMs > this.#latencyMs) one.count(nowMs, counter.slow);
      one.observe(nowMs, latencyMs);
    }
  }

  /** An attempt at one of the cloud's pods has ended. */
  attempted(cloud: string, failed: boolean): void {
    const nowMs = this.#now();
    const ring = this.#clouds.get(cloud);
    ring?.count(nowMs, counter.attempts);
    if (failed) ring?.count(nowMs, counter.failedAttempts);
  }

  /** Over the last `windowMs`, at most `windowMaxMs`. `goodPercent` is null when there were no requests. */
  window(windowMs: number): WindowCounts & Latencies & Readonly<{ goodPercent: number | null }> {
    const { requests, failed, slow } = this.#counts(this.#all, windowMs);
    const goodPercent = requests === 0 ? null : ((requests - failed - slow) / requests) * 100;
    return { requests, failed, slow, goodPercent, ...this.#latencies(this.#all, windowMs) };
  }

  cloudWindow(cloud: string, windowMs: number): CloudWindow {
    const ring = this.#clouds.get(cloud);
    if (ring === undefined) throw new RangeError(`no statistics are kept for ${cloud}`);
    return { ...this.#counts(ring, windowMs), ...this.#latencies(ring, windowMs) };
  }

  /**
   * The highest 1-minute rate of the last hour; while requests have come for less than a minute, their rate so far,
   * over at least 5 s so that a first burst is not taken for a rate.
   */
  demand(): Demand {
    const nowMs = this.#now();
    const upMs = Math.round(nowMs - this.#startedAtMs);
    const overMs = Math.min(upMs, hourMs);
    if (this.#firstRequestAtMs === null)
      return { requestsPerSecond: 0, windowMs: Math.min(overMs, minuteMs), overMs };
    const sinceFirstMs = nowMs - this.#firstRequestAtMs;
    const windowMs = Math.min(minuteMs, Math.max(leastMs, sinceFirstMs));
    const highest = this.#perSecond.highestSum(nowMs, { windowMs: hourMs, spanMs: minuteMs, counter: 0 });
    return {
      requestsPerSecond: Math.round((highest / windowMs) * 1e5) / 100,
      windowMs: Math.round(windowMs),
      overMs,
    };
  }

  #counts(ring: TimeRing, windowMs: number): WindowCounts & { attempts: number; failedAttempts: number } {
    const sums = ring.sums(this.#now(), windowMs);
    return {
      requests: sums[counter.requests] ?? 0,
      failed: sums[counter.failed] ?? 0,
      slow: sums[counter.slow] ?? 0,
      attempts: sums[counter.attempts] ?? 0,
      failedAttempts: sums[counter.failedAttempts] ?? 0,
    };
  }

  #latencies(ring: TimeRing, windowMs: number): Latencies {
    const [p50Ms = null, p99Ms = null] = ring.quantilesMs(this.#now(), windowMs, [0.5, 0.99]);
    return { p50Ms, p99Ms };
  }
}

const counter = { requests: 0, failed: 1, slow: 2, attempts: 3, failedAttempts: 4 } as const;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const leastMs = 5000;

/** One bucket more than the longest window needs: the one under way. */
function fineRing(): TimeRing {
  return new TimeRing({
    bucketMs: 100,
    buckets: windowMaxMs / 100 + 1,
    counters: Object.keys(counter).length,
    histogram: true,
  });
}
