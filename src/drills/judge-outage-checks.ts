/** What has to hold of verdicts, of the way traffic and primary went, and of clients while a cloud was away. */
import { isGood, percentile, rounded, someOf, type Check, type Facts } from "./judge-facts.ts";
import type { LedgerEvent } from "./judge-records.ts";
import type { Outage } from "./judge-outage-records.ts";
import type { Round } from "./judge-outage-rounds.ts";

const OBSERVERS_LEAST = 2;
/** With fewer rounds the median says nothing that the worst does not. */
const ROUNDS_FOR_MEDIAN = 5;

/** The worst of all rounds; null where one could not be measured. */
export function worst(times: readonly (number | null)[]): number | null {
  const known = times.filter((ms) => ms !== null);
  return known.length === times.length && known.length > 0 ? rounded(Math.max(...known)) : null;
}

export function detectedMs({ seen, span }: Round): number | null {
  return seen === null ? null : seen.time - span.beginMs;
}

export function shiftedMs({ shiftedAtMs, span }: Round): number | null {
  return shiftedAtMs === null ? null : shiftedAtMs - span.beginMs;
}

export function writesBackMs({ writesBackAtMs, span }: Round): number | null {
  return writesBackAtMs === null ? null : writesBackAtMs - span.beginMs;
}

/** The longest silence of a survival, from the verdict on, that no act, proof, hold or look at the world explains. */
export function stallMs({ seen, survivals }: Round): number | null {
  if (seen === null || survivals.length === 0) return null;
  let longest = 0;
  let previous: { readonly time: number; readonly type: string } = { time: seen.time, type: "seen" };
  for (const event of survivals.flatMap(({ events }) => events).toSorted((a, b) => a.time - b.time)) {
    if (!isExplained(previous.type, event)) longest = Math.max(longest, event.time - previous.time);
    previous = event;
  }
  return longest;
}

function isExplained(before: string, { type }: LedgerEvent): boolean {
  return (
    ["act-intended", "act-done", "act-retried", "hold-started"].includes(before) || type.startsWith("check-")
  );
}

export function checkDetected(rounds: readonly Round[], { limits }: Outage): Check {
  const times = rounds.map(detectedMs);
  const unseen = rounds.filter(({ seen }) => seen === null).map(({ span }) => `round ${span.round}`);
  const known = times.filter((ms) => ms !== null);
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(known, share));
  const slow = rounds.length >= ROUNDS_FOR_MEDIAN && (p50 ?? Infinity) > limits.detectedP50Ms;
  const ok = unseen.length === 0 && (p99 ?? Infinity) <= limits.detectedMs && !slow;
  return {
    name: "detectedMs",
    ok,
    measured: p99 === null || p99 === undefined || unseen.length > 0 ? null : rounded(p99),
    limit: limits.detectedMs,
    detail:
      unseen.length > 0
        ? `never said to be lost: ${someOf(unseen)}`
        : `the 99th percentile of ${rounds.length}; the median is ${rounded(p50 ?? 0)}${slow ? `, limit ${limits.detectedP50Ms}` : ""}`,
  };
}

/** Whoever was acted upon was condemned by more than one. */
export function checkQuorum(rounds: readonly Round[]): Check {
  const least = Math.min(...rounds.map(({ seen }) => seen?.observers ?? 0));
  return {
    name: "quorum",
    ok: rounds.length > 0 && least >= OBSERVERS_LEAST,
    measured: rounds.length === 0 ? null : least,
    limit: `at least ${OBSERVERS_LEAST}`,
    detail: "the fewest vantage points that a verdict rested on which was acted upon",
  };
}

/** Nobody said of a cloud that was well that it is down. */
export function checkFalseVerdicts(rounds: readonly Round[], { verdicts }: Outage): Check {
  const wrong = verdicts.filter(
    ({ time, cloud, verdict }) =>
      verdict === "down" &&
      !rounds.some(({ span, untilMs }) => span.cloud === cloud && time >= span.beginMs && time < untilMs),
  );
  return {
    name: "falseVerdicts",
    ok: wrong.length === 0 && verdicts.length > 0,
    measured: wrong.length,
    limit: 0,
    detail:
      wrong.length === 0
        ? `of ${verdicts.length} changes of verdicts that were heard`
        : someOf(wrong.map(({ member, cloud }) => `${member} said that ${cloud} is down`)),
  };
}

export function checkShift(rounds: readonly Round[], { limits }: Outage): Check {
  const times = rounds.map(({ seen, shiftedAtMs }) =>
    seen === null || shiftedAtMs === null ? null : Math.max(0, shiftedAtMs - seen.time),
  );
  const measured = worst(times);
  return {
    name: "shiftMs",
    ok: measured !== null && measured <= limits.shiftMs,
    measured,
    limit: limits.shiftMs,
    detail:
      measured === null
        ? "traffic was not seen to leave the cloud"
        : "the longest, from the verdict until the cloud had no weight and answered no later request",
  };
}

