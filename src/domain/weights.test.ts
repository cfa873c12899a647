import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Weights } from "./snapshot.ts";
import {
  checkWeights,
  increases,
  largestIncrease,
  movedPoints,
  sameWeights,
  shiftSteps,
  shiftTowards,
  withoutCloud,
  withShare,
} from "./weights.ts";

const clouds = ["aws", "azure", "gcp", "onprem"];

/** Whole shares that sum to 100, from three cuts of the hundred. */
const anyWeights = fc.array(fc.nat(100), { minLength: 3, maxLength: 3 }).map((cuts): Weights => {
  const [low = 0, middle = 0, high = 0] = cuts.toSorted((left, right) => left - right);
  return { aws: low, azure: middle - low, gcp: high - middle, onprem: 100 - high };
});
const anyStep = fc.integer({ min: 1, max: 100 });
const anyCloud = fc.constantFrom(...clouds);

function share(weights: Weights | undefined, cloud: string): number {
  return weights?.[cloud] ?? Number.NaN;
}

function turned(weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).reverse());
}

describe("weights", () => {
  test("that sum to 100 in whole points over all clouds are fine", () => {
    fc.assert(
      fc.property(anyWeights, (weights) => {
        expect(checkWeights(weights, clouds)).toEqual([]);
      }),
    );
  });

  test.each([
    [{ aws: 50, azure: 50 }, "cloud gcp has no weight"],
    [{ aws: 50, azure: 50, gcp: 0, oracle: 0 }, 'there is no cloud "oracle"'],
    [{ aws: 33.5, azure: 33.5, gcp: 33 }, "the weight of aws is 33.5, not a whole number from 0 to 100"],
    [{ aws: -1, azure: 101, gcp: 0 }, "the weight of azure is 101, not a whole number from 0 to 100"],
    [{ aws: 0, azure: 0, gcp: 0 }, "the weights sum to 0, not to 100"],
    [{ aws: 33, azure: 33, gcp: 33 }, "the weights sum to 99, not to 100"],
    [{ aws: Number.NaN, azure: 50, gcp: 50 }, "the weights sum to NaN, not to 100"],
  ])("%j: %s", (weights, problem) => {
    expect(checkWeights(weights, ["aws", "azure", "gcp"])).toContain(problem);
  });
});

describe("the way of one cloud's share to another", () => {
  test("goes from the usual weights in steps of 25 points", () => {
    const from = { aws: 34, azure: 33, gcp: 33 };
    expect(shiftSteps({ from, source: "aws", target: "azure", step: 25 })).toEqual([
      { aws: 9, azure: 58, gcp: 33 },
      { aws: 0, azure: 67, gcp: 33 },
    ]);
  });

  test("ends with nothing at the source, and leaves every other cloud alone at each step", () => {
    fc.assert(
      fc.property(anyWeights, anyCloud, anyCloud, anyStep, (from, source, target, step) => {
        fc.pre(source !== target);
        const steps = shiftSteps({ from, source, target, step });
        expect(steps).toHaveLength(Math.ceil(share(from, source) / step));
        let before = from;
        for (const weights of steps) {
          expect(checkWeights(weights, clouds)).toEqual([]);
          const moved = share(before, source) - share(weights, source);
          expect(moved).toBeGreaterThan(0);
          expect(moved).toBeLessThanOrEqual(step);
          expect(share(weights, target) - share(before, target)).toBe(moved);
          for (const other of clouds.filter((cloud) => cloud !== source && cloud !== target)) {
            expect(share(weights, other)).toBe(share(from, other));
          }
          before = weights;
        }
        expect(share(before, source)).toBe(0);
        expect(share(before, target)).toBe(share(from, target) + share(from, source));
      }),
    );
  });

  test("is refused for a cloud that is not there, for itself, for bad weights and for a bad step", () => {
    const from = { aws: 50, azure: 50 };
    expect(() => shiftSteps({ from, source: "aws", target: "gcp", step: 25 })).toThrow('no cloud "gcp"');
    expect(() => shiftSteps({ from, source: "toString", target: "aws", step: 25 })).toThrow(
      'no cloud "toString"',
    );
    expect(() => shiftSteps({ from, source: "aws", target: "aws", step: 25 })).toThrow("both aws");
    expect(() =>
      shiftSteps({ from: { aws: 50, azure: 49 }, source: "aws", target: "azure", step: 25 }),
    ).toThrow("sum to 99");
    for (const step of [0, -1, 101, 2.5, Number.NaN]) {
      expect(() => shiftSteps({ from, source: "aws", target: "azure", step })).toThrow("expected a step");
    }
  });
});

