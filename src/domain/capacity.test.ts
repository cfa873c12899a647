import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  capacityShortfalls,
  clusterCapacities,
  covers,
  needed,
  readyCapacity,
  survivesAnyLoss,
  survivesLossOf,
} from "./capacity.ts";

const clouds = ["aws", "azure", "gcp"];
const anyCapacity = fc.record({ aws: fc.nat(1_000), azure: fc.nat(1_000), gcp: fc.nat(1_000) });
const anyDemand = fc.nat(2_000);
const anyHealthy = fc.subarray(clouds);

describe("ready capacity", () => {
  const replicas = { least: 1, most: 10 };
  const stated = {
    "aws-west": { cloud: "aws", requestsPerSecondPerPod: 30, replicas },
    "aws-east": { cloud: "aws", requestsPerSecondPerPod: 20, replicas },
    "gcp-west": { cloud: "gcp", requestsPerSecondPerPod: 30, replicas },
  };

  test("counts the ready pods of all of a cloud's clusters, and a cluster that was not found as none", () => {
    const facts = { replicas: 5, generation: 1, observedGeneration: 1 };
    const clusters = clusterCapacities(stated, {
      "aws-west": { ...facts, cloud: "aws", ready: 2 },
      "aws-east": { ...facts, cloud: "aws", ready: 3 },
    });
    expect(readyCapacity(clusters)).toEqual({ aws: 120, gcp: 0 });
  });
});

describe("what weights ask of clouds", () => {
  test("is their share of the demand with headroom, exactly", () => {
    expect(needed({ demand: 200, weights: { aws: 34, azure: 66 }, headroomPercent: 20 })).toEqual({
      aws: 81.6,
      azure: 158.4,
    });
    expect(needed({ demand: 100, weights: { aws: 100 }, headroomPercent: 10 })).toEqual({ aws: 110 });
  });

  test("falls short with the numbers, and only where it does", () => {
    const need = { demand: 200, weights: { aws: 0, azure: 67, gcp: 33 }, headroomPercent: 0 };
    expect(capacityShortfalls(need, { aws: 0, azure: 120, gcp: 66 })).toEqual([
      { cloud: "azure", needed: 134, ready: 120, missing: 14 },
    ]);
  });

  test("of a cloud whose capacity is not known is missing whole", () => {
    const need = { demand: 10, weights: { aws: 100 }, headroomPercent: 0 };
    expect(capacityShortfalls(need, {})).toEqual([{ cloud: "aws", needed: 10, ready: 0, missing: 10 }]);
  });

  test("never falls short because of more capacity, and never stops to because of more demand", () => {
    const weights = { aws: 34, azure: 33, gcp: 33 };
    fc.assert(
      fc.property(
        anyCapacity,
        anyDemand,
        fc.nat(100),
        fc.nat(500),
        (capacity, demand, headroomPercent, more) => {
          const short = (need: number, ready: typeof capacity) =>
            capacityShortfalls({ demand: need, weights, headroomPercent }, ready).map(({ cloud }) => cloud);
          const now = short(demand, capacity);
          expect(now).toEqual(
            expect.arrayContaining(short(demand, { ...capacity, aws: capacity.aws + more })),
          );
          expect(short(demand + more, capacity)).toEqual(expect.arrayContaining(now));
          for (const cloud of clouds.filter((name) => !now.includes(name))) {
            const share = needed({ demand, weights, headroomPercent })[cloud] ?? Number.NaN;
            expect(covers(new Map(Object.entries(capacity)).get(cloud) ?? 0, share)).toBe(true);
          }
        },
      ),
    );
  });
});

describe("the loss of one more cloud", () => {
  test("is survived when the other healthy clouds serve the demand, whatever their weights", () => {
    const capacity = { aws: 120, azure: 300, gcp: 120 };
    expect(survivesLossOf("azure", { capacity, demand: 200, healthy: clouds })).toEqual({
      lost: "azure",
      survives: true,
      remaining: 240,
      demand: 200,
      missing: 0,
    });
  });

  test("is not survived on the strength of a cloud that is not healthy", () => {
    const capacity = { aws: 120, azure: 300, gcp: 120 };
    const result = survivesLossOf("azure", { capacity, demand: 200, healthy: ["azure", "gcp"] });
    expect(result).toEqual({ lost: "azure", survives: false, remaining: 120, demand: 200, missing: 80 });
  });

  test("is survived as a whole exactly when the demand fits without the largest healthy cloud", () => {
    fc.assert(
      fc.property(anyCapacity, anyDemand, anyHealthy, (capacity, demand, healthy) => {
        const ready = healthy.map((cloud) => new Map(Object.entries(capacity)).get(cloud) ?? 0);
        const total = ready.reduce((sum, one) => sum + one, 0);
        const { survives, losses } = survivesAnyLoss({ capacity, demand, healthy });
        expect(survives).toBe(total - Math.max(0, ...ready) >= demand);
        expect(losses.map(({ lost }) => lost)).toEqual(healthy);
        for (const loss of losses) {
          expect(loss.survives).toBe(loss.missing === 0);
          expect(loss.remaining + loss.missing).toBeGreaterThanOrEqual(demand);
        }
      }),
    );
  });

  test("with no healthy cloud left is survived only by no demand", () => {
    expect(survivesAnyLoss({ capacity: {}, demand: 1, healthy: [] }).survives).toBe(false);
    expect(survivesAnyLoss({ capacity: {}, demand: 0, healthy: [] }).survives).toBe(true);
  });
});
