/** The judgement of a drill in which the orchestrator is interrupted: the runs go on, nothing happens twice, clients notice nothing. */
import {
  acknowledgedAtMs,
  checkDoubledWrites,
  checkLostWrites,
  checkTwoWriters,
  checkWriterCoverage,
  longestGap,
  twoWritersMs,
} from "./judge-database.ts";
import { checkEffects, countEffects, type EffectCounts } from "./judge-effects.ts";
import { rounded, someOf, type Check, type Facts } from "./judge-facts.ts";
import type { Interruptions, Kill } from "./judge-kill-records.ts";
import type { Run } from "./judge-ledger.ts";
import { bySilence, checkResumes, resumesOf, resumeTimes, type Resume } from "./judge-resume.ts";
import { checkHolds, checkLedger, checkPlanFollowed } from "./judge-runs.ts";
import { checkFailedRequests, checkLoadCoverage, describeTraffic, type Traffic } from "./judge-traffic.ts";
import { judgeTwice } from "./judge-twice.ts";
import { describeRun, type RunReport } from "./judge.ts";

/** `report.json` of this drill. `blockedWritesMs` is in the order of `runs`. */
export type InterruptedReport = {
  readonly drill: string;
  readonly ok: boolean;
  readonly kills: number;
  readonly resumeMs: { readonly p50: number | null; readonly p99: number | null };
  readonly effectsTwice: number;
  readonly lostWrites: number;
  readonly twoWritersMs: number;
  readonly blockedWritesMs: readonly number[];
  readonly runs: readonly RunReport[];
  readonly out: string;
  readonly profile: string;
  readonly from: string;
  readonly to: string;
  readonly sabotage: string | null;
  readonly slack: number;
  readonly traffic: Traffic;
  readonly acknowledgedWrites: number;
  readonly effects: EffectCounts;
  /** Of three members, where the one that was struck stood still; both null where none did. */
  readonly frozenResumeMs: { readonly p50: number | null; readonly p99: number | null };
  /** How often each kind of interruption was made, and how many places had one. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly places: { readonly interrupted: number; readonly missed: readonly string[] };
  readonly checks: readonly Check[];
};

export type InterruptedJudgement = {
  readonly report: InterruptedReport;
  readonly facts: Facts;
  readonly resumes: readonly Resume[];
};

export function judgeInterrupted(facts: Facts, interruptions: Interruptions): InterruptedJudgement {
  const { records, runs } = facts;
  const { intent } = records;
  const { limits, kills } = interruptions;
  const resumes = resumesOf(facts, interruptions);
  const [known, silent] = bySilence(resumes);
  const twice = judgeTwice(facts, interruptions);
  const lost = checkLostWrites(facts);
  const pauses = runs.ours.map((run, index) => pauseOf(facts, interruptions, run, runs.ours[index + 1]));
  const missed = limits.places.filter((place) => !kills.some((kill) => kill.place === place));
  const checks = [
    checkCompleted(runs.ours),
    checkKills(kills, limits.kills),
    checkPlaces(missed, limits.places),
    ...checkResumes(resumes, limits),
    ...twice.checks,
    lost,
    checkDoubledWrites(facts),
    checkTwoWriters(facts),
    checkPauses(pauses),
    checkFailedRequests(facts),
    checkHolds(facts),
    checkPlanFollowed(facts),
    checkEffects(facts),
    checkLedger(facts),
    checkLoadCoverage(facts),
    checkWriterCoverage(facts),
  ];
  const report: InterruptedReport = {
    drill: intent.drill,
    ok: checks.every((check) => check.ok),
    kills: kills.length,
    resumeMs: resumeTimes(known),
    effectsTwice: twice.effectsTwice,
    lostWrites: Number(lost.measured),
    twoWritersMs: rounded(twoWritersMs(records.tries)),
    blockedWritesMs: pauses.map(({ ms }) => rounded(ms)),
    runs: runs.ours.map(describeRun),
    out: records.dir,
    profile: intent.profile,
    from: intent.from,
    to: intent.to,
    sabotage: intent.sabotage,
    slack: intent.slack,
    traffic: describeTraffic(facts),
    acknowledgedWrites: acknowledgedAtMs(records).length,
    effects: countEffects(facts),
    frozenResumeMs: resumeTimes(silent),
    kinds: countKinds(kills),
    places: { interrupted: new Set(kills.map(({ place }) => place)).size, missed },
    checks,
  };
  return { report, facts, resumes };
}

/** An undone run went back on a ground; here no ground was given but the interruptions, and these must be none. */
function checkCompleted(runs: readonly Run[]): Check {
  const other = runs.filter(({ outcome }) => outcome !== "completed");
  const uneven = runs.some(({ runbook }, at) => runbook !== (at % 2 === 0 ? "manual-failover" : "rollback"));
  return {
    name: "runsCompleted",
    ok: runs.length >= 2 && other.length === 0 && !uneven,
    measured: `${runs.length - other.length} of ${runs.length} runs`,
    limit: "every run, there and back in turn",
    detail:
      other.length === 0
        ? `${runs.reduce((sum, { steps }) => sum + steps, 0)} steps`
        : someOf(other.map(({ id, outcome }) => `${id} ${outcome}`)),
  };
}

function checkKills(kills: readonly Kill[], limit: number): Check {
  return {
    name: "kills",
    ok: kills.length >= limit,
    measured: kills.length,
    limit,
    detail: Object.entries(countKinds(kills))
      .map(([kind, count]) => `${count} times ${kind}`)
      .join(", "),
  };
}

function checkPlaces(missed: readonly string[], places: readonly string[]): Check {
  return {
    name: "places",
    ok: missed.length === 0,
    measured: places.length - missed.length,
    limit: places.length,
    detail:
      places.length === 0
        ? "too few interruptions were asked for to reach every place"
        : missed.length === 0
          ? "the orchestrator was interrupted at every kind of step and inside every effect"
          : someOf(missed),
  };
}

function countKinds(kills: readonly Kill[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { kind, victims } of kills) {
    const name = `${kind} ${victims.join(" and ")}`;
    kinds[name] = (kinds[name] ?? 0) + 1;
  }
  return kinds;
}

type Pause = { readonly run: string; readonly ms: number; readonly limit: number };

/**
 * The longest time in which no client had a write acknowledged, from the run's start to the next run's. Its limit is the
 * usual one, unless somebody was interrupted, or still away, inside this very run's pivot: then writes may be blocked for
 * as long as a freeze and the way back from it take.
 */
function pauseOf(
  facts: Facts,
  { limits, kills, seen }: Interruptions,
  run: Run,
  next: Run | undefined,
): Pause {
  const window = { fromMs: run.startedAtMs, toMs: next?.startedAtMs ?? facts.loadEndedAtMs };
  const seenAt = (type: string) => seen.find((event) => event.run === run.id && event.type === type)?.time;
  const fromMs = seenAt("pivot-started") ?? Infinity;
  const toMs = seenAt("pivot-finished") ?? Infinity;
  const inPivot = kills.some((kill) => kill.run === run.id && kill.againAtMs >= fromMs && kill.time <= toMs);
  const { blockedWritesMs } = facts.records.intent.expectations;
  return {
    run: run.id,
    ms: longestGap(acknowledgedAtMs(facts.records), window).ms,
    limit: inPivot ? limits.blockedWritesInPivotMs : blockedWritesMs,
  };
}

function checkPauses(pauses: readonly Pause[]): Check {
  const long = pauses.filter(({ ms, limit }) => ms > limit);
  return {
    name: "blockedWritesMs",
    ok: long.length === 0 && pauses.length > 0,
    measured: rounded(Math.max(0, ...pauses.map(({ ms }) => ms))),
    limit: Math.max(0, ...pauses.map(({ limit }) => limit)),
    detail:
      long.length === 0
        ? "the longest pause of writes in any run; the limit is lower where the pivot was left alone"
        : someOf(long.map(({ run, ms, limit }) => `${run}: ${rounded(ms)} ms, limit ${limit}`)),
  };
}