describe("the way from one set of weights to another", () => {
  test("returns from everything at one cloud without a jump", () => {
    const way = shiftTowards({
      from: { aws: 0, azure: 67, gcp: 33 },
      to: { aws: 34, azure: 33, gcp: 33 },
      step: 25,
    });
    expect(way).toEqual([
      { aws: 25, azure: 42, gcp: 33 },
      { aws: 34, azure: 33, gcp: 33 },
    ]);
  });

  test("ends exactly at the aim, with bounded steps that never go the wrong way", () => {
    fc.assert(
      fc.property(anyWeights, anyWeights, anyStep, (from, to, step) => {
        const way = shiftTowards({ from, to, step });
        expect(way).toHaveLength(Math.ceil(movedPoints(from, to) / step));
        let before = from;
        for (const weights of way) {
          expect(checkWeights(weights, clouds)).toEqual([]);
          expect(movedPoints(before, weights)).toBeGreaterThan(0);
          expect(movedPoints(before, weights)).toBeLessThanOrEqual(step);
          for (const cloud of clouds) {
            const wanted = Math.sign(share(to, cloud) - share(from, cloud));
            expect([0, wanted]).toContain(Math.sign(share(weights, cloud) - share(before, cloud)));
          }
          before = weights;
        }
        expect(sameWeights(before, to)).toBe(true);
      }),
    );
  });

  test("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(anyWeights, anyWeights, anyStep, (from, to, step) => {
        const one = shiftTowards({ from, to, step });
        const other = shiftTowards({ from: turned(from), to: turned(to), step });
        expect(JSON.stringify(other)).toBe(JSON.stringify(one));
      }),
    );
  });

  test("is refused between weights over different clouds", () => {
    expect(() => shiftTowards({ from: { aws: 100 }, to: { azure: 100 }, step: 25 })).toThrow(
      'no cloud "azure"',
    );
  });
});

describe("what changes between two sets of weights", () => {
  test("is the same amount both ways, and the largest increase is one of the increases", () => {
    fc.assert(
      fc.property(anyWeights, anyWeights, (from, to) => {
        expect(movedPoints(from, to)).toBe(movedPoints(to, from));
        const gains = increases(from, to);
        const largest = largestIncrease(from, to);
        expect(largest?.points).toBe(
          gains.length === 0 ? undefined : Math.max(...gains.map(({ points }) => points)),
        );
        expect(sameWeights(from, to)).toBe(gains.length === 0);
      }),
    );
  });

  test("names the cloud that gains most", () => {
    expect(largestIncrease({ aws: 34, azure: 33, gcp: 33 }, { aws: 0, azure: 57, gcp: 43 })).toEqual({
      cloud: "azure",
      points: 24,
    });
    expect(largestIncrease({ aws: 100 }, { aws: 100 })).toBeUndefined();
  });
});

describe("a cloud that leaves, and one that comes back", () => {
  test("its share goes to the takers in proportion, and to nobody else", () => {
    const from = { aws: 34, azure: 33, gcp: 33 };
    expect(withoutCloud(from, "aws", ["azure", "gcp"])).toEqual({ aws: 0, azure: 50, gcp: 50 });
    expect(withoutCloud(from, "aws", ["gcp"])).toEqual({ aws: 0, azure: 33, gcp: 67 });
    expect(() => withoutCloud(from, "aws", ["aws"])).toThrow(/nobody could take/);
  });

  test("whatever they were, the weights are whole again, nobody who takes loses, and who does not take stays", () => {
    fc.assert(
      fc.property(
        anyWeights,
        fc.constantFrom(...clouds),
        fc.subarray(clouds, { minLength: 1 }),
        (from, lost, takers) => {
          fc.pre(takers.some((taker) => taker !== lost));
          const after = withoutCloud(from, lost, takers);
          expect(checkWeights(after, clouds)).toEqual([]);
          expect(after[lost]).toBe(0);
          for (const cloud of clouds.filter((name) => name !== lost)) {
            if (takers.includes(cloud)) expect(after[cloud]).toBeGreaterThanOrEqual(from[cloud] ?? 0);
            else expect(after[cloud]).toBe(from[cloud]);
          }
        },
      ),
    );
  });

  test("it gets its points back from those who serve, and who serves nothing still serves nothing", () => {
    expect(withShare({ aws: 0, azure: 50, gcp: 50 }, "aws", 34)).toEqual({ aws: 34, azure: 33, gcp: 33 });
    expect(withShare({ aws: 0, azure: 100, gcp: 0 }, "aws", 34)).toEqual({ aws: 34, azure: 66, gcp: 0 });
    expect(withShare({ aws: 100, azure: 0, gcp: 0 }, "aws", 34)).toEqual({ aws: 100, azure: 0, gcp: 0 });
    fc.assert(
      fc.property(
        anyWeights,
        fc.constantFrom(...clouds),
        fc.integer({ min: 0, max: 100 }),
        (from, back, share) => {
          const after = withShare(from, back, share);
          expect(checkWeights(after, clouds)).toEqual([]);
          const others = clouds.filter((name) => name !== back);
          for (const cloud of others.filter((name) => from[name] === 0)) expect(after[cloud]).toBe(0);
          if (others.some((name) => (from[name] ?? 0) > 0)) expect(after[back]).toBe(share);
        },
      ),
    );
  });
});
