import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Statistics } from "./statistics.ts";
import { TimeRing } from "./time-ring.ts";

type Clock = { nowMs: number };

function start(clock: Clock): Statistics {
  return new Statistics({ clouds: ["aws", "azure"], latencyMs: 250, now: () => clock.nowMs });
}

const inAws = { cloud: "aws", cluster: "aws-west" };
const inAzure = { cloud: "azure", cluster: "azure-east" };

describe("a window", () => {
  test("counts failed and slow apart, per cloud and in all; a request that no cloud took counts in all only", () => {
    const statistics = start({ nowMs: 5 });
    statistics.ended(inAws, 10, false);
    statistics.ended(inAws, 250, false);
    statistics.ended(inAws, 251, false);
    statistics.ended(inAzure, 900, true);
    statistics.ended(null, 1, true);
    statistics.attempted(inAzure, true);
    statistics.attempted(inAzure, false);
    expect(statistics.window(1000)).toMatchObject({ requests: 5, failed: 2, slow: 1, goodPercent: 40 });
    expect(statistics.cloudWindow("aws", 1000)).toMatchObject({
      requests: 3,
      failed: 0,
      slow: 1,
      attempts: 0,
    });
    expect(statistics.cloudWindow("azure", 1000)).toMatchObject({
      requests: 1,
      failed: 1,
      slow: 0,
      attempts: 2,
      failedAttempts: 1,
    });
    const ofCluster = { requests: 3, slow: 1, attempts: 0, failedAttempts: 0 };
    expect(statistics.clusterWindow("aws-west", 1000)).toMatchObject(ofCluster);
    expect(statistics.clusterWindow("azure-east", 1000)).toMatchObject({ attempts: 2, failedAttempts: 1 });
    expect(statistics.clusterWindow("aws-east", 1000)).toMatchObject({ requests: 0, attempts: 0 });
  });

  test("without requests has no quality and no latency, rather than a good one", () => {
    expect(start({ nowMs: 0 }).window(1000)).toEqual({
      requests: 0,
      failed: 0,
      slow: 0,
      goodPercent: null,
      p50Ms: null,
      p99Ms: null,
    });
  });

  test("forgets what is older than it, to a tenth of a second", () => {
    const clock = { nowMs: 1000 };
    const statistics = start(clock);
    statistics.ended(inAws, 10, true);
    clock.nowMs = 2850;
    expect(statistics.window(2000).requests).toBe(1);
    clock.nowMs = 3100;
    expect(statistics.window(2000).requests).toBe(0);
    expect(statistics.window(60_000).requests).toBe(1);
    clock.nowMs = 1000 + 61_000;
    expect(statistics.window(60_000).requests).toBe(0);
  });

  test("has the quantiles of what was observed, within 5 % and the rounding to hundredths of a millisecond", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.3, max: 12_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (latencies) => {
          const statistics = start({ nowMs: 0 });
          for (const latencyMs of latencies) statistics.ended(inAws, latencyMs, false);
          const sorted = latencies.toSorted((a, b) => a - b);
          const { p50Ms, p99Ms } = statistics.window(1000);
          for (const [got, share] of [
            [p50Ms, 0.5],
            [p99Ms, 0.99],
          ] as const) {
            const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
            expect(Math.abs((got ?? 0) - exact)).toBeLessThan(0.05 * exact + 0.005);
          }
        },
      ),
    );
  });
});

