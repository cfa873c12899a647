/**
 * What clients saw: failures, latency, whether the load was really there all the time, and whether traffic went
 * where the weights said.
 */
import {
  isGood,
  latencyMs,
  percentile,
  rounded,
  roundedOrNull,
  someOf,
  type Check,
  type Facts,
  type Window,
} from "./judge-facts.ts";
import { eventsOf } from "./judge-ledger.ts";
import type { ClientRequest } from "./judge-records.ts";
import type { Weights, WeightHistory } from "./judge-weights.ts";

/** How far the number of requests may be from rate x duration. */
const COUNT_TOLERANCE_PERCENT = 1;
/** No stretch of the schedule may be without requests for longer: lines taken out leave a hole. */
const SCHEDULE_HOLE_MS_MAX = 1000;
/** A cloud with weight 0 may serve this share: requests that were under way, or retried elsewhere. */
const UNWEIGHTED_PERCENT_MAX = 1;
const SHARE_TOLERANCE_POINTS = 6;
/** Fewer requests than this in a phase say nothing of shares. */
const PHASE_REQUESTS_MIN = 100;
/** How long after weights were set an edge may still answer by the old ones. */
const SETTLE_MS = 250;

export function checkFailedRequests({ records }: Facts): Check {
  const failed = records.requests.filter((request) => !isGood(request));
  const examples = failed.map(
    (request) =>
      `${request.method} ${request.path}: ${request.error ?? `status ${request.status ?? "none"}`}`,
  );
  return {
    name: "failedRequests",
    ok: failed.length === 0,
    measured: failed.length,
    limit: 0,
    detail: failed.length === 0 ? `of ${records.requests.length} requests` : someOf(examples),
  };
}

export function checkLatency({ records }: Facts): Check {
  const p99Ms = percentile(records.requests.map(latencyMs), 0.99);
  const limit = records.intent.expectations.p99Ms;
  return {
    name: "p99Ms",
    ok: p99Ms !== null && p99Ms <= limit,
    measured: p99Ms === null ? null : rounded(p99Ms),
    limit,
    detail: "of all requests, counted from the time at which each was due",
  };
}

/** The load was there from before the first act to after the last check, at the stated rate, without holes. */
export function checkLoadCoverage(facts: Facts): Check {
  const { requests, intent } = facts.records;
  const problems: string[] = [];
  const first = requests[0];
  const last = requests.at(-1);
  const base = { name: "loadCoverage", limit: `within ${COUNT_TOLERANCE_PERCENT} %` };
  if (first === undefined || last === undefined) {
    return { ...base, ok: false, measured: null, detail: "no requests at all" };
  }
  const due = Math.round(((last.scheduled - first.scheduled) * intent.ratePerSecond) / 1000) + 1;
  const offPercent = (Math.abs(requests.length - due) / due) * 100;
  if (offPercent > COUNT_TOLERANCE_PERCENT)
    problems.push(`${requests.length} requests where ${due} were due`);
  const holeMs = longestHoleMs(requests);
  if (holeMs > SCHEDULE_HOLE_MS_MAX) problems.push(`nothing was scheduled for ${rounded(holeMs)} ms`);
  const lateMs =
    percentile(
      requests.map((request) => request.sent - request.scheduled),
      0.99,
    ) ?? 0;
  const lateMsMax = intent.expectations.p99Ms / 2;
  if (lateMs > lateMsMax)
    problems.push(`the generator itself fell behind: ${rounded(lateMs)} ms at the 99th percentile`);
  const writes = requests.filter((request) => request.method === "POST").length;
  if (Math.abs(writes / requests.length - 0.1) > 0.01) problems.push(`${writes} writes are not 1 in 10`);
  problems.push(...spanProblems(facts, first.scheduled, last.scheduled));
  return {
    ...base,
    ok: problems.length === 0,
    measured: `${rounded(offPercent)} %`,
    detail:
      problems.length === 0
        ? `${requests.length} of ${due} due, sent ${rounded(lateMs)} ms late at the 99th percentile`
        : problems.join("; "),
  };
}

