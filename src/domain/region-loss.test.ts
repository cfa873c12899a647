import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { regionLossOf, type SpillOrder, spillOver } from "./region-loss.ts";
import type { CloudFacts, Verdict } from "./snapshot.ts";
import { checkWeights } from "./weights.ts";

const seen = (verdict: Verdict, clusters: Readonly<Record<string, Verdict>>): CloudFacts => ({
  verdict,
  reason: "",
  observers: 3,
  sinceMs: 0,
  clusters,
});

describe("the loss of a region", () => {
  test("is a cluster that is down beside one that is healthy", () => {
    expect(regionLossOf(seen("degraded", { west: "down", east: "healthy" }))).toEqual({
      lost: ["west"],
      left: ["east"],
    });
  });

  test("is still one while the region that is lost cannot be seen", () => {
    expect(regionLossOf(seen("degraded", { west: "unknown", east: "healthy" }))).toEqual({
      lost: ["west"],
      left: ["east"],
    });
  });

  test.each<[string, CloudFacts | undefined]>([
    ["a cloud that is down as a whole", seen("down", { west: "down", east: "down" })],
    ["a cloud that is well", seen("healthy", { west: "healthy", east: "healthy" })],
    ["one whose other region is slow", seen("degraded", { west: "down", east: "degraded" })],
    ["one of whose other region nobody knows", seen("degraded", { west: "down", east: "unknown" })],
    ["one that is only slow", seen("degraded", { west: "degraded", east: "healthy" })],
    ["one with a third region that is slow", seen("degraded", { a: "down", b: "healthy", c: "degraded" })],
    ["one that nobody has looked at", undefined],
  ])("is not seen in %s", (_name, cloud) => {
    expect(regionLossOf(cloud)).toBeNull();
  });
});

/** Whole shares that sum to 100, from two cuts of the hundred. */
const weights = fc.array(fc.nat(100), { minLength: 2, maxLength: 2 }).map((cuts) => {
  const [low = 0, high = 0] = cuts.toSorted((left, right) => left - right);
  return { aws: low, azure: high - low, gcp: 100 - high };
});
const order: fc.Arbitrary<SpillOrder> = fc.record({
  from: weights,
  cloud: fc.constant("aws"),
  takers: fc.subarray(["azure", "gcp"]),
  most: fc.record({ aws: fc.nat(1_000), azure: fc.nat(1_000), gcp: fc.nat(1_000) }),
  demand: fc.nat(2_000),
  headroomPercent: fc.nat(100),
});

/** Whether `points` of the demand are within that capacity. */
function carries(of: SpillOrder, cloud: string, points: number, headroomPercent = 0): boolean {
  const asked = (of.demand * points * (100 + headroomPercent)) / 10_000;
  return asked <= (of.most[cloud] ?? 0) + 1e-6;
}

describe("what is beyond a cloud that has lost a region", () => {
  test("goes to takers alone, in whole points, and nobody else gains or loses", () => {
    fc.assert(
      fc.property(order, (of) => {
        const { weights: after } = spillOver(of);
        expect(checkWeights(after, Object.keys(of.from))).toEqual([]);
        expect(after["aws"]).toBeLessThanOrEqual(of.from["aws"] ?? 0);
        for (const other of ["azure", "gcp"]) {
          const least = of.from[other] ?? 0;
          if (of.takers.includes(other)) expect(after[other]).toBeGreaterThanOrEqual(least);
          else expect(after[other]).toBe(least);
        }
      }),
    );
  });

  test("asks nobody who takes some for more than it could carry", () => {
    fc.assert(
      fc.property(order, (of) => {
        const { weights: after } = spillOver(of);
        const taken = of.takers.filter((taker) => (after[taker] ?? 0) > (of.from[taker] ?? 0));
        expect(taken.filter((taker) => !carries(of, taker, after[taker] ?? 0))).toEqual([]);
      }),
    );
  });

  test("is no more than the rest of the cloud cannot carry with headroom", () => {
    fc.assert(
      fc.property(order, (of) => {
        const kept = spillOver(of).weights["aws"] ?? 0;
        const couldKeepMore = carries(of, "aws", kept + 1, of.headroomPercent);
        expect(kept === of.from["aws"] || !couldKeepMore).toBe(true);
      }),
    );
  });

  test("stays only where nobody could carry a point more, and is answered", () => {
    fc.assert(
      fc.property(order, (of) => {
        const { weights: after, uncarried } = spillOver(of);
        const kept = after["aws"] ?? 0;
        expect(carries(of, "aws", kept)).toBe(uncarried === 0);
        if (uncarried === 0) return;
        expect(carries(of, "aws", kept - uncarried + 1)).toBe(false);
        for (const taker of of.takers) expect(carries(of, taker, (after[taker] ?? 0) + 1)).toBe(false);
      }),
    );
  });

  test("is divided by the room that each has, not by what each has already", () => {
    const { weights: after } = spillOver({
      from: { aws: 40, azure: 50, gcp: 10 },
      cloud: "aws",
      takers: ["azure", "gcp"],
      // Of 100 requests/s: aws carries 20 points, azure has room for 10 more, gcp for 30.
      most: { aws: 20, azure: 60, gcp: 40 },
      demand: 100,
      headroomPercent: 0,
    });
    expect(after).toEqual({ aws: 20, azure: 55, gcp: 25 });
  });
});
