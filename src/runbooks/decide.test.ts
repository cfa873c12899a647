import fc from "fast-check";
import { expect, test } from "vitest";
import { capacityShortfalls, clusterCapacities, readyCapacity, survivesAnyLoss } from "../domain/capacity.ts";
import { selectProfile } from "../domain/inventory/profile.ts";
import type { Snapshot, Weights } from "../domain/snapshot.ts";
import { checkWeights, movedPoints } from "../domain/weights.ts";
import type { Act } from "../engine/act.ts";
import { Refusal } from "../engine/failures.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import { decideFailover } from "./manual-failover/decide.ts";
import type { Direction, ServiceMove } from "./parts/move-service.ts";
import { decideRollback } from "./rollback/decide.ts";

const inventory = exampleInventory();
const context = { inventory, profile: selectProfile(inventory, "drill") };
const clouds = Object.keys(inventory.clouds);
const usual = await new TestBench(inventory).snapshot();

const weights: fc.Arbitrary<Weights> = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }))
  .map(([one, other]) => {
    const [low, high] = [Math.min(one, other), Math.max(one, other)];
    return { aws: low, azure: high - low, gcp: 100 - high };
  });

const facts: fc.Arbitrary<Snapshot> = fc
  .record({
    weights,
    rate: fc.integer({ min: 0, max: 700 }),
    ready: fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 6, maxLength: 6 }),
  })
  .map(({ weights: shares, rate, ready }) => ({
    ...usual,
    traffic: { ...usual.traffic, weights: shares },
    demand: { requestsPerSecond: rate, source: "measured" as const },
    clusters: Object.fromEntries(
      Object.entries(usual.clusters).map(([name, cluster], index) => [
        name,
        { ...cluster, replicas: ready[index] ?? 1, ready: ready[index] ?? 1 },
      ]),
    ),
  }));

const direction: fc.Arbitrary<Direction> = fc
  .record({
    from: fc.constantFrom(...clouds),
    to: fc.constantFrom(...clouds),
    database: fc.constantFrom("move" as const, "stay" as const),
  })
  .filter(({ from, to }) => from !== to);

/** Null when the world does not allow it, which has to be said by a refusal and nothing else. */
function decided(decide: () => ServiceMove): ServiceMove | null {
  try {
    return decide();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return null;
  }
}

function overlaid(from: Snapshot, acts: readonly Act[]): Snapshot {
  return acts.reduce((now, act) => act.expect(now), from);
}

function shiftsOf(from: Snapshot, acts: readonly Act[]): Weights[] {
  return acts.map((_act, index) => overlaid(from, acts.slice(0, index + 1)).traffic.weights);
}

test("a failover empties the source by bounded steps of whole points, and every share is carried before it is asked for", () => {
  fc.assert(
    fc.property(facts, direction, (now, input) => {
      const plan = decided(() => decideFailover(now, input, context));
      if (plan === null) return;
      let before = now.traffic.weights;
      for (const after of shiftsOf(now, plan.shifts)) {
        expect(checkWeights(after, clouds)).toEqual([]);
        expect(movedPoints(before, after)).toBeLessThanOrEqual(inventory.policies.shiftStep);
        before = after;
      }
      expect(before[input.from]).toBe(plan.shifts.length > 0 ? 0 : now.traffic.weights[input.from]);
      const raised = overlaid(now, plan.capacity);
      const ready = readyCapacity(clusterCapacities(inventory.clusters, raised.clusters));
      const need = { demand: now.demand.requestsPerSecond, weights: before, headroomPercent: 0 };
      expect(capacityShortfalls(need, ready).filter(({ cloud }) => cloud === input.to)).toEqual([]);
    }),
  );
});

test("scaling the source down never takes the survival of one more loss away", () => {
  fc.assert(
    fc.property(facts, direction, (now, input) => {
      const plan = decided(() => decideFailover(now, input, context));
      if (plan === null) return;
      const standing = (at: Snapshot) => ({
        capacity: readyCapacity(clusterCapacities(inventory.clusters, at.clusters)),
        demand: now.demand.requestsPerSecond,
        healthy: clouds,
      });
      const raised = overlaid(now, plan.capacity);
      if (!survivesAnyLoss(standing(raised)).survives) return;
      expect(survivesAnyLoss(standing(overlaid(raised, plan.lower))).survives).toBe(true);
    }),
  );
});

test("a rollback ends at the inventory's weights, capacity first, and never by more than a step at once", () => {
  fc.assert(
    fc.property(facts, direction, (now, input) => {
      const plan = decided(() => decideRollback(now, input, context));
      if (plan === null) return;
      let before = now.traffic.weights;
      for (const after of shiftsOf(now, plan.shifts)) {
        expect(movedPoints(before, after)).toBeLessThanOrEqual(inventory.policies.shiftStep);
        before = after;
      }
      expect(before).toEqual(inventory.edge.weights);
      for (const act of plan.capacity) expect(act.op).toBe("scale");
    }),
  );
});
