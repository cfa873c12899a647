/** The judgement of a drill in which a cloud is taken away: it is seen, nobody is harmed by what is done, and it comes back by steps. */
import {
  acknowledgedKeys,
  checkDoubledWrites,
  checkLostWrites,
  checkTwoWriters,
  checkWriterCoverage,
  twoWritersMs,
} from "./judge-database.ts";
import { checkEffects } from "./judge-effects.ts";
import { isGood, percentile, rounded, type Check, type Facts } from "./judge-facts.ts";
import {
  checkDetected,
  checkFailedAfterShift,
  checkFailedReads,
  checkFalseVerdicts,
  checkPrimary,
  checkQuorum,
  checkShift,
  checkStall,
  checkWritesBack,
  detectedMs,
  failuresOf,
  shiftedMs,
  stallMs,
  worst,
  writesBackMs,
} from "./judge-outage-checks.ts";
import type { Outage } from "./judge-outage-records.ts";
import {
  checkCopies,
  checkLeftOnlyTheLost,
  checkOutageHolds,
  checkOutageRuns,
  checkRestoreSteps,
  checkReturnedWell,
} from "./judge-outage-restore.ts";
import { roundsOf, type Round } from "./judge-outage-rounds.ts";
import { checkLedger, checkPlanFollowed } from "./judge-runs.ts";
import { checkLoadCoverage } from "./judge-traffic.ts";
import { judgeTwice } from "./judge-twice.ts";
import { describeRun, type RunReport } from "./judge.ts";
import type { Weights } from "./judge-weights.ts";

/**
 * `report.json` of this drill. Times in ms from the fault on, of the worst round; null: could not be measured.
 * `restore.weights`: after each step, of all rounds.
 */
export type OutageReport = {
  readonly drill: string;
  readonly cloud: string;
  readonly fault: string;
  readonly ok: boolean;
  readonly detectedMs: number | null;
  readonly shiftedMs: number | null;
  readonly writesBackMs: number | null;
  readonly traffic: {
    readonly requests: number;
    readonly failedReads: number;
    readonly failedWrites: number;
    readonly failedAfterShift: number;
  };
  readonly database: {
    readonly acknowledgedWrites: number;
    readonly lostWrites: number;
    readonly twoWritersMs: number;
    readonly primaryAfter: string | null;
  };
  readonly orchestrator: {
    readonly membersLost: number;
    readonly stallMs: number | null;
    readonly effectsTwice: number;
  };
  readonly restore: {
    readonly steps: number;
    readonly weights: readonly Weights[];
    readonly failed: number;
  };
  readonly out: string;
  readonly profile: string;
  readonly sabotage: string | null;
  readonly slack: number;
  readonly ratePerSecond: number;
  /** Over all rounds. */
  readonly detected: { readonly p50: number | null; readonly p99: number | null };
  readonly rounds: readonly {
    readonly detectedMs: number | null;
    readonly shiftedMs: number | null;
    readonly writesBackMs: number | null;
  }[];
  readonly runs: readonly RunReport[];
  readonly checks: readonly Check[];
};

export type OutageJudgement = {
  readonly report: OutageReport;
  readonly facts: Facts;
  readonly outage: Outage;
  readonly rounds: readonly Round[];
};

