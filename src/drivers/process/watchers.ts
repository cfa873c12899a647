/**
 * Watchers in this process: a loop per hold that reads the edge's history and wakes the run on a breach.
 *
 * 1. Only what ended after the hold began is judged: the act before it has its own proof.
 * 2. What is judged is the edge's own account of each moment, not what this process happened to see: after a freeze, or in
 *    a process that was started since, the moments that nobody looked at are judged all the same.
 * 3. A moment that the edge does not know is a missing sample, and enough of these are a breach.
 * 4. A watcher lives no longer than its hold, and forgets itself a minute after it was due.
 */
import { breachIn } from "../../domain/objective.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Edge, ServiceWindow } from "../../ports/edge.ts";
import type { Watchers, WatchReport, WatchSpec } from "../../ports/watchers.ts";

/** A hold as the ledger has it. */
export type HoldUnderWay = WatchSpec & { readonly startedAtMs: number };

type Watched = {
  readonly hold: HoldUnderWay;
  readonly everyMs: number;
  samples: number;
  breach: string | null;
  worstGoodPercent: number | null;
  worstP99Ms: number | null;
  /** The last moment that was judged. */
  judgedMs: number;
  judging: Promise<void> | null;
};

export type WatcherDependencies = {
  readonly edge: Edge;
  readonly clock: Clock;
  readonly breached: (run: string, step: number, why: string) => Promise<void>;
  /** The hold that another process began, from the ledger; null when it is in none. */
  readonly recall: (run: string, step: number) => Promise<HoldUnderWay | null>;
};

export type ProcessWatchers = Watchers & {
  /** Goes on watching what another process began to watch; false when it is watched here already. */
  resume(hold: HoldUnderWay): boolean;
};

const KEEP_MS = 60_000;
const READ_WITHIN_MS = 2_000;

export function processWatchers(of: WatcherDependencies): ProcessWatchers {
  const watched = new Map<string, Watched>();
  const begin = (hold: HoldUnderWay): Watched => {
    const key = keyOf(hold);
    const kept = watched.get(key);
    if (kept !== undefined) return kept;
    const state = newlyWatched(hold);
    watched.set(key, state);
    void watch(of, state).finally(() => {
      setTimeout(() => watched.delete(key), KEEP_MS).unref();
    });
    return state;
  };
  return {
    start: async (spec) => void begin({ ...spec, startedAtMs: of.clock.now() }),
    resume: (hold) => {
      const known = watched.has(keyOf(hold));
      begin(hold);
      return !known;
    },
    report: async (run, step) => {
      const kept = watched.get(keyOf({ run, step }));
      const hold = kept === undefined ? await of.recall(run, step) : kept.hold;
      if (hold === null)
        return { samples: 0, expected: 1, breach: null, worstGoodPercent: null, worstP99Ms: null };
      return await reportOn(of, kept ?? begin(hold));
    },
  };
}

function keyOf({ run, step }: { readonly run: string; readonly step: number }): string {
  return `${run}/${step}`;
}

async function reportOn(of: WatcherDependencies, state: Watched): Promise<WatchReport> {
  const { startedAtMs, forMs } = state.hold;
  const overMs = Math.min(forMs, of.clock.now() - startedAtMs);
  // An edge that cannot be read now leaves the samples that there are.
  await judgePast(of, state).catch(() => undefined);
  const { samples, breach, worstGoodPercent, worstP99Ms } = state;
  return { samples, expected: Math.floor(overMs / state.everyMs), breach, worstGoodPercent, worstP99Ms };
}

function newlyWatched(hold: HoldUnderWay): Watched {
  return {
    hold,
    everyMs: Math.min(5_000, Math.max(250, Math.floor(hold.windowMs / 4))),
    samples: 0,
    breach: null,
    worstGoodPercent: null,
    worstP99Ms: null,
    judgedMs: hold.startedAtMs,
    judging: null,
  };
}

async function watch(of: WatcherDependencies, state: Watched): Promise<void> {
  const { clock, breached } = of;
  const { run, step, startedAtMs, forMs } = state.hold;
  // A deadline here would be passed by every freeze of this process, and end the watcher.
  const never = new AbortController().signal;
  while (clock.now() < startedAtMs + forMs && state.breach === null) {
    await clock.sleep(state.everyMs, never);
    // What cannot be read now is read at the next turn, or in the report.
    await judgePast(of, state).catch(() => undefined);
  }
  if (state.breach !== null) await breached(run, step, state.breach);
}

/** One at a time, so that no moment is judged twice. */
function judgePast(of: WatcherDependencies, state: Watched): Promise<void> {
  state.judging ??= judgeNew(of, state).finally(() => {
    state.judging = null;
  });
  return state.judging;
}

async function judgeNew({ edge, clock }: WatcherDependencies, state: Watched): Promise<void> {
  const { startedAtMs, forMs, windowMs } = state.hold;
  const ask = { sinceMs: startedAtMs, afterMs: state.judgedMs, everyMs: state.everyMs, ms: windowMs };
  for (const seen of await edge.windows(ask, clock.within(READ_WITHIN_MS))) {
    if (seen.atMs > startedAtMs + forMs || state.breach !== null) return;
    state.samples += 1;
    state.judgedMs = seen.atMs;
    state.breach = judge(state, seen);
  }
}

function judge(state: Watched, seen: ServiceWindow): string | null {
  const { hold } = state;
  if (seen.requests === 0) return null;
  const goodPercent = (100 * (seen.requests - seen.failed)) / seen.requests;
  state.worstGoodPercent = Math.min(state.worstGoodPercent ?? 100, goodPercent);
  if (seen.p99Ms !== null) state.worstP99Ms = Math.max(state.worstP99Ms ?? 0, seen.p99Ms);
  return breachIn(seen, hold, Math.min(hold.windowMs, hold.forMs));
}
