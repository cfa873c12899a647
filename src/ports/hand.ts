/**
 * By hand: what a person types when the product is not there. Every act renders its commands through this port,
 * with the run's own values, for the world that it acts on.
 *
 * Laws
 * 1. Commands are complete shell lines for a POSIX shell: every value is quoted, no placeholder is left.
 * 2. No secret is printed; where one is needed the line reads it from the file that holds it.
 */
import type { Cloud, ClusterName, DatabaseName, Weights } from "../domain/snapshot.ts";
import type { DatabaseAct } from "./databases.ts";

export type Hand = {
  setWeights(weights: Weights): readonly string[];
  scale(cluster: ClusterName, replicas: number): readonly string[];
  database(
    at: { readonly database: DatabaseName; readonly cloud: Cloud },
    act: DatabaseAct,
  ): readonly string[];
};
