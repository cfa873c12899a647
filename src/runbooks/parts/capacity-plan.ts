/** Which clusters to raise before a shift, and how far the source may come down after it. */
import { type ClusterCapacity, clusterCapacities, needed, readyCapacity } from "../../domain/capacity.ts";
import { isClusterDown } from "../../domain/region-loss.ts";
import { leastReplicasKeeping, replicasFor } from "../../domain/replicas.ts";
import type { Cloud, ClusterName, Snapshot, Weights } from "../../domain/snapshot.ts";
import type { Act } from "../../engine/act.ts";
import { Refusal } from "../../engine/failures.ts";
import type { RunbookContext } from "../../engine/runbook.ts";
import { scaleCluster } from "../acts/scale-cluster.ts";

/**
 * The demand that a plan is made for: rounded up to tens of requests/s, so that a plan shown a minute ago is
 * still the same plan while the rate only flickers.
 */
export function plannedDemand(facts: Snapshot): number {
  return Math.ceil(facts.demand.requestsPerSecond / 10) * 10;
}

export type Raise = { readonly acts: readonly Act[]; readonly clusters: readonly ClusterCapacity[] };

/**
 * Raises `cloud` in every region to what `weights` will ask of it, never below `floor`. Nothing is lowered.
 * Throws Refusal when even its most cannot carry it.
 */
export function raiseFor(
  facts: Snapshot,
  context: RunbookContext,
  want: {
    readonly cloud: Cloud;
    readonly weights: Weights;
    readonly floor: "now" | "usual";
    /** Pods that are wanted already and not ready are waited for as well: they have just come back. */
    readonly returning?: boolean;
  },
): Raise {
  const { inventory, profile } = context;
  const clusters = clusterCapacities(inventory.clusters, facts.clusters);
  const required = sharesWithHeadroom(facts, context, want.weights)[want.cloud] ?? 0;
  const result = replicasFor(want.cloud, required, clusters);
  if (!result.ok) {
    throw new Refusal(
      `${want.cloud} cannot serve ${required} requests/s even with every cluster at its most`,
      {
        cloud: want.cloud,
        requiredPerSecond: required,
        missingPerSecond: result.missing,
        most: result.replicas,
      },
    );
  }
  const counts = new Map<ClusterName, number>();
  for (const [cluster, replicas] of Object.entries(result.replicas)) {
    const usual = want.floor === "usual" ? (inventory.clusters[cluster]?.replicas.usual ?? 0) : 0;
    counts.set(cluster, Math.max(replicas, usual, facts.clusters[cluster]?.replicas ?? 0));
  }
  const raised = [...counts].filter(([cluster, replicas]) => {
    const { replicas: wanted, ready } = facts.clusters[cluster] ?? { replicas: null, ready: 0 };
    return replicas > (wanted ?? 0) || (want.returning === true && replicas > ready);
  });
  const acts = raised.map(([cluster, replicas]) =>
    scaleCluster({ cluster, replicas, readyDeadlineMs: profile.readyDeadline }),
  );
  return { acts, clusters: clusters.map((one) => ({ ...one, ready: counts.get(one.cluster) ?? one.ready })) };
}

export type Raised = {
  readonly acts: readonly Act[];
  /** Requests/s that even a cloud's most does not come to. */
  readonly missing: Readonly<Record<Cloud, number>>;
};

/**
 * Raises each of these clouds so far that it serves so many requests/s. What even its most cannot carry is answered, not
 * refused: serving less is better than serving nobody. A cluster that is down by quorum, or cannot be asked, is no help, and
 * must not hold the others up. Pods that another run has asked for count when they are ready, and not before.
 */
export function raiseTo(
  facts: Snapshot,
  { inventory, profile }: RunbookContext,
  required: Readonly<Record<Cloud, number>>,
): Raised {
  const clusters = raisableClusters(facts, inventory);
  const acts: Act[] = [];
  const missing: Record<Cloud, number> = {};
  for (const [cloud, perSecond] of Object.entries(required)) {
    const result = replicasFor(cloud, perSecond, clusters);
    if (!result.ok) missing[cloud] = result.missing;
    for (const [cluster, replicas] of Object.entries(result.replicas)) {
      const { replicas: now = null, ready = 0 } = facts.clusters[cluster] ?? {};
      if (now === null || replicas <= Math.min(now, ready)) continue;
      // Never fewer than somebody has asked for already; what of that is not ready yet is waited for.
      const wanted = Math.max(replicas, now);
      acts.push(scaleCluster({ cluster, replicas: wanted, readyDeadlineMs: profile.readyDeadline }));
    }
  }
  return { acts, missing };
}

