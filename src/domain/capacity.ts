/**
 * Ready capacity against demand, in requests/s. Every answer carries the numbers that it rests on, because guards
 * show them when they refuse.
 *
 * 1. Only pods that are ready count, each with the rate that it was measured to serve inside the objective.
 * 2. A cloud that is healthy but has weight 0 counts for the loss of another: the edge can be given other weights.
 * 3. What cannot be met is answered as a shortfall, never rounded away or left out.
 */
import type { Cloud, ClusterName, Snapshot, Weights } from "./snapshot.ts";

/** One cluster as capacity sees it. */
export type ClusterCapacity = {
  readonly cluster: ClusterName;
  readonly cloud: Cloud;
  readonly ready: number;
  readonly requestsPerSecondPerPod: number;
  /** Bounds of its replicas. */
  readonly least: number;
  readonly most: number;
};

export type StatedClusters = {
  readonly [cluster: ClusterName]: {
    readonly cloud: Cloud;
    readonly requestsPerSecondPerPod: number;
    readonly replicas: { readonly least: number; readonly most: number };
  };
};

/** The inventory's clusters with the pods that the snapshot found ready; one that it does not hold has none. */
export function clusterCapacities(stated: StatedClusters, found: Snapshot["clusters"]): ClusterCapacity[] {
  return Object.entries(stated).map(([cluster, { cloud, requestsPerSecondPerPod, replicas }]) => ({
    cluster,
    cloud,
    ready: found[cluster]?.ready ?? 0,
    requestsPerSecondPerPod,
    least: replicas.least,
    most: replicas.most,
  }));
}

/** Requests/s that each cloud's ready pods can serve. */
export function readyCapacity(clusters: readonly ClusterCapacity[]): Readonly<Record<Cloud, number>> {
  const capacity = new Map<Cloud, number>();
  for (const { cloud, ready, requestsPerSecondPerPod } of clusters) {
    capacity.set(cloud, (capacity.get(cloud) ?? 0) + ready * requestsPerSecondPerPod);
  }
  return Object.fromEntries(capacity);
}

export type Need = {
  /** Requests/s over all clouds. */
  readonly demand: number;
  readonly weights: Weights;
  /** Spare capacity on top of the demand; 0 asks for the demand itself. */
  readonly headroomPercent: number;
};

/** Requests/s that each cloud has to be able to serve: its share of the demand, with headroom. */
export function needed({ demand, weights, headroomPercent }: Need): Readonly<Record<Cloud, number>> {
  const shares = Object.entries(weights).map(([cloud, weight]): [Cloud, number] => {
    // Whole numbers first and one division last, so that round numbers stay exact.
    return [cloud, (demand * weight * (100 + headroomPercent)) / 10_000];
  });
  return Object.fromEntries(shares);
}

export type Shortfall = {
  readonly cloud: Cloud;
  /** Requests/s: what its weight asks of it, what it can serve, and the difference. */
  readonly needed: number;
  readonly ready: number;
  readonly missing: number;
};

/** The clouds that cannot serve their share, in the order of the weights; nothing when all can. */
export function capacityShortfalls(need: Need, capacity: Readonly<Record<Cloud, number>>): Shortfall[] {
  return Object.entries(needed(need))
    .map(([cloud, required]) => ({ cloud, needed: required, ready: capacity[cloud] ?? 0 }))
    .filter(({ needed: required, ready }) => !covers(ready, required))
    .map((short) => ({ ...short, missing: short.needed - short.ready }));
}

/** What is left to serve the demand, and the clouds whose verdict is `healthy`. */
export type Standing = {
  readonly capacity: Readonly<Record<Cloud, number>>;
  /** Requests/s over all clouds. */
  readonly demand: number;
  readonly healthy: readonly Cloud[];
};

export type LossResult = {
  readonly lost: Cloud;
  readonly survives: boolean;
  /** Requests/s that the other healthy clouds can serve together. */
  readonly remaining: number;
  readonly demand: number;
  /** `demand - remaining`, or 0. */
  readonly missing: number;
};

/** Whether the other healthy clouds could serve the whole demand without `lost`. */
export function survivesLossOf(lost: Cloud, { capacity, demand, healthy }: Standing): LossResult {
  const others = healthy.filter((cloud) => cloud !== lost);
  const remaining = others.reduce((total, cloud) => total + (capacity[cloud] ?? 0), 0);
  const survives = covers(remaining, demand);
  return { lost, survives, remaining, demand, missing: survives ? 0 : demand - remaining };
}

/**
 * N-1: one result for each healthy cloud. `survives` only if all do; with no healthy cloud there is nothing left to
 * lose, and it holds only for no demand.
 */
export function survivesAnyLoss(standing: Standing): {
  readonly survives: boolean;
  readonly losses: readonly LossResult[];
} {
  const losses = standing.healthy.map((cloud) => survivesLossOf(cloud, standing));
  const survives = losses.length === 0 ? standing.demand <= 0 : losses.every((loss) => loss.survives);
  return { survives, losses };
}

// A difference below a millionth of a request/s comes from the arithmetic, not from the world.
const roundingRequestsPerSecond = 1e-6;

/** `ready >= required`, but for the rounding of fractions. Both in requests/s. */
export function covers(ready: number, required: number): boolean {
  return ready + roundingRequestsPerSecond >= required;
}