describe("the past", () => {
  test("is told as each window was at its time, none reaching back before it was asked for", () => {
    const clock = { nowMs: 1000 };
    const statistics = start(clock);
    for (let n = 0; n < 30; n++) {
      statistics.ended(inAws, n === 7 ? 900 : 10, n === 12);
      clock.nowMs += 100;
    }
    const past = statistics.windows({ sinceMs: 1000, afterMs: 0, everyMs: 500, windowMs: 1000 });
    expect(past.map(({ atMs, ms, failed, slow }) => ({ atMs, ms, failed, slow }))).toEqual([
      { atMs: 1500, ms: 500, failed: 0, slow: 0 },
      { atMs: 2000, ms: 1000, failed: 0, slow: 1 },
      { atMs: 2500, ms: 1000, failed: 1, slow: 1 },
      { atMs: 3000, ms: 1000, failed: 1, slow: 0 },
      { atMs: 3500, ms: 1000, failed: 0, slow: 0 },
      { atMs: 4000, ms: 1000, failed: 0, slow: 0 },
    ]);
  });

  test("leaves out what was told already, and what is older than the gateway", () => {
    const clock = { nowMs: 10_000 };
    const statistics = start(clock);
    clock.nowMs += 3000;
    const ask = { sinceMs: 8000, everyMs: 1000, windowMs: 2000 };
    expect(statistics.windows({ ...ask, afterMs: 0 }).map(({ atMs }) => atMs)).toEqual([12_000, 13_000]);
    expect(statistics.windows({ ...ask, afterMs: 12_000 }).map(({ atMs }) => atMs)).toEqual([13_000]);
  });

  test("is known for an hour where windows are long, for a minute where they are short, and no longer", () => {
    const clock = { nowMs: 0 };
    const statistics = start(clock);
    for (let second = 0; second < 5400; second++) {
      statistics.ended(inAws, 10, false);
      clock.nowMs += 1000;
    }
    const ask = { sinceMs: 0, afterMs: 0, everyMs: 5000 };
    const long = statistics.windows({ ...ask, windowMs: 60_000 });
    expect(long[0]?.atMs).toBeGreaterThan(5_400_000 - 3_600_000 - 60_000);
    expect(long).toHaveLength(720);
    expect(long.every(({ requests }) => requests >= 55 && requests <= 65)).toBe(true);
    const short = statistics.windows({ ...ask, windowMs: 2000 });
    expect(short[0]?.atMs).toBeGreaterThanOrEqual(5_400_000 - 75_000);
    expect(short.length).toBeGreaterThanOrEqual(14);
  });
});

describe("demand", () => {
  test("is the rate so far, over at least five seconds, during the first minute", () => {
    const clock = { nowMs: 100_000 };
    const statistics = start(clock);
    expect(statistics.demand()).toEqual({ requestsPerSecond: 0, windowMs: 0, overMs: 0 });
    for (let n = 0; n < 100; n++) statistics.arrived();
    expect(statistics.demand()).toEqual({ requestsPerSecond: 20, windowMs: 5000, overMs: 0 });
    clock.nowMs += 20_000;
    expect(statistics.demand()).toEqual({ requestsPerSecond: 5, windowMs: 20_000, overMs: 20_000 });
  });

  test("is the busiest minute of the last hour, and forgets it after that hour", () => {
    const clock = { nowMs: 0 };
    const statistics = start(clock);
    const serve = (seconds: number, perSecond: number): void => {
      for (let second = 0; second < seconds; second++) {
        for (let n = 0; n < perSecond; n++) statistics.arrived();
        clock.nowMs += 1000;
      }
    };
    serve(600, 10);
    serve(120, 50);
    serve(600, 10);
    expect(statistics.demand()).toEqual({ requestsPerSecond: 50, windowMs: 60_000, overMs: 1_320_000 });
    serve(3600 - 600, 10);
    expect(statistics.demand()).toEqual({ requestsPerSecond: 10, windowMs: 60_000, overMs: 3_600_000 });
    clock.nowMs += 3_700_000;
    expect(statistics.demand().requestsPerSecond).toBe(0);
  });
});

test("a ring sums what a list of events would, for any times, gaps and windows", () => {
  const events = fc.array(fc.nat(400), { maxLength: 200 });
  fc.assert(
    fc.property(events, fc.nat(500), fc.integer({ min: 1, max: 100 }), (gaps, restMs, windowBuckets) => {
      const ring = new TimeRing({ bucketMs: 10, buckets: 100, counters: 1, histogram: false });
      let nowMs = 0;
      const buckets: number[] = [];
      for (const gapMs of gaps) {
        nowMs += gapMs;
        ring.count(nowMs, 0);
        buckets.push(Math.floor(nowMs / 10));
      }
      nowMs += restMs;
      const last = Math.floor(nowMs / 10);
      const expected = buckets.filter((bucket) => bucket > last - windowBuckets).length;
      expect(ring.sums(nowMs, windowBuckets * 10)).toEqual([expected]);
      expect(
        ring.highestSum(nowMs, { windowMs: windowBuckets * 10, spanMs: windowBuckets * 10, counter: 0 }),
      ).toBe(expected);
    }),
  );
});
