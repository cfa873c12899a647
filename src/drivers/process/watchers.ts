/**
 * Watchers in this process: a loop per hold that reads the edge's window and wakes the run on a breach.
 *
 * 1. Only what ended after the hold began is judged: the act before it has its own proof.
 * 2. A watcher lives no longer than its hold, and forgets itself a minute after it was due.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Edge, ServiceWindow } from "../../ports/edge.ts";
import type { Watchers, WatchReport, WatchSpec } from "../../ports/watchers.ts";

type Watched = { -readonly [K in keyof WatchReport]: WatchReport[K] } & {
  readonly startedAtMs: number;
  readonly everyMs: number;
};

const KEEP_MS = 60_000;
/** Fewer answers than this say too little to miss an objective by share. */
const LEAST_REQUESTS = 20;

export type Breached = (run: string, step: number, why: string) => Promise<void>;

export function processWatchers(edge: Edge, clock: Clock, breached: Breached): Watchers {
  const watched = new Map<string, Watched>();
  const keyOf = (run: string, step: number) => `${run}/${step}`;
  return {
    start: async (spec) => {
      const key = keyOf(spec.run, spec.step);
      if (watched.has(key)) return;
      const state = newlyWatched(spec, clock);
      watched.set(key, state);
      void watch({ spec, state, edge, clock, breached }).finally(() => {
        setTimeout(() => watched.delete(key), KEEP_MS).unref();
      });
    },
    report: async (run, step) => {
      const state = watched.get(keyOf(run, step));
      if (state === undefined) {
        return { samples: 0, expected: 1, breach: null, worstGoodPercent: null, worstP99Ms: null };
      }
      const { samples, breach, worstGoodPercent, worstP99Ms } = state;
      const expected = Math.floor((clock.now() - state.startedAtMs) / state.everyMs);
      return { samples, expected, breach, worstGoodPercent, worstP99Ms };
    },
  };
}

function newlyWatched({ windowMs }: WatchSpec, clock: Clock): Watched {
  return {
    samples: 0,
    expected: 0,
    breach: null,
    worstGoodPercent: null,
    worstP99Ms: null,
    startedAtMs: clock.now(),
    everyMs: Math.min(5_000, Math.max(250, Math.floor(windowMs / 4))),
  };
}

type Watch = {
  readonly spec: WatchSpec;
  readonly state: Watched;
  readonly edge: Edge;
  readonly clock: Clock;
  readonly breached: Breached;
};

async function watch({ spec, state, edge, clock, breached }: Watch): Promise<void> {
  const untilMs = state.startedAtMs + spec.forMs;
  while (clock.now() < untilMs && state.breach === null) {
    await clock.sleep(state.everyMs, clock.within(state.everyMs * 4));
    const sinceMs = clock.now() - state.startedAtMs;
    try {
      const seen = await edge.window(Math.min(spec.windowMs, sinceMs), clock.within(state.everyMs));
      state.samples += 1;
      state.breach = judge(spec, state, seen);
    } catch {
      // A window that cannot be read is a missing sample, and enough of these are a breach.
    }
  }
  if (state.breach !== null) await breached(spec.run, spec.step, state.breach);
}

function judge(spec: WatchSpec, state: Watched, seen: ServiceWindow): string | null {
  if (seen.requests === 0) return null;
  const goodPercent = (100 * (seen.requests - seen.failed)) / seen.requests;
  state.worstGoodPercent = Math.min(state.worstGoodPercent ?? 100, goodPercent);
  if (seen.p99Ms !== null) state.worstP99Ms = Math.max(state.worstP99Ms ?? 0, seen.p99Ms);
  if (seen.failed === seen.requests) return `all of ${seen.requests} requests failed within ${seen.ms} ms`;
  if (seen.requests < LEAST_REQUESTS) return null;
  if (goodPercent < spec.goodPercent) {
    return `${seen.failed} of ${seen.requests} requests failed within ${seen.ms} ms; the objective is ${spec.goodPercent} %`;
  }
  // A share of the window's answers is judged only once there are enough of them: one slow answer in forty is no p99.
  if (seen.ms * 2 < spec.windowMs) return null;
  if (seen.p99Ms !== null && seen.p99Ms > spec.latencyMs) {
    return `p99 was ${Math.round(seen.p99Ms)} ms over ${seen.ms} ms; the objective is ${spec.latencyMs} ms`;
  }
  return null;
}