export function checkWritesBack(rounds: readonly Round[], { limits }: Outage): Check {
  const measured = worst(rounds.map(writesBackMs));
  return {
    name: "writesBackMs",
    ok: measured !== null && measured <= limits.writesBackMs,
    measured,
    limit: limits.writesBackMs,
    detail:
      measured === null
        ? "no client had a write acknowledged any more while the cloud was away"
        : "the longest, from the fault until clients had writes acknowledged all the time",
  };
}

export function checkStall(rounds: readonly Round[], { limits }: Outage): Check {
  const measured = worst(rounds.map(stallMs));
  return {
    name: "stallMs",
    ok: measured !== null && measured <= limits.stallMs,
    measured,
    limit: limits.stallMs,
    detail: "the longest silence of the orchestrator after the verdict that no act, hold or look explains",
  };
}

export type Failures = { readonly reads: number; readonly writes: number; readonly afterShift: number };

/** After the shift: due later, and for a write, due once writes were back. */
export function failuresOf({ records }: Facts, rounds: readonly Round[]): Failures {
  const failed = records.requests.filter((request) => !isGood(request));
  const afterShift = failed.filter(({ scheduled, method }) =>
    rounds.some(({ shiftedAtMs, writesBackAtMs, untilMs }) => {
      const fromMs = Math.max(shiftedAtMs ?? Infinity, method === "POST" ? (writesBackAtMs ?? Infinity) : 0);
      return scheduled >= fromMs && scheduled < untilMs;
    }),
  );
  return {
    reads: failed.filter(({ method }) => method !== "POST").length,
    writes: failed.filter(({ method }) => method === "POST").length,
    afterShift: afterShift.length,
  };
}

/** Errors that the pods were told to make, for as long as they had traffic, are the fault and not the product's. */
export function checkFailedReads({ records }: Facts, rounds: readonly Round[], outage: Outage): Check {
  const toldTo = (dueMs: number): boolean =>
    outage.fault === "errors" &&
    rounds.some(({ span, shiftedAtMs }) => dueMs >= span.beginMs && dueMs < (shiftedAtMs ?? 0));
  const reads = records.requests.filter(({ method, scheduled }) => method !== "POST" && !toldTo(scheduled));
  const failed = reads.filter((request) => !isGood(request));
  const percent = reads.length === 0 ? null : (failed.length / reads.length) * 100;
  const limit = outage.limits.failedReadsPercent;
  return {
    name: "failedReads",
    ok: percent !== null && percent <= limit,
    measured: percent === null ? null : `${Math.round(percent * 1000) / 1000} %`,
    limit: `${limit} %`,
    detail:
      failed.length === 0
        ? `none of ${reads.length}`
        : `${failed.length} of ${reads.length}: ${someOf(failed.map(({ path, error, status }) => `${path}: ${error ?? `status ${status}`}`))}`,
  };
}

export function checkFailedAfterShift({ afterShift }: Failures, rounds: readonly Round[]): Check {
  const shifted = rounds.filter(({ shiftedAtMs }) => shiftedAtMs !== null).length;
  return {
    name: "failedAfterShift",
    ok: afterShift === 0 && shifted === rounds.length && shifted > 0,
    measured: afterShift,
    limit: 0,
    detail: `due after traffic had left the cloud, and writes once they were back, in ${shifted} of ${rounds.length} rounds`,
  };
}

/** Who has one of these is gone for everybody else. */
const gone: readonly string[] = ["kill", "freeze", "partition"];

/** In the database's own time: the cloud that is gone acknowledges nothing, and whoever is not gone keeps the primary. */
export function checkPrimary({ records }: Facts, rounds: readonly Round[], { fault }: Outage): Check {
  const acknowledged = records.tries.filter(({ ok }) => ok);
  const lastBefore = (atMs: number) => acknowledged.findLast(({ time }) => time < atMs)?.cloud ?? null;
  const ways = rounds.map(({ span, untilMs }) => {
    const before = lastBefore(span.beginMs);
    const after = lastBefore(Math.min(span.endMs, untilMs));
    const hasToMove = before === span.cloud && gone.includes(fault);
    const ok = before !== null && after !== null && (hasToMove ? after !== span.cloud : after === before);
    return { words: `${before ?? "nobody"} -> ${after ?? "nobody"}`, ok };
  });
  return {
    name: "primaryMoved",
    ok: ways.length > 0 && ways.every(({ ok }) => ok),
    measured: ways.map(({ words }) => words).join(", "),
    limit: "away from a cloud that is gone, and else not at all",
    detail: "the database that acknowledged commits last before each fault, and last before its end",
  };
}
