/**
 * Whether the objective was missed in a window of what clients were answered.
 *
 * Of a window that has only begun, as at the start of a hold, it is missed by latency once more answers were slow than the
 * whole window may have: the 99th percentile of its first quarter is one slow answer of a hundred, where the window allows
 * four of four hundred.
 */

export type Objective = { readonly goodPercent: number; readonly latencyMs: number };

export type Answers = {
  /** How long they came in for. */
  readonly ms: number;
  readonly requests: number;
  readonly failed: number;
  /** Answered well, but later than the objective's latency. */
  readonly slow: number;
  readonly p99Ms: number | null;
};

/** Fewer answers than this say too little to miss an objective by share. */
const LEAST_REQUESTS = 20;
/** The 99th percentile of fewer answers is the slowest of them, and one slow answer is no breach. */
const LEAST_FOR_P99 = 100;
/** The 99th percentile, as a share. */
const SLOW_SHARE = 0.01;

/** Why it was missed, in words; null: it was not. `windowMs`: the whole window's length, of which `ms` have passed. */
export function breachIn(answers: Answers, objective: Objective, windowMs: number): string | null {
  const { ms, requests, failed, slow, p99Ms } = answers;
  if (requests === 0) return null;
  if (failed === requests) return `all of ${requests} requests failed within ${ms} ms`;
  if (requests < LEAST_REQUESTS) return null;
  if ((100 * (requests - failed)) / requests < objective.goodPercent)
    return `${failed} of ${requests} requests failed within ${ms} ms; the objective is ${objective.goodPercent} %`;
  if (requests < LEAST_FOR_P99 || p99Ms === null || p99Ms <= objective.latencyMs) return null;
  if (ms < windowMs && slow + failed <= SLOW_SHARE * requests * (windowMs / ms)) return null;
  return `p99 was ${Math.round(p99Ms)} ms over ${ms} ms; the objective is ${objective.latencyMs} ms`;
}
