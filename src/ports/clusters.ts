/**
 * The clusters and the workload's pods in them.
 *
 * Laws (held by `clusters.contract.ts`)
 * 1. `scale` sets what is wanted and answers at once; the cluster gets there by itself. It is compare-and-set on
 *    `expectedGeneration` (`refused` when it differs), raises `generation` by one, and `found` leaves it alone.
 * 2. `observedGeneration` equals `generation` only when exactly the wanted pods run and all of them are ready
 *    (readiness as the pod says itself when asked, not "was started").
 * 3. Tokens as in `token.ts`. An unreachable cluster is listed with `replicas: null`; `scale` on it throws `ambiguous`.
 */
import type { ClusterFacts, ClusterName } from "../domain/snapshot.ts";
import type { EffectAnswer, Token } from "./token.ts";

export type Scale = {
  readonly cluster: ClusterName;
  readonly replicas: number;
  readonly expectedGeneration: number;
  readonly token: Token;
};

export type Clusters = {
  list(signal: AbortSignal): Promise<Readonly<Record<ClusterName, ClusterFacts>>>;
  scale(request: Scale, signal: AbortSignal): Promise<EffectAnswer<ClusterFacts>>;
};
