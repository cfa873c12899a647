/**
 * The health loop's step: what stood, what vantage points say now, and the moment give what stands, and what has changed.
 *
 * Invariants
 * 1. Pure: the same state, sightings and moment give the same answer.
 * 2. Who hears fewer than two fresh vantage points knows nothing of anybody: it may be itself that is cut off. (A quorum
 *    of one says so of each cluster.)
 * 3. A cloud is `down` when all its clusters are, `degraded` when some are not well, `healthy` when one is and none is not
 *    well, and otherwise `unknown`. Where one is healthy, and another was not well and cannot be seen since, nothing is
 *    healthy yet: what was bad stays so, and else it is `unknown`, until that one's way back is over.
 * 4. While another cluster of the cloud is on its way down, `degraded` waits for it, for a dwell at most: a cloud that dies
 *    as a whole is told of once.
 */
import type { Cloud, ClusterName, Verdict } from "../../domain/snapshot.ts";
import { tallyOf } from "../../domain/verdicts/quorum.ts";
import { type Sighting, voicesOf } from "../../domain/verdicts/sighting.ts";
import {
  advance,
  afterAbsence,
  isOnItsWayBack,
  isTurningDown,
  newStanding,
  type Standing,
  type VerdictTimings,
} from "../../domain/verdicts/standing.ts";

export type CloudStanding = {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly observers: number;
  readonly sinceMs: number;
  /** Since when `degraded` waits for another cluster; null: it does not. */
  readonly settlingSinceMs: number | null;
};

export type HealthState = {
  readonly clusters: Readonly<Record<ClusterName, Standing>>;
  readonly clouds: Readonly<Record<Cloud, CloudStanding>>;
};

/** `cluster: null`: the cloud as a whole. */
export type HealthChange = {
  readonly cloud: Cloud;
  readonly cluster: ClusterName | null;
  readonly from: Verdict;
  readonly to: Verdict;
  readonly reason: string;
  readonly observers: number;
  readonly atMs: number;
};

export type HealthRules = {
  readonly timings: VerdictTimings;
  readonly clouds: readonly Cloud[];
  readonly clusters: Readonly<Record<ClusterName, { readonly cloud: Cloud }>>;
};

export type Heard = { readonly sightings: readonly Sighting[]; readonly nowMs: number };

export function newHealth(rules: HealthRules, nowMs: number): HealthState {
  const standing = newStanding(nowMs);
  const { verdict, reason, observers, sinceMs } = standing;
  const cloud = { verdict, reason, observers, sinceMs, settlingSinceMs: null };
  return {
    clusters: Object.fromEntries(Object.keys(rules.clusters).map((name) => [name, standing])),
    clouds: Object.fromEntries(rules.clouds.map((name) => [name, cloud])),
  };
}

/** After a while in which nothing was decided, because who decides stood still itself. */
export function resumeHealth({ clusters, clouds }: HealthState): HealthState {
  const resumed = Object.entries(clusters).map(([name, standing]) => [name, afterAbsence(standing)] as const);
  return { clusters: Object.fromEntries(resumed), clouds };
}

export function decideHealth(
  state: HealthState,
  { sightings, nowMs }: Heard,
  rules: HealthRules,
): { readonly state: HealthState; readonly changes: readonly HealthChange[] } {
  const voices = voicesOf(sightings, nowMs, rules.timings.freshMs);
  const clusters: Record<ClusterName, Standing> = {};
  for (const [name, { cloud }] of Object.entries(rules.clusters)) {
    const tally = tallyOf(voices, name, cloud);
    clusters[name] = advance(state.clusters[name] ?? newStanding(nowMs), tally, nowMs, rules.timings);
  }
  const clouds: Record<Cloud, CloudStanding> = {};
  for (const cloud of rules.clouds) {
    const before = state.clouds[cloud] ?? newHealth(rules, nowMs).clouds[cloud];
    if (before === undefined) continue;
    const own = Object.entries(clusters).filter(([name]) => rules.clusters[name]?.cloud === cloud);
    clouds[cloud] = advanceCloud(before, own, nowMs, rules.timings);
  }
  const next = { clusters, clouds };
  return { state: next, changes: changesBetween(state, next, rules, nowMs) };
}

type Own = readonly (readonly [ClusterName, Standing])[];

function advanceCloud(
  before: CloudStanding,
  own: Own,
  nowMs: number,
  timings: VerdictTimings,
): CloudStanding {
  const seen = verdictOfCloud(own.map(([, standing]) => standing.verdict));
  const isDoubted = own.some(([, standing]) => isOnItsWayBack(standing, nowMs, timings));
  if (seen === "healthy" && isDoubted && isBad(before)) return { ...before, settlingSinceMs: null };
  const verdict = seen === "healthy" && isDoubted ? "unknown" : seen;
  const waits =
    verdict === "degraded" &&
    (before.verdict === "healthy" || before.verdict === "unknown") &&
    own.some(([, standing]) => isTurningDown(standing));
  const settlingSinceMs = waits ? (before.settlingSinceMs ?? nowMs) : null;
  if (settlingSinceMs !== null && nowMs - settlingSinceMs < timings.dwellMs)
    return { ...before, settlingSinceMs };
  const { reason, observers } = groundsOf(verdict, own);
  const sinceMs = verdict === before.verdict ? before.sinceMs : nowMs;
  return { verdict, reason, observers, sinceMs, settlingSinceMs: null };
}

function isBad({ verdict }: CloudStanding): boolean {
  return verdict === "down" || verdict === "degraded";
}

function verdictOfCloud(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length > 0 && verdicts.every((verdict) => verdict === "down")) return "down";
  if (verdicts.some((verdict) => verdict === "down" || verdict === "degraded")) return "degraded";
  return verdicts.includes("healthy") ? "healthy" : "unknown";
}

/** In the words of the clusters that it rests on; by as many vantage points as the least of these. */
function groundsOf(verdict: Verdict, own: Own): { readonly reason: string; readonly observers: number } {
  const isGround = ({ verdict: one }: Standing): boolean =>
    verdict === "degraded" ? one === "degraded" || one === "down" : one === verdict;
  const grounds = own.filter(([, standing]) => isGround(standing));
  if (grounds.length === 0) return { reason: "it has no clusters", observers: 0 };
  const words = new Map<string, string[]>();
  for (const [name, { reason }] of grounds) words.set(reason, [...(words.get(reason) ?? []), name]);
  return {
    reason: [...words].map(([reason, names]) => `${names.join(", ")}: ${reason}`).join("; "),
    observers: Math.min(...grounds.map(([, { observers }]) => observers)),
  };
}

function changesBetween(
  before: HealthState,
  after: HealthState,
  rules: HealthRules,
  atMs: number,
): HealthChange[] {
  const changes: HealthChange[] = [];
  const compare = (
    about: { readonly cloud: Cloud; readonly cluster: ClusterName | null },
    was: { readonly verdict: Verdict } | undefined,
    is: { readonly verdict: Verdict; readonly reason: string; readonly observers: number },
  ): void => {
    const from = was?.verdict ?? "unknown";
    const { verdict: to, reason, observers } = is;
    if (from !== to) changes.push({ ...about, from, to, reason, observers, atMs });
  };
  for (const [cluster, standing] of Object.entries(after.clusters)) {
    const cloud = rules.clusters[cluster]?.cloud ?? "";
    compare({ cloud, cluster }, before.clusters[cluster], standing);
  }
  for (const [cloud, standing] of Object.entries(after.clouds))
    compare({ cloud, cluster: null }, before.clouds[cloud], standing);
  return changes;
}
