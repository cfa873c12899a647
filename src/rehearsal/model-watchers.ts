/**
 * Watchers of a simulated installation: a loop for each hold, beside the journal, over the same edge that clients meet.
 *
 * 1. What is judged is what the edge says of its clients. A look that fails is a missing sample.
 * 2. It lives no longer than its hold, and tells of a breach once.
 */
import { breachIn } from "../domain/objective.ts";
import type { Edge, ServiceWindow } from "../ports/edge.ts";
import type { Watchers, WatchReport, WatchSpec } from "../ports/watchers.ts";
import { type Kernel, NEVER } from "../simulation/kernel.ts";

type Watched = { readonly startedAtMs: number; readonly spec: WatchSpec; report: WatchReport };

export function modelWatchers(of: {
  readonly edge: Edge;
  readonly kernel: Kernel;
  readonly breached: (run: string, step: number, why: string) => void;
  /** What it has so far, told to whoever judges. */
  readonly watched: (run: string, step: number, seen: WatchReport) => void;
}): Watchers {
  const watched = new Map<string, Watched>();
  return {
    start: async (spec) => {
      const key = `${spec.run}/${spec.step}`;
      if (watched.has(key)) return;
      const state: Watched = { startedAtMs: of.kernel.now(), spec, report: nothingSeen };
      watched.set(key, state);
      of.watched(spec.run, spec.step, inAll(state));
      void watch(of, state);
    },
    report: async (run, step) => {
      const state = watched.get(`${run}/${step}`);
      if (state === undefined) return { ...nothingSeen, expected: 1 };
      const overMs = Math.min(state.spec.forMs, of.kernel.now() - state.startedAtMs);
      return { ...state.report, expected: Math.floor(overMs / everyMs(state.spec)) };
    },
  };
}

/** Of the whole hold. */
function inAll({ report, spec }: Watched): WatchReport {
  return { ...report, expected: Math.floor(spec.forMs / everyMs(spec)) };
}

const nothingSeen: WatchReport = {
  samples: 0,
  expected: 0,
  breach: null,
  worstGoodPercent: null,
  worstP99Ms: null,
};

function everyMs({ windowMs }: WatchSpec): number {
  return Math.min(5_000, Math.max(250, Math.floor(windowMs / 4)));
}

async function watch(of: Parameters<typeof modelWatchers>[0], state: Watched): Promise<void> {
  const { edge, kernel, breached } = of;
  const { run, step, forMs, windowMs } = state.spec;
  while (kernel.now() < state.startedAtMs + forMs) {
    await kernel.sleep(everyMs(state.spec));
    const window = Math.min(windowMs, kernel.now() - state.startedAtMs);
    try {
      const seen = await edge.window(window, NEVER);
      state.report = judged(state, seen);
    } catch {
      // A look that cannot be had is a missing sample; enough of these are a breach by the report.
    }
    // The run may ask at that very moment: what comes with the end, or behind it, it need not have heard.
    if (kernel.now() < state.startedAtMs + forMs) of.watched(run, step, inAll(state));
    const { breach } = state.report;
    if (breach !== null) return breached(run, step, breach);
  }
}

function judged({ report, spec }: Watched, seen: ServiceWindow): WatchReport {
  const goodPercent = seen.requests === 0 ? 100 : (100 * (seen.requests - seen.failed)) / seen.requests;
  return {
    ...report,
    samples: report.samples + 1,
    worstGoodPercent: Math.min(report.worstGoodPercent ?? 100, goodPercent),
    worstP99Ms: seen.p99Ms === null ? report.worstP99Ms : Math.max(report.worstP99Ms ?? 0, seen.p99Ms),
    breach: breachIn(seen, spec, Math.min(spec.windowMs, spec.forMs)),
  };
}
