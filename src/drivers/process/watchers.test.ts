import { expect, test } from "vitest";
import type { Clock } from "../../ports/clock.ts";
import type { Edge, ServiceWindow } from "../../ports/edge.ts";
import { processWatchers } from "./watchers.ts";

const SPEC = { run: "run-1", step: 4, forMs: 2_000, windowMs: 1_000, goodPercent: 99.9, latencyMs: 250 };
const FINE: ServiceWindow = { ms: 1_000, requests: 200, failed: 0, slow: 0, p99Ms: 40 };

/** Time that passes only while somebody sleeps. */
function testClock(): Clock & { now(): number } {
  let nowMs = 0;
  return {
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
    within: () => new AbortController().signal,
  };
}

async function watched(window: (ms: number) => ServiceWindow) {
  const clock = testClock();
  const told: string[] = [];
  const never = () => Promise.reject(new Error("not asked"));
  const edge: Edge = { policy: never, setWeights: never, demand: never, window: async (ms) => window(ms) };
  const watchers = processWatchers(
    edge,
    clock,
    async (run, step, why) => void told.push(`${run}/${step} ${why}`),
  );
  await watchers.start(SPEC);
  await watchers.start(SPEC);
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return { watchers, told, report: await watchers.report("run-1", 4) };
}

test("a fine service is sampled through the whole hold, once however often the watcher is started", async () => {
  const { report, told } = await watched(() => FINE);
  expect(report).toMatchObject({
    samples: 8,
    expected: 8,
    breach: null,
    worstGoodPercent: 100,
    worstP99Ms: 40,
  });
  expect(told).toEqual([]);
});

test.each([
  ["failures beyond the objective", { ...FINE, failed: 1 }, /1 of 200 requests failed/],
  ["latency beyond the objective", { ...FINE, p99Ms: 251 }, /p99 was 251 ms/],
  ["a few requests that all failed", { ...FINE, requests: 3, failed: 3 }, /all of 3 requests failed/],
])("%s are told once, at once", async (_name, window, why) => {
  const { report, told } = await watched(() => window);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(why);
  expect(report.breach).toMatch(why);
});

test("one slow answer in a window that has hardly begun is no breach", async () => {
  const { told } = await watched((ms) =>
    ms < 500 ? { ...FINE, ms, requests: 40, p99Ms: 900 } : { ...FINE, ms },
  );
  expect(told).toEqual([]);
});

test("a window that cannot be read is a missing sample", async () => {
  const { report } = await watched(() => {
    throw new Error("the edge does not answer");
  });
  expect(report).toMatchObject({ samples: 0, expected: 8, breach: null });
});

test("a watcher that nobody knows reports no samples of at least one", async () => {
  const { watchers } = await watched(() => FINE);
  expect(await watchers.report("run-1", 9)).toMatchObject({ samples: 0, expected: 1 });
});
