/** What one vantage point says of all clusters at one moment, as plain data. */
import type { Cloud, ClusterName } from "../snapshot.ts";

/** `slow`: it answers, but late, or only in part. `unseen`: nothing can be said of it. */
export const SIGHTS = ["answers", "slow", "fails", "unseen"] as const;

export type ClusterSight = { readonly state: (typeof SIGHTS)[number]; readonly reason: string };

export type Sighting = {
  readonly vantage: string;
  /** The cloud that it stands in; null: outside of all, as the edge. */
  readonly cloud: Cloud | null;
  /** When it was received, by the clock of who decides: the clocks of observers are never compared. */
  readonly atMs: number;
  /** It reaches nothing at all outside of its own cloud, so that what it says of others is about itself. */
  readonly isolated: boolean;
  readonly clusters: Readonly<Record<ClusterName, ClusterSight>>;
};

/** A vantage point has one voice: its latest, if that is younger than the bound and it is not cut off. */
export function voicesOf(sightings: readonly Sighting[], nowMs: number, freshMs: number): Sighting[] {
  const latest = new Map<string, Sighting>();
  for (const sighting of sightings) {
    const before = latest.get(sighting.vantage);
    if (before === undefined || before.atMs < sighting.atMs) latest.set(sighting.vantage, sighting);
  }
  // A clock that was set back must not keep what is old young.
  return [...latest.values()].filter(({ atMs, isolated }) => !isolated && Math.abs(nowMs - atMs) < freshMs);
}
