/** Sets the edge's weights: compare-and-set on the policy's version, undone only where ours still stand. */
import type { Snapshot, Weights } from "../../domain/snapshot.ts";
import { sameWeights } from "../../domain/weights.ts";
import type { Act } from "../../engine/act.ts";

export const TRAFFIC_LOCK = "traffic";

export function setWeights(weights: Weights, title: string): Act {
  return {
    op: "set-weights",
    title,
    target: "traffic",
    params: { weights },
    lock: TRAFFIC_LOCK,
    section: "traffic",
    deadlineMs: 5_000,
    pollMs: 50,
    before: ({ traffic }) => ({ weights: traffic.weights, version: traffic.version }),
    expect: (facts) => (sameWeights(facts.traffic.weights, weights) ? facts : withWeights(facts, weights)),
    obstacle: () => null,
    perform: (world, { facts, token, by, why }, signal) =>
      world.edge.setWeights(
        { weights, expectedVersion: facts.traffic.version, token, setBy: by, why },
        signal,
      ),
    proof: (now) => ({
      ok: sameWeights(now.traffic.weights, weights),
      evidence: { weights: now.traffic.weights, version: now.traffic.version },
    }),
    undo: (before) => setWeights(before.traffic.weights, `undo: ${title}`),
    byHand: (hand) => hand.setWeights(weights),
  };
}

function withWeights(facts: Snapshot, weights: Weights): Snapshot {
  return { ...facts, traffic: { ...facts.traffic, weights, version: facts.traffic.version + 1 } };
}
