import { expect, test } from "vitest";
import type { Clock } from "../../ports/clock.ts";
import type { Edge, PastWindow, PastWindows, ServiceWindow } from "../../ports/edge.ts";
import { type HoldUnderWay, processWatchers } from "./watchers.ts";

const SPEC = { run: "run-1", step: 4, forMs: 2_000, windowMs: 1_000, goodPercent: 99.9, latencyMs: 250 };
const FINE: ServiceWindow = { ms: 1_000, requests: 200, failed: 0, slow: 0, p99Ms: 40 };

/** Time that passes only while somebody sleeps, and in leaps. */
class TestClock implements Clock {
  nowMs = 0;
  now() {
    return this.nowMs;
  }
  async sleep(ms: number) {
    this.nowMs += ms;
    await new Promise((resolve) => setImmediate(resolve));
  }
  within() {
    return new AbortController().signal;
  }
}

type Say = (atMs: number, ms: number) => ServiceWindow | null;

/** An edge that knows each moment as `say` tells it; null: it does not know it. */
function edgeOf(clock: TestClock, say: Say): Edge {
  const never = () => Promise.reject(new Error("not asked"));
  const windows = async ({ sinceMs, afterMs, everyMs, ms }: PastWindows) => {
    const past: PastWindow[] = [];
    for (let atMs = sinceMs + everyMs; atMs <= clock.nowMs; atMs += everyMs) {
      const length = Math.min(ms, atMs - sinceMs);
      const seen = atMs > afterMs ? say(atMs, length) : null;
      if (seen !== null) past.push({ ...seen, ms: length, atMs });
    }
    return past;
  };
  return { policy: never, setWeights: never, demand: never, window: never, windows };
}

function watchersOver(say: Say, recalled: HoldUnderWay | null = null) {
  const clock = new TestClock();
  const told: string[] = [];
  const watchers = processWatchers({
    edge: edgeOf(clock, say),
    clock,
    breached: async (run, step, why) => void told.push(`${run}/${step} ${why}`),
    recall: async () => recalled,
  });
  return { clock, told, watchers };
}

async function watched(say: Say) {
  const { told, watchers } = watchersOver(say);
  await watchers.start(SPEC);
  await watchers.start(SPEC);
  await turns();
  return { told, watchers, report: await watchers.report("run-1", 4) };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("a fine service is sampled through the whole hold, once however often the watcher is started", async () => {
  const { report, told } = await watched(() => FINE);
  expect(report).toEqual({ samples: 8, expected: 8, breach: null, worstGoodPercent: 100, worstP99Ms: 40 });
  expect(told).toEqual([]);
});

test.each([
  ["failures beyond the objective", { ...FINE, failed: 1 }, /1 of 200 requests failed/],
  ["latency beyond the objective", { ...FINE, slow: 9, p99Ms: 251 }, /p99 was 251 ms over 250 ms/],
  ["a few requests that all failed", { ...FINE, requests: 3, failed: 3 }, /all of 3 requests failed/],
])("%s are told once, at once", async (_name, window, why) => {
  const { report, told } = await watched(() => window);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(why);
  expect(report.breach).toMatch(why);
});

test("a window that has only begun is not missed by slow answers that the whole of it may have", async () => {
  const slowFor = (untilMs: number) =>
    watched((atMs) => (atMs < untilMs ? { ...FINE, slow: 2, p99Ms: 900 } : FINE));
  expect((await slowFor(1_000)).told).toEqual([]);
  const { told } = await slowFor(1_001);
  expect(told).toEqual(["run-1/4 p99 was 900 ms over 1000 ms; the objective is 250 ms"]);
});

test("one slow answer among fewer than a hundred is no breach", async () => {
  const { told } = await watched(() => ({ ...FINE, requests: 99, p99Ms: 900 }));
  expect(told).toEqual([]);
});

test("a moment that the edge does not know is a missing sample", async () => {
  const { report } = await watched((atMs) => (atMs > 500 ? null : FINE));
  expect(report).toMatchObject({ samples: 2, expected: 8, breach: null });
});

test("an edge that cannot be read leaves no samples, and ends no watcher", async () => {
  const { report, told } = await watched(() => {
    throw new Error("the edge does not answer");
  });
  expect(report).toMatchObject({ samples: 0, expected: 8, breach: null });
  expect(told).toEqual([]);
});

test("a watcher that was frozen judges what passed meanwhile, and no moment twice", async () => {
  const { clock, told, watchers } = watchersOver(() => FINE);
  await watchers.start(SPEC);
  clock.nowMs += 60_000;
  await turns();
  expect(await watchers.report("run-1", 4)).toMatchObject({ samples: 8, expected: 8, breach: null });
  expect(told).toEqual([]);
});

test("what clients saw after the hold's end is not the hold's", async () => {
  const { clock, watchers } = watchersOver((atMs) => (atMs > 2_000 ? { ...FINE, failed: 200 } : FINE));
  await watchers.start(SPEC);
  clock.nowMs += 60_000;
  await turns();
  expect(await watchers.report("run-1", 4)).toMatchObject({ samples: 8, breach: null });
});

test("a hold that another process began is watched on, and its unseen part is judged", async () => {
  const { clock, told, watchers } = watchersOver((atMs) => (atMs === 500 ? { ...FINE, failed: 9 } : FINE));
  clock.nowMs = 1_000;
  watchers.resume({ ...SPEC, startedAtMs: 0 });
  await turns();
  expect(told).toEqual(["run-1/4 9 of 200 requests failed within 500 ms; the objective is 99.9 %"]);
});

test("a report on a hold that only the ledger knows is rebuilt from the edge's memory", async () => {
  const { clock, watchers } = watchersOver(() => FINE, { ...SPEC, startedAtMs: 1_000 });
  clock.nowMs = 9_000;
  expect(await watchers.report("run-1", 4)).toEqual({
    samples: 8,
    expected: 8,
    breach: null,
    worstGoodPercent: 100,
    worstP99Ms: 40,
  });
});

test("where the edge has lost its memory too, the report is short of samples", async () => {
  const { clock, watchers } = watchersOver(() => null, { ...SPEC, startedAtMs: 1_000 });
  clock.nowMs = 9_000;
  expect(await watchers.report("run-1", 4)).toMatchObject({ samples: 0, expected: 8, breach: null });
});

test("a hold that nobody knows reports no samples of at least one", async () => {
  const { watchers } = await watched(() => FINE);
  expect(await watchers.report("run-1", 9)).toMatchObject({ samples: 0, expected: 1 });
});
