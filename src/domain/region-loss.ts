/**
 * A cloud that has lost some of its clusters while others of it serve, and who takes over what.
 *
 * 1. It is the loss of a region only where some cluster of a cloud that is not well is `healthy`, and none is slow: of what is slow
 *    nobody knows what it can carry. One that cannot be seen, as it cannot for a moment when it comes back, is lost still.
 * 2. The cloud keeps as much of its share as what is left of it could serve with headroom. Only the rest goes to the others, to
 *    each by what it could carry beyond its own share. Where that is not enough for all, it is reckoned without headroom.
 * 3. The cloud never gains, nobody else loses, and who takes nothing stays as it is.
 * 4. What nobody could carry stays where it is, and is answered.
 */
import type { Cloud, CloudFacts, ClusterFacts, ClusterName, Snapshot, Verdict, Weights } from "./snapshot.ts";
import { partsOf } from "./weights.ts";

export type RegionLoss = { readonly lost: readonly ClusterName[]; readonly left: readonly ClusterName[] };

/** Null: it is something else. */
export function regionLossOf(cloud: CloudFacts | undefined): RegionLoss | null {
  if (cloud?.verdict !== "degraded") return null;
  const names = Object.keys(cloud.clusters);
  const those = (verdict: Verdict) => names.filter((name) => cloud.clusters[name] === verdict);
  const lost = [...those("down"), ...those("unknown")];
  const left = those("healthy");
  return those("degraded").length === 0 && lost.length > 0 && left.length > 0 ? { lost, left } : null;
}

/** Whether a quorum has condemned it, or its region is lost, whatever its pods say of themselves. */
export function isClusterDown(facts: Snapshot, cluster: ClusterName): boolean {
  const seen = facts.clouds[facts.clusters[cluster]?.cloud ?? ""];
  return seen?.clusters[cluster] === "down" || regionLossOf(seen)?.lost.includes(cluster) === true;
}

/** The clusters with no pod ready where users reach none. */
export function servingClusters(facts: Snapshot): Snapshot["clusters"] {
  const clusters: Record<ClusterName, ClusterFacts> = {};
  for (const [name, cluster] of Object.entries(facts.clusters))
    clusters[name] = isClusterDown(facts, name) ? { ...cluster, ready: 0 } : cluster;
  return clusters;
}

export type SpillOrder = {
  readonly from: Weights;
  readonly cloud: Cloud;
  readonly takers: readonly Cloud[];
  /** Requests/s that each could serve with its clusters at their most. */
  readonly most: Readonly<Record<Cloud, number>>;
  /** Requests/s over all clouds. */
  readonly demand: number;
  readonly headroomPercent: number;
};

export type Spill = {
  readonly weights: Weights;
  /** Points that stay with the cloud though it cannot carry them, because nobody else could. */
  readonly uncarried: number;
};

export function spillOver(order: SpillOrder): Spill {
  const spared = spill(order, order.headroomPercent);
  return spared.uncarried === 0 ? spared : spill(order, 0);
}

function spill({ from, cloud, takers, most, demand }: SpillOrder, headroomPercent: number): Spill {
  const carries = (name: Cloud) => pointsOf(most[name] ?? 0, demand, headroomPercent);
  const share = from[cloud] ?? 0;
  const kept = Math.min(share, carries(cloud));
  const rooms: Record<Cloud, number> = {};
  for (const taker of takers)
    if (taker !== cloud) rooms[taker] = Math.max(0, carries(taker) - (from[taker] ?? 0));
  const room = Object.values(rooms).reduce((sum, points) => sum + points, 0);
  const moved = Math.min(share - kept, room);
  const weights: Record<Cloud, number> = { ...from, [cloud]: share - moved };
  if (moved > 0)
    for (const [taker, points] of partsOf(moved, rooms, Object.keys(rooms)))
      weights[taker] = (from[taker] ?? 0) + points;
  return { weights, uncarried: share - kept - moved };
}

/** Whole points of the demand that such a capacity serves. */
function pointsOf(perSecond: number, demand: number, headroomPercent: number): number {
  if (demand <= 0) return 100;
  // A capacity that is a whole number of points but for the rounding of fractions must not count for one less.
  return Math.min(100, Math.floor((perSecond * 10_000) / (demand * (100 + headroomPercent)) + 1e-9));
}
