/** What a rollback does: back to the inventory's weights and usual capacity, capacity first and never at once. */
import type { Snapshot } from "../../domain/snapshot.ts";
import { shiftTowards } from "../../domain/weights.ts";
import { Refusal } from "../../engine/failures.ts";
import type { RunbookContext } from "../../engine/runbook.ts";
import { lowerAfter, raiseFor } from "../parts/capacity-plan.ts";
import {
  decidePrimaries,
  type Direction,
  finalChecks,
  requireHealthyTarget,
  type ServiceMove,
  shiftActs,
} from "../parts/move-service.ts";

/** Throws Refusal, with facts, when the world does not allow it. */
export function decideRollback(facts: Snapshot, input: Direction, context: RunbookContext): ServiceMove {
  const { from, to } = input;
  const { policies, edge } = context.inventory;
  requireHealthyTarget(facts, to);
  const weights = edge.weights;
  const way = shiftTowards({ from: facts.traffic.weights, to: weights, step: policies.shiftStep });
  const primaries = decidePrimaries(facts, input, context);
  if (way.length === 0 && primaries.length === 0) {
    throw new Refusal(
      `the weights are the inventory's and ${from} has no primary: there is nothing to roll back`,
      {
        weights: facts.traffic.weights,
      },
    );
  }
  const raise = raiseFor(facts, context, { cloud: to, weights, floor: "usual" });
  return {
    capacity: raise.acts,
    shifts: shiftActs(way, facts),
    primaries,
    lower: lowerAfter(facts, context, { cloud: from, weights, floor: "usual", clusters: raise.clusters }),
    checks: finalChecks(weights, primaries),
  };
}
