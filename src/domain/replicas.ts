/**
 * How many replicas a cloud's clusters need, and how few they may be left with.
 *
 * 1. Load is spread evenly over a cloud's clusters, so *every* region is raised, not only the first. A cluster at
 *    its most leaves the rest of its share to the others.
 * 2. Counts stay within each cluster's least and most. What those cannot serve is answered as a shortfall.
 * 3. Scaling down never breaks what the weights need, nor what the loss of another cloud would need.
 */
import { type ClusterCapacity, covers, type Need, needed, readyCapacity } from "./capacity.ts";
import type { Cloud, ClusterName } from "./snapshot.ts";

type ReplicaCounts = Readonly<Record<ClusterName, number>>;

export type ReplicasResult =
  | { readonly ok: true; readonly replicas: ReplicaCounts }
  /** `replicas` is then every cluster at its most; `missing` is in requests/s. */
  | { readonly ok: false; readonly replicas: ReplicaCounts; readonly missing: number };

/** The least replicas of each of `cloud`'s clusters that together serve `requestsPerSecond`. */
export function replicasFor(
  cloud: Cloud,
  requestsPerSecond: number,
  clusters: readonly ClusterCapacity[],
): ReplicasResult {
  return spread(
    clusters.filter((cluster) => cluster.cloud === cloud),
    requestsPerSecond,
  );
}

function spread(clusters: readonly ClusterCapacity[], requestsPerSecond: number): ReplicasResult {
  const capacityAt = ({ most, requestsPerSecondPerPod }: ClusterCapacity) => most * requestsPerSecondPerPod;
  const counts = new Map<ClusterName, number>();
  // The smallest first: once one can take its even share of what is left, so can all that come after it.
  const ascending = clusters.toSorted(
    (left, right) => capacityAt(left) - capacityAt(right) || (left.cluster < right.cluster ? -1 : 1),
  );
  let left = Math.max(0, requestsPerSecond);
  for (const [index, cluster] of ascending.entries()) {
    const share = Math.min(left / (ascending.length - index), capacityAt(cluster));
    left -= share;
    counts.set(cluster.cluster, podsFor(share, cluster));
  }
  const replicas = Object.fromEntries(clusters.map(({ cluster }) => [cluster, counts.get(cluster) ?? 0]));
  return covers(0, left) ? { ok: true, replicas } : { ok: false, replicas, missing: left };
}

function podsFor(
  requestsPerSecond: number,
  { requestsPerSecondPerPod, least, most }: ClusterCapacity,
): number {
  // A share that is a whole number of pods but for the rounding of fractions must not cost one pod more.
  const pods = Math.ceil(requestsPerSecond / requestsPerSecondPerPod - 1e-9);
  return Math.min(Math.max(pods, least), most);
}

export type ScaleDown = {
  readonly replicas: ReplicaCounts;
  /** Requests/s that the cloud must still be able to serve, and what asks for it. */
  readonly required: number;
  readonly requiredBy: "nothing" | "weights" | "another-loss";
  /** The cloud that must be survivable, when `requiredBy` is `another-loss`. */
  readonly lost?: Cloud;
  /** False when not even all the ready pods can serve `required`: then `replicas` is what is ready now. */
  readonly holds: boolean;
};

/**
 * How far `source` may be scaled down: the least replicas of each of its clusters (never below the cluster's least,
 * never above what is ready now) with which its weight's need with headroom still holds, and after the loss of any
 * other healthy cloud the healthy ones that are left, source included, still serve the demand.
 */
export function leastReplicasKeeping(
  source: Cloud,
  need: Need & { readonly healthy: readonly Cloud[] },
  clusters: readonly ClusterCapacity[],
): ScaleDown {
  const { required, ...why } = requirementOn(source, need, clusters);
  const own = clusters.filter(({ cloud }) => cloud === source);
  const bounded = own.map((cluster) => ({
    ...cluster,
    most: cluster.ready,
    least: Math.min(cluster.least, cluster.ready),
  }));
  const { ok, replicas } = spread(bounded, required);
  return { replicas, required, ...why, holds: ok };
}

type Requirement = Pick<ScaleDown, "required" | "requiredBy" | "lost">;

function requirementOn(
  source: Cloud,
  need: Need & { readonly healthy: readonly Cloud[] },
  clusters: readonly ClusterCapacity[],
): Requirement {
  const capacity = readyCapacity(clusters);
  let most: Requirement = { required: 0, requiredBy: "nothing" };
  const byWeights = needed(need)[source] ?? 0;
  if (byWeights > most.required) most = { required: byWeights, requiredBy: "weights" };
  const others = need.healthy.filter((cloud) => cloud !== source);
  // An unhealthy source is no help after a loss, whatever its replicas: then nothing is required of it.
  for (const lost of need.healthy.includes(source) ? others : []) {
    const rest = others.filter((cloud) => cloud !== lost);
    const required = need.demand - rest.reduce((total, cloud) => total + (capacity[cloud] ?? 0), 0);
    if (required > most.required) most = { required, requiredBy: "another-loss", lost };
  }
  return most;
}
