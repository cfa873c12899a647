/**
 * What the gateway knows of real requests (never of probes or control traffic).
 *
 * 1. A request counts once, when it ends: for the edge as a whole, and for the cloud whose reply (or silence) ended it.
 * 2. failed = the client got a 5xx or no answer; slow = answered well but later than the objective. The two never overlap,
 *    so good = requests - failed - slow.
 * 3. Attempts count apart, per cloud, retried ones included: a retry must not hide from the verdict that a cloud fails.
 * 4. The past is kept to a tenth of a second for a little over a minute and to five seconds for an hour, so that whoever
 *    did not look at the time can still be told. What is not wholly known is left out, never shown as quiet.
 */
import { TimeRing } from "./time-ring.ts";

export type WindowCounts = Readonly<{ requests: number; failed: number; slow: number }>;
export type Latencies = Readonly<{ p50Ms: number | null; p99Ms: number | null }>;
export type CloudWindow = WindowCounts & Latencies & Readonly<{ attempts: number; failedAttempts: number }>;
export type ClusterWindow = Readonly<{
  attempts: number;
  failedAttempts: number;
  requests: number;
  slow: number;
}>;
/** Where a request or an attempt ended. */
export type Place = Readonly<{ cloud: string; cluster: string }>;
export type Demand = Readonly<{ requestsPerSecond: number; windowMs: number; overMs: number }>;

/** On the clock of `now`. Windows end at `sinceMs` + n x `everyMs`, none before or at `afterMs`. */
export type PastAsk = Readonly<{ sinceMs: number; afterMs: number; everyMs: number; windowMs: number }>;
export type PastWindow = WindowCounts & Readonly<{ atMs: number; ms: number; p99Ms: number | null }>;

/** The longest window that can be asked for. */
export const windowMaxMs = 60_000;

export class Statistics {
  readonly #now: () => number;
  readonly #latencyMs: number;
  readonly #startedAtMs: number;
  readonly #all = fineRing();
  readonly #past = pastRing();
  readonly #clouds: ReadonlyMap<string, TimeRing>;
  /** A ring for each cluster from its first request on. */
  readonly #clusters = new Map<string, TimeRing>();
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

  /** A request has ended; `at` is null when no pod was found for it. */
  ended(at: Place | null, latencyMs: number, failed: boolean): void {
    const nowMs = this.#now();
    const ring = at === null ? undefined : this.#clouds.get(at.cloud);
    if (at !== null) {
      const cluster = this.#clusterRing(at.cluster);
      cluster.count(nowMs, counter.requests);
      if (!failed && latencyMs > this.#latencyMs) cluster.count(nowMs, counter.slow);
    }
    for (const one of ring === undefined ? [this.#all, this.#past] : [this.#all, this.#past, ring]) {
      one.count(nowMs, counter.requests);
      if (failed) one.count(nowMs, counter.failed);
      else if (latencyMs > this.#latencyMs) one.count(nowMs, counter.slow);
      one.observe(nowMs, latencyMs);
    }
  }

  /** An attempt at one of the cluster's pods has ended. */
  attempted({ cloud, cluster }: Place, failed: boolean): void {
    const nowMs = this.#now();
    for (const ring of [this.#clouds.get(cloud), this.#clusterRing(cluster)]) {
      ring?.count(nowMs, counter.attempts);
      if (failed) ring?.count(nowMs, counter.failedAttempts);
    }
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

  clusterWindow(cluster: string, windowMs: number): ClusterWindow {
    return this.#counts(this.#clusterRing(cluster), windowMs);
  }

  /**
   * What `window` would have said at each of the times asked for that are past, oldest first, none reaching back before
   * `sinceMs`. Left out are those of which a part is older than this gateway or than its memory.
   */
  windows({ sinceMs, afterMs, everyMs, windowMs }: PastAsk): readonly PastWindow[] {
    const nowMs = this.#now();
    const oldestMs = nowMs - hourMs - windowMaxMs;
    const found: PastWindow[] = [];
    const first = Math.max(1, Math.floor((Math.max(afterMs, oldestMs) - sinceMs) / everyMs) + 1);
    for (let atMs = sinceMs + first * everyMs; atMs <= nowMs && found.length < pastMost; atMs += everyMs) {
      const one = this.#pastWindow(Math.max(sinceMs, atMs - windowMs), atMs);
      if (one !== null) found.push(one);
    }
    return found;
  }

  #pastWindow(fromMs: number, atMs: number): PastWindow | null {
    if (fromMs < this.#startedAtMs) return null;
    // A stretch that is short against a bucket would be told of its neighbours.
    const rings = atMs - fromMs < leastPastMs ? [this.#all] : [this.#all, this.#past];
    const ring = rings.find((one) => one.remembers(this.#now(), fromMs));
    if (ring === undefined) return null;
    const sums = ring.sums(atMs, atMs - fromMs);
    const [p99Ms = null] = ring.quantilesMs(atMs, atMs - fromMs, [0.99]);
    return {
      atMs,
      ms: atMs - fromMs,
      requests: sums[counter.requests] ?? 0,
      failed: sums[counter.failed] ?? 0,
      slow: sums[counter.slow] ?? 0,
      p99Ms,
    };
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

  #clusterRing(cluster: string): TimeRing {
    const ring = this.#clusters.get(cluster) ?? clusterRing();
    this.#clusters.set(cluster, ring);
    return ring;
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
const pastBucketMs = 5000;
const leastPastMs = 2 * pastBucketMs;
/** An hour of windows, one every five seconds. */
const pastMost = hourMs / pastBucketMs;

/** The longest window and a quarter of a minute more, for whoever asks late. */
function fineRing(): TimeRing {
  return new TimeRing({
    bucketMs: 100,
    buckets: (windowMaxMs + 15_000) / 100,
    counters: Object.keys(counter).length,
    histogram: true,
  });
}

function clusterRing(): TimeRing {
  return new TimeRing({
    bucketMs: 100,
    buckets: 200,
    counters: Object.keys(counter).length,
    histogram: false,
  });
}

/** An hour and the longest window. */
function pastRing(): TimeRing {
  return new TimeRing({
    bucketMs: pastBucketMs,
    buckets: (hourMs + windowMaxMs) / pastBucketMs + 1,
    counters: 3,
    histogram: true,
  });
}
