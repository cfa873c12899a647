/**
 * The judge of a drill. It works from the raw records in one folder and from nothing else: no other file of ours is
 * imported here or in any `judge-*` file, so that a fault in the product cannot also hide itself from its judge.
 *
 * 1. The same records give the same report, whoever asks and whenever.
 * 2. A number that could not be measured is null, and its check is red.
 * 3. Each check can turn red by itself; `judge.test.ts` holds the smallest falsification of the records for each.
 */
import {
  acknowledgedKeys,
  blockedWritesMs,
  checkBlockedWrites,
  checkDoubledWrites,
  checkLostWrites,
  checkPrimaries,
  checkTwoWriters,
  checkWriterCoverage,
  readPrimaries,
  twoWritersMs,
} from "./judge-database.ts";
import { checkEffects, countEffects, type EffectCounts } from "./judge-effects.ts";
import { gatherFacts, rounded, roundedOrNull, type Check, type Facts } from "./judge-facts.ts";
import type { Run } from "./judge-ledger.ts";
import { readRecords, type HoldTimes } from "./judge-records.ts";
import { approvalOf, checkHolds, checkLedger, checkPlanFollowed, checkRunsCompleted } from "./judge-runs.ts";
import {
  checkFailedRequests,
  checkLatency,
  checkLoadCoverage,
  checkTrafficFollowedWeights,
  describeTraffic,
  type Traffic,
} from "./judge-traffic.ts";
import { checkWeights, readWeights, type Weights } from "./judge-weights.ts";

/** `report.json`. Times in ms; `blockedWritesMs` is [forward, backward]. Null: could not be measured. */
export type Report = {
  readonly drill: string;
  readonly ok: boolean;
  readonly profile: string;
  readonly from: string;
  readonly to: string;
  readonly sabotage: string | null;
  readonly traffic: Traffic;
  readonly database: {
    readonly acknowledgedWrites: number;
    readonly lostWrites: number;
    readonly blockedWritesMs: readonly [number | null, number | null];
    readonly twoWritersMs: number;
    readonly primaryBefore: string | null;
    readonly primaryAfter: string | null;
    readonly primaryRestored: string | null;
  };
  readonly weights: {
    readonly before: Weights | null;
    readonly after: Weights | null;
    readonly restored: Weights | null;
  };
  readonly effects: EffectCounts;
  readonly runs: readonly RunReport[];
  readonly holds: HoldTimes;
  readonly productionHolds: HoldTimes | null;
  readonly approvals: readonly string[];
  /** By how much the limits of time were loosened; 1: not at all. */
  readonly slack: number;
  readonly checks: readonly Check[];
  readonly out: string;
};

export type RunReport = {
  readonly id: string;
  readonly runbook: string;
  readonly outcome: string;
  readonly steps: number;
  readonly durationMs: number;
  readonly ledgerVerified: boolean;
};

export type Judgement = { readonly report: Report; readonly facts: Facts };

/** Judges the records in `dir`. Throws `BadRecords`, named by file and line, when they cannot be read. */
export function judge(dir: string): Judgement {
  return judgePlanned(gatherFacts(readRecords(dir)));
}

/** One move there and one back, left alone. */
export function judgePlanned(facts: Facts): Judgement {
  const { records, runs } = facts;
  const { intent } = records;
  const weights = readWeights(facts);
  const primaries = readPrimaries(facts);
  const checks: Check[] = [
    checkRunsCompleted(facts),
    checkFailedRequests(facts),
    checkLatency(facts),
    checkLostWrites(facts),
    checkDoubledWrites(facts),
    checkBlockedWrites(facts, "Forward"),
    checkBlockedWrites(facts, "Backward"),
    checkTwoWriters(facts),
    checkPrimaries(facts, primaries),
    checkWeights(facts, weights),
    checkTrafficFollowedWeights(facts, weights),
    checkHolds(facts),
    checkPlanFollowed(facts),
    checkEffects(facts),
    checkLedger(facts),
    checkLoadCoverage(facts),
    checkWriterCoverage(facts),
  ];
  const { ours } = runs;
  const report: Report = {
    drill: intent.drill,
    ok: checks.every((check) => check.ok),
    profile: intent.profile,
    from: intent.from,
    to: intent.to,
    sabotage: intent.sabotage,
    traffic: describeTraffic(facts),
    database: {
      acknowledgedWrites: acknowledgedKeys(records).size,
      lostWrites: Number(checks.find((check) => check.name === "lostWrites")?.measured),
      blockedWritesMs: [
        roundedOrNull(blockedWritesMs(facts, facts.forward)),
        roundedOrNull(blockedWritesMs(facts, facts.backward)),
      ],
      twoWritersMs: rounded(twoWritersMs(records.tries)),
      primaryBefore: primaries.before,
      primaryAfter: primaries.after,
      primaryRestored: primaries.restored,
    },
    weights: { before: weights.before, after: weights.after, restored: weights.restored },
    effects: countEffects(facts),
    runs: ours.map(describeRun),
    holds: intent.holds,
    productionHolds: intent.productionHolds,
    approvals: ours.map(approvalOf),
    slack: intent.slack,
    checks,
    out: records.dir,
  };
  return { report, facts };
}

export function describeRun(run: Run): RunReport {
  return {
    id: run.id,
    runbook: run.runbook,
    outcome: run.outcome,
    steps: run.steps,
    durationMs: rounded(run.durationMs),
    ledgerVerified: run.chainProblem === null,
  };
}
