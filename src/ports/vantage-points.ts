/**
 * The places from which the clouds are looked at: an observer in each cloud, and the edge with its evidence of real requests.
 *
 * Laws
 * 1. A look names every cluster that it is asked about; what cannot be said of one is `unseen`, never `fails`.
 * 2. It says where it was taken: in which cloud, or outside of all. That is known of the vantage point, and not taken from its
 *    answer.
 * 3. A vantage point that does not answer in time throws `retryable`; nothing is made up in its place, and nothing old is
 *    given again.
 * 4. One that reaches nothing outside of its own cloud says that it is `isolated`.
 * 5. A look changes nothing.
 */
import type { Cloud, ClusterName } from "../domain/snapshot.ts";
import type { ClusterSight } from "../domain/verdicts/sighting.ts";

export type Look = {
  readonly isolated: boolean;
  readonly clusters: Readonly<Record<ClusterName, ClusterSight>>;
};

export type VantagePoint = {
  readonly name: string;
  /** Null: it stands outside of all clouds. */
  readonly cloud: Cloud | null;
  look(signal: AbortSignal): Promise<Look>;
};