/** Without those that are down; one that cannot be asked stays as it was last seen. */
function raisableClusters(facts: Snapshot, { clusters }: RunbookContext["inventory"]): ClusterCapacity[] {
  return clusterCapacities(clusters, facts.clusters).flatMap((one) => {
    const { cluster, least, most, ready } = one;
    if (isClusterDown(facts, cluster)) return [];
    if ((facts.clusters[cluster]?.replicas ?? null) !== null) return [one];
    return [{ ...one, least: Math.min(least, ready), most: Math.min(most, ready) }];
  });
}

/** Requests/s that each cloud could serve with all of its clusters that can be raised at their most. */
export function mostCapacity(
  facts: Snapshot,
  { inventory }: RunbookContext,
): Readonly<Record<Cloud, number>> {
  return readyCapacity(raisableClusters(facts, inventory).map((one) => ({ ...one, ready: one.most })));
}

/** What `weights` ask of each cloud, with headroom. */
export function sharesWithHeadroom(
  facts: Snapshot,
  { inventory }: RunbookContext,
  weights: Weights,
): Readonly<Record<Cloud, number>> {
  const { headroomPercent } = inventory.policies;
  return needed({ demand: plannedDemand(facts), weights, headroomPercent });
}

/** Raises the clouds that are left so far that they carry what `weights` ask of them, and the whole demand after the loss of one more. */
export function raiseForAnotherLoss(
  facts: Snapshot,
  context: RunbookContext,
  { left, weights }: { readonly left: readonly Cloud[]; readonly weights: Weights },
): Raised {
  const shares = sharesWithHeadroom(facts, context, weights);
  const alone = left.length > 1 ? plannedDemand(facts) / (left.length - 1) : 0;
  const required = left.map((cloud): [Cloud, number] => [cloud, Math.max(shares[cloud] ?? 0, alone)]);
  return raiseTo(facts, context, Object.fromEntries(required));
}

/** Lowers `cloud` as far as the weights' needs and the loss of another cloud allow, never below `floor`. */
export function lowerAfter(
  facts: Snapshot,
  { inventory, profile }: RunbookContext,
  want: {
    readonly cloud: Cloud;
    readonly weights: Weights;
    readonly floor: "least" | "usual";
    readonly clusters: readonly ClusterCapacity[];
  },
): Act[] {
  const need = {
    demand: plannedDemand(facts),
    weights: want.weights,
    headroomPercent: inventory.policies.headroomPercent,
    healthy: Object.keys(inventory.clouds).filter((cloud) => facts.clouds[cloud]?.verdict === "healthy"),
  };
  const { replicas } = leastReplicasKeeping(want.cloud, need, want.clusters);
  const ready = new Map(want.clusters.map((one) => [one.cluster, one.ready]));
  return Object.entries(replicas)
    .map(([cluster, least]): [ClusterName, number] => {
      const floor = want.floor === "usual" ? (inventory.clusters[cluster]?.replicas.usual ?? 0) : 0;
      return [cluster, Math.max(least, floor)];
    })
    .filter(([cluster, count]) => count < (ready.get(cluster) ?? 0))
    .map(([cluster, count]) =>
      scaleCluster({ cluster, replicas: count, readyDeadlineMs: profile.readyDeadline }),
    );
}

/** Several clouds one after the other: each is lowered on what the ones before it are left with. */
export function lowerEach(
  facts: Snapshot,
  context: RunbookContext,
  want: {
    readonly clouds: readonly Cloud[];
    readonly weights: Weights;
    readonly floor: "least" | "usual";
    readonly clusters: readonly ClusterCapacity[];
  },
): Act[] {
  const { weights, floor } = want;
  const acts: Act[] = [];
  let { clusters } = want;
  for (const cloud of want.clouds) {
    const lowered = lowerAfter(facts, context, { cloud, weights, floor, clusters });
    const left = new Map(lowered.map(({ params }) => [params["cluster"], Number(params["replicas"])]));
    clusters = clusters.map((one) => ({ ...one, ready: left.get(one.cluster) ?? one.ready }));
    acts.push(...lowered);
  }
  return acts;
}
