/** Three clouds of two clusters, watched by an observer in each and by the edge: a loop's night, in virtual time. */
import type { ClusterSight, Sighting } from "../../../domain/verdicts/sighting.ts";
import { decideHealth, type HealthChange, type HealthRules, type HealthState, newHealth } from "../decide.ts";

export const rules: HealthRules = {
  timings: { freshMs: 2_000, dwellMs: 1_000, slowMs: 4_000, backMs: 15_000, backMostMs: 300_000 },
  clouds: ["aws", "azure", "gcp"],
  clusters: {
    "aws-west": { cloud: "aws" },
    "aws-east": { cloud: "aws" },
    "azure-west": { cloud: "azure" },
    "azure-east": { cloud: "azure" },
    "gcp-west": { cloud: "gcp" },
    "gcp-east": { cloud: "gcp" },
  },
};

export const TICK_MS = 300;
export const TEN_MINUTES_MS = 600_000;

/** What a vantage point sees of a cluster; null: it says nothing at all at that moment. */
export type Sees = (about: {
  readonly vantage: string;
  readonly cloud: string;
  readonly cluster: string;
  readonly nowMs: number;
}) => ClusterSight["state"] | "isolated" | null;

const vantages: readonly (readonly [string, string | null])[] = [
  ["aws", "aws"],
  ["azure", "azure"],
  ["gcp", "gcp"],
  ["edge", null],
];

export function sightingsAt(nowMs: number, sees: Sees): Sighting[] {
  return vantages.flatMap(([vantage, cloud]): Sighting[] => {
    const seen = Object.entries(rules.clusters).map(
      ([name, of]) => [name, sees({ vantage, cloud: of.cloud, cluster: name, nowMs })] as const,
    );
    if (seen.some(([, state]) => state === null)) return [];
    const isolated = seen.some(([, state]) => state === "isolated");
    const clusters = seen.map(([name, state]): [string, ClusterSight] => [
      name,
      { state: state === null || state === "isolated" ? "fails" : state, reason: state ?? "" },
    ]);
    return [{ vantage, cloud, atMs: nowMs, isolated, clusters: Object.fromEntries(clusters) }];
  });
}

export type Night = { readonly state: HealthState; readonly changes: readonly HealthChange[] };

/** From the moment that all is known to be healthy, for so long. */
export function watchFor(forMs: number, sees: Sees): Night {
  let state = newHealth(rules, 0);
  let kept: readonly Sighting[] = [];
  const changes: HealthChange[] = [];
  const step = (nowMs: number, heard: readonly Sighting[]): void => {
    // A vantage point that is not heard stands with what it said last.
    const silent = kept.filter(({ vantage }) => heard.every((one) => one.vantage !== vantage));
    kept = [...silent, ...heard];
    const next = decideHealth(state, { sightings: kept, nowMs }, rules);
    state = next.state;
    if (nowMs > 0) changes.push(...next.changes);
  };
  for (let nowMs = -3_000; nowMs <= 0; nowMs += TICK_MS)
    step(
      nowMs,
      sightingsAt(nowMs, () => "answers"),
    );
  for (let nowMs = TICK_MS; nowMs <= forMs; nowMs += TICK_MS) step(nowMs, sightingsAt(nowMs, sees));
  return { state, changes };
}

export function ofCloud(night: Night, cloud: string): HealthChange[] {
  return night.changes.filter((change) => change.cloud === cloud && change.cluster === null);
}

export function notWell({ to }: HealthChange): boolean {
  return to === "down" || to === "degraded";
}