function spanProblems({ runs }: Facts, firstAtMs: number, lastAtMs: number): string[] {
  const problems: string[] = [];
  const firstActAtMs = runs.forward?.firstActAtMs ?? null;
  if (firstActAtMs !== null && firstAtMs > firstActAtMs) problems.push("the load began after the first act");
  const lastEventAtMs = Math.max(
    ...runs.ours.flatMap((run) => [
      run.lastEventAtMs,
      ...eventsOf(run, "check-passed").map((event) => event.time),
    ]),
  );
  if (lastAtMs < lastEventAtMs) {
    problems.push(`the load ended ${rounded(lastEventAtMs - lastAtMs)} ms before the last check`);
  }
  return problems;
}

function longestHoleMs(requests: readonly ClientRequest[]): number {
  let longest = 0;
  for (let at = 1; at < requests.length; at += 1) {
    const previous = requests[at - 1];
    const next = requests[at];
    if (previous !== undefined && next !== undefined) {
      longest = Math.max(longest, next.scheduled - previous.scheduled);
    }
  }
  return longest;
}

/** While weights stood, each cloud served the share that they gave it. */
export function checkTrafficFollowedWeights(facts: Facts, history: WeightHistory): Check {
  const problems: string[] = [];
  const seen: string[] = [];
  let worstPoints = 0;
  for (const phase of history.phases) {
    const { counts, total } = countByCloud(facts.records.requests, phase.window);
    if (total < PHASE_REQUESTS_MIN) {
      problems.push(`${phase.name}: only ${total} requests, too few to tell`);
      continue;
    }
    const clouds = new Set([...Object.keys(phase.weights), ...counts.keys()]);
    for (const cloud of clouds) {
      const share = ((counts.get(cloud) ?? 0) / total) * 100;
      const off = offBy(share, cloud, phase.weights, total);
      worstPoints = Math.max(worstPoints, Math.abs(share - (phase.weights[cloud] ?? 0)));
      if (off)
        problems.push(
          `${phase.name}: ${cloud} served ${rounded(share)} %, its weight was ${phase.weights[cloud] ?? 0}`,
        );
    }
    seen.push(
      `${phase.name}: ${[...counts]
        .map(([cloud, count]) => `${cloud} ${Math.round((count / total) * 100)}`)
        .toSorted()
        .join(", ")}`,
    );
  }
  if (history.phases.length < 3)
    problems.push("the weights were not seen before, between and after the runs");
  return {
    name: "trafficFollowedWeights",
    ok: problems.length === 0,
    measured: `${rounded(worstPoints)} points off`,
    limit: `${SHARE_TOLERANCE_POINTS} points, ${UNWEIGHTED_PERCENT_MAX} % at weight 0`,
    detail: problems.length === 0 ? `served in percent; ${seen.join("; ")}` : someOf(problems),
  };
}

function offBy(sharePercent: number, cloud: string, weights: Weights, total: number): boolean {
  const weight = weights[cloud] ?? 0;
  if (weight === 0) return sharePercent > UNWEIGHTED_PERCENT_MAX;
  // A fair coin strays too: four standard deviations of a draw of this size.
  const chancePoints = 4 * Math.sqrt((weight * (100 - weight)) / total);
  return Math.abs(sharePercent - weight) > Math.max(SHARE_TOLERANCE_POINTS, chancePoints);
}

function countByCloud(
  requests: readonly ClientRequest[],
  window: Window,
): { counts: Map<string, number>; total: number } {
  const counts = new Map<string, number>();
  let total = 0;
  for (const request of requests) {
    if (request.cloud === null || request.sent < window.fromMs + SETTLE_MS || request.ended > window.toMs)
      continue;
    counts.set(request.cloud, (counts.get(request.cloud) ?? 0) + 1);
    total += 1;
  }
  return { counts, total };
}

export type Traffic = {
  readonly ratePerSecond: number;
  readonly requests: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
};

export function describeTraffic({ records }: Facts): Traffic {
  const latencies = records.requests.map(latencyMs);
  return {
    ratePerSecond: records.intent.ratePerSecond,
    requests: records.requests.length,
    failed: records.requests.filter((request) => !isGood(request)).length,
    p50Ms: roundedOrNull(percentile(latencies, 0.5)),
    p99Ms: roundedOrNull(percentile(latencies, 0.99)),
    maxMs: roundedOrNull(percentile(latencies, 1)),
  };
}
