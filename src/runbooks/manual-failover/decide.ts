/** What a manual failover does to the world that it finds: pure, so that it can be read, tested and rehearsed. */
import type { Snapshot } from "../../domain/snapshot.ts";
import { shiftSteps } from "../../domain/weights.ts";
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
export function decideFailover(facts: Snapshot, input: Direction, context: RunbookContext): ServiceMove {
  const { from, to } = input;
  const { policies } = context.inventory;
  requireHealthyTarget(facts, to);
  const way = shiftSteps({ from: facts.traffic.weights, source: from, target: to, step: policies.shiftStep });
  const primaries = decidePrimaries(facts, input, context);
  if (way.length === 0 && primaries.length === 0) {
    throw new Refusal(`${from} has no traffic and no primary: there is nothing to move`, {
      weights: facts.traffic.weights,
    });
  }
  const weights = way.at(-1) ?? facts.traffic.weights;
  const raise = raiseFor(facts, context, { cloud: to, weights, floor: "now" });
  return {
    capacity: raise.acts,
    shifts: shiftActs(way, facts),
    primaries,
    lower: lowerAfter(facts, context, { cloud: from, weights, floor: "least", clusters: raise.clusters }),
    checks: finalChecks(weights, primaries),
  };
}
