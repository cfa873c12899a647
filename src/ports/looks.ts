/**
 * Looking by hand: what a person types to see how the world stands, beside the commands that change it (`hand.ts`).
 *
 * Laws
 * 1. As for `Hand`: complete lines for a POSIX shell, every value quoted, no secret printed.
 * 2. A look changes nothing, but for `writable`, which makes one real write.
 * 3. A look that says what must hold ends with an error when it does not, so that lines run by `bash -e` stop there.
 *    Waiting looks do so only after their bound.
 */
import type { Cloud, ClusterName, DatabaseName, Weights } from "../domain/snapshot.ts";
import type { DatabaseAct } from "./databases.ts";

type At = { readonly database: DatabaseName; readonly cloud: Cloud };

export type Looks = {
  /** Shows weights, verdicts, and what clients were answered lately. */
  traffic(): readonly string[];
  /** Shows a cluster's pods, a database member's facts. */
  cluster(cluster: ClusterName): readonly string[];
  member(at: At): readonly string[];
  /** Must hold. */
  healthy(cloud: Cloud): readonly string[];
  weightsStand(weights: Weights): readonly string[];
  /** Waits for it. */
  replicasReady(cluster: ClusterName, replicas: number): readonly string[];
  /** Waits until the act's effect shows at its member; no lines where the act's own answer has proved it. */
  stands(at: At, act: DatabaseAct): readonly string[];
  /** Must hold: `from` is fenced, and `to` has replayed all that it ever acknowledged. */
  caughtUp(of: {
    readonly database: DatabaseName;
    readonly from: Cloud;
    readonly to: Cloud;
  }): readonly string[];
  /** Waits until the member streams from `primary`. */
  follows(at: At, primary: Cloud): readonly string[];
  /** Must hold: one write is acknowledged there. */
  writable(at: At): readonly string[];
  /** Waits out a hold, then shows what clients were answered meanwhile. */
  hold(forMs: number): readonly string[];
};
