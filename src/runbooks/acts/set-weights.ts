/** Sets the edge's weights: compare-and-set on the policy's version, undone only where ours still stand. */
import type { Snapshot, Weights } from "../../domain/snapshot.ts";
import { sameWeights } from "../../domain/weights.ts";
import type { Act } from "../../engine/act.ts";

export const TRAFFIC_LOCK = "traffic";

export function setWeights(weights: Weights, title: string): Act {
  return weightsAct({ weights, title, onlyIf: null });
}

function weightsAct(of: {
  readonly weights: Weights;
  readonly title: string;
  readonly onlyIf: Weights | null;
}): Act {
  const { weights, title, onlyIf } = of;
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
    obstacle: ({ traffic }) => {
      if (onlyIf === null || sameWeights(traffic.weights, onlyIf) || sameWeights(traffic.weights, weights))
        return null;
      return `the weights are ${JSON.stringify(traffic.weights)} (set by ${traffic.setBy}), not the ones that this run set`;
    },
    perform: (world, { facts, token, by, why }, signal) =>
      world.edge.setWeights(
        { weights, expectedVersion: facts.traffic.version, token, setBy: by, why },
        signal,
      ),
    proof: (now) => ({
      ok: sameWeights(now.traffic.weights, weights),
      evidence: { weights: now.traffic.weights, version: now.traffic.version },
    }),
    undo: (before) =>
      weightsAct({ weights: before.traffic.weights, title: `undo: ${title}`, onlyIf: weights }),
    byHand: (hand) => hand.setWeights(weights),
  };
}

function withWeights(facts: Snapshot, weights: Weights): Snapshot {
  return { ...facts, traffic: { ...facts.traffic, weights, version: facts.traffic.version + 1 } };
}