export function judgeOutage(facts: Facts, outage: Outage): OutageJudgement {
  const { records } = facts;
  const rounds = roundsOf(facts, outage);
  const failures = failuresOf(facts, rounds);
  const twice = judgeTwice(facts, outage);
  const lost = checkLostWrites(facts);
  const checks = [
    checkOutageRuns(facts, rounds, outage),
    checkDetected(rounds, outage),
    checkQuorum(rounds),
    checkFalseVerdicts(rounds, outage),
    checkShift(rounds, outage),
    checkLeftOnlyTheLost(facts, rounds),
    checkWritesBack(rounds, outage),
    checkFailedReads(facts, rounds, outage),
    checkFailedAfterShift(failures, rounds),
    lost,
    checkDoubledWrites(facts),
    checkTwoWriters(facts),
    checkPrimary(facts, rounds, outage),
    checkStall(rounds, outage),
    ...twice.checks,
    checkCounted(facts, outage),
    checkRestoreSteps(facts, rounds, outage),
    checkReturnedWell(rounds, outage),
    checkCopies(facts),
    checkOutageHolds(facts),
    checkPlanFollowed(facts),
    checkEffects(facts),
    checkLedger(facts),
    checkLoadCoverage(facts),
    checkWriterCoverage(facts),
  ];
  const raises = rounds.flatMap((round) => round.raises);
  const report: OutageReport = {
    drill: records.intent.drill,
    cloud: outage.cloud,
    fault: outage.fault,
    ok: checks.every(({ ok }) => ok),
    detectedMs: worst(rounds.map(detectedMs)),
    shiftedMs: worst(rounds.map(shiftedMs)),
    writesBackMs: worst(rounds.map(writesBackMs)),
    traffic: {
      requests: records.requests.length,
      failedReads: failures.reads,
      failedWrites: failures.writes,
      failedAfterShift: failures.afterShift,
    },
    database: {
      acknowledgedWrites: acknowledgedKeys(records).size,
      lostWrites: Number(lost.measured),
      twoWritersMs: rounded(twoWritersMs(records.tries)),
      primaryAfter: records.tries.findLast(({ ok }) => ok)?.cloud ?? null,
    },
    orchestrator: {
      membersLost: Math.max(0, ...rounds.map(({ span }) => span.membersLost)),
      stallMs: worst(rounds.map(stallMs)),
      effectsTwice: twice.effectsTwice,
    },
    restore: {
      steps: raises.length,
      weights: raises.map(({ after }) => after),
      failed: failedOnReturn(facts, rounds),
    },
    out: records.dir,
    ...describeDrill(facts, rounds),
    checks,
  };
  return { report, facts, outage, rounds };
}

function describeDrill(facts: Facts, rounds: readonly Round[]) {
  const { profile, sabotage, slack, ratePerSecond } = facts.records.intent;
  const times = rounds.map(detectedMs).filter((ms) => ms !== null);
  const at = (share: number) => {
    const ms = percentile(times, share);
    return ms === null ? null : rounded(ms);
  };
  return {
    profile,
    sabotage,
    slack,
    ratePerSecond,
    detected: { p50: at(0.5), p99: at(0.99) },
    rounds: rounds.map((round) => ({
      detectedMs: worst([detectedMs(round)]),
      shiftedMs: worst([shiftedMs(round)]),
      writesBackMs: worst([writesBackMs(round)]),
    })),
    runs: facts.runs.ours.map(describeRun),
  };
}

function failedOnReturn({ records }: Facts, rounds: readonly Round[]): number {
  const isReturning = (dueMs: number) =>
    rounds.some(({ span, untilMs }) => dueMs >= span.endMs && dueMs < untilMs);
  return records.requests.filter((request) => !isGood(request) && isReturning(request.scheduled)).length;
}

/** The world was counted before the first run and after the last one: else nothing would say that something was done twice. */
function checkCounted({ runs }: Facts, { counts }: Outage): Check {
  const firstMs = runs.ours[0]?.startedAtMs ?? Infinity;
  const lastMs = Math.max(...runs.ours.map(({ lastEventAtMs }) => lastEventAtMs));
  const uncounted = [...new Set(counts.map(({ name }) => name))].filter((name) => {
    const times = counts.filter((count) => count.name === name).map(({ time }) => time);
    return Math.min(...times) > firstMs || Math.max(...times) < lastMs;
  });
  return {
    name: "worldCounted",
    ok: counts.length > 0 && uncounted.length === 0 && runs.ours.length > 0,
    measured: `${counts.length} counts`,
    limit: "before the first run and after the last",
    detail: uncounted.length === 0 ? "versions and generations" : `not counted: ${uncounted.join(", ")}`,
  };
}
