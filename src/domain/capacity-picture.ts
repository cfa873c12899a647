/**
 * What a plan shows of capacity after an act: what each cloud can serve against what its weight asks of it, and what would
 * be left without one more cloud. For reading; guard 3 judges.
 */
import {
  clusterCapacities,
  type LossResult,
  needed,
  readyCapacity,
  type StatedClusters,
  survivesAnyLoss,
} from "./capacity.ts";
import { servingClusters } from "./region-loss.ts";
import type { Cloud, Snapshot } from "./snapshot.ts";

export type CapacityPicture = {
  /** Requests/s: what the ready pods can serve, and what the cloud's share of the demand is. */
  readonly perCloud: Readonly<Record<Cloud, { readonly ready: number; readonly needed: number }>>;
  /** The loss of one healthy cloud that leaves least; null while none is healthy. */
  readonly worstLoss: LossResult | null;
};

export function capacityPicture(
  facts: Snapshot,
  { clouds, clusters }: { readonly clouds: readonly Cloud[]; readonly clusters: StatedClusters },
): CapacityPicture {
  const demand = facts.demand.requestsPerSecond;
  const capacity = readyCapacity(clusterCapacities(clusters, servingClusters(facts)));
  const asked = needed({ demand, weights: facts.traffic.weights, headroomPercent: 0 });
  const healthy = clouds.filter((cloud) => facts.clouds[cloud]?.verdict === "healthy");
  const [worst] = survivesAnyLoss({ capacity, demand, healthy }).losses.toSorted(
    (left, right) => left.remaining - right.remaining,
  );
  return {
    perCloud: Object.fromEntries(
      clouds.map((cloud) => [cloud, { ready: capacity[cloud] ?? 0, needed: asked[cloud] ?? 0 }]),
    ),
    worstLoss: worst ?? null,
  };
}
