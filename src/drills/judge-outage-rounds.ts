/**
 * One fault after the other: when it was seen, when traffic was away from the cloud, when writes were acknowledged again.
 *
 * 1. It is seen when the first member says that the cloud is lost: `down`, or for a sick cloud `degraded` too.
 * 2. Traffic is away by two accounts, and the later one counts: the edge gave the cloud no weight, and no request that a
 *    client sent later was answered by it.
 * 3. Writes are back with the end of the last stretch of more than a second in which no client had one acknowledged.
 */
import { acknowledgedAtMs } from "./judge-database.ts";
import type { Facts } from "./judge-facts.ts";
import type { Run } from "./judge-ledger.ts";
import type { FaultSpan, Outage, VerdictChange } from "./judge-outage-records.ts";
import { shiftsOf, type Shift } from "./judge-outage-shifts.ts";

export const SURVIVAL = "survive-outage";
export const RESTORATION = "restore-traffic";
const SILENCE_MS = 1_000;

export type Round = {
  readonly span: FaultSpan;
  /** When the next one begins, or the load ends. */
  readonly untilMs: number;
  /** Of what the cloud had, and of what it gets. */
  readonly survivals: readonly Run[];
  readonly restorations: readonly Run[];
  readonly seen: VerdictChange | null;
  readonly shiftedAtMs: number | null;
  readonly writesBackAtMs: number | null;
  /** By which its weight rose after its return. */
  readonly raises: readonly Shift[];
};

export function roundsOf(facts: Facts, outage: Outage): Round[] {
  const acknowledged = acknowledgedAtMs(facts.records);
  const shifts = shiftsOf(facts);
  return outage.spans.map((span, at) => {
    const untilMs = outage.spans[at + 1]?.beginMs ?? facts.loadEndedAtMs;
    const runs = facts.runs.ours.filter(
      ({ startedAtMs }) => startedAtMs >= span.beginMs && startedAtMs < untilMs,
    );
    const atTime = (shift: Shift): boolean => shift.time >= span.beginMs && shift.time < untilMs;
    const ofRound = shifts.filter(atTime);
    return {
      span,
      untilMs,
      survivals: runs.filter(({ runbook }) => runbook === SURVIVAL),
      restorations: runs.filter(({ runbook }) => runbook === RESTORATION),
      seen: firstSeen(outage, span, untilMs),
      shiftedAtMs: shiftedAtMs(facts, span, ofRound),
      writesBackAtMs: writesBackAtMs(acknowledged, span.beginMs, Math.min(span.endMs, untilMs)),
      raises: ofRound.filter(
        ({ time, before, after }) =>
          time >= span.endMs && (after[span.cloud] ?? 0) > (before[span.cloud] ?? 0),
      ),
    };
  });
}

/** What it takes for a cloud with that fault to count as lost. */
function isLost(fault: string, verdict: string): boolean {
  return verdict === "down" || (verdict === "degraded" && (fault === "slow" || fault === "errors"));
}

function firstSeen({ verdicts }: Outage, span: FaultSpan, untilMs: number): VerdictChange | null {
  const seen = verdicts.find(
    ({ time, cloud, verdict }) =>
      cloud === span.cloud && time >= span.beginMs && time < untilMs && isLost(span.fault, verdict),
  );
  return seen ?? null;
}

function shiftedAtMs({ records }: Facts, span: FaultSpan, shifts: readonly Shift[]): number | null {
  const away = shifts.find(({ after, time }) => after[span.cloud] === 0 && time < span.endMs);
  if (away === undefined) return null;
  const late = records.requests.findLast(
    ({ cloud, sent }) => cloud === span.cloud && sent > away.time && sent < span.endMs,
  );
  return Math.max(away.time, late?.sent ?? 0);
}

function writesBackAtMs(acknowledged: Float64Array, fromMs: number, toMs: number): number | null {
  let previous = fromMs;
  let back: number | null = null;
  for (const at of acknowledged) {
    if (at < fromMs) continue;
    if (previous >= toMs) break;
    if (back === null || at - previous > SILENCE_MS) back = at;
    previous = at;
  }
  // Nothing more came before the end: the silence is open.
  return toMs - previous > SILENCE_MS ? null : back;
}
