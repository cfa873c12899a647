/** Whether the objective was missed in a window of what clients were answered. */

export type Objective = { readonly goodPercent: number; readonly latencyMs: number };

export type Answers = {
  readonly ms: number;
  readonly requests: number;
  readonly failed: number;
  readonly p99Ms: number | null;
};

/** Fewer answers than this say too little to miss an objective by share. */
const LEAST_REQUESTS = 20;
/** The 99th percentile of fewer answers is the slowest of them, and one slow answer is no breach. */
const LEAST_FOR_P99 = 100;

/** Why it was missed, in words; null: it was not. */
export function breachIn({ ms, requests, failed, p99Ms }: Answers, objective: Objective): string | null {
  if (requests === 0) return null;
  if (failed === requests) return `all of ${requests} requests failed within ${ms} ms`;
  if (requests < LEAST_REQUESTS) return null;
  if ((100 * (requests - failed)) / requests < objective.goodPercent)
    return `${failed} of ${requests} requests failed within ${ms} ms; the objective is ${objective.goodPercent} %`;
  if (requests < LEAST_FOR_P99 || p99Ms === null || p99Ms <= objective.latencyMs) return null;
  return `p99 was ${Math.round(p99Ms)} ms over ${ms} ms; the objective is ${objective.latencyMs} ms`;
}
