import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countBy } from "./fixture-world.ts";
import { choosePod, turnWheel, type Choice, type Routable, type Wheel } from "./routing.ts";
import type { Weights } from "./weights.ts";

type TestPod = Routable & { chosenAt: number; readonly name: string };

const clouds = ["aws", "azure", "gcp"];
const arbitraryWeights = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }))
  .filter(([a, b]) => a + b <= 100)
  .map(([aws, azure]): Weights => ({ aws, azure, gcp: 100 - aws - azure }));
const arbitraryPods = fc
  .array(
    fc.record({
      cloud: fc.constantFrom(...clouds),
      state: fc.constantFrom("ready", "ready", "unready", "suspect", "ejected", "unknown"),
      load: fc.nat(5),
    }),
    { maxLength: 12 },
  )
  .map((pods) => pods.map((pod, n): TestPod => ({ ...pod, chosenAt: 0, name: `pod-${n}` })));

function choose(
  pods: readonly TestPod[],
  weights: Weights,
  wish: { tried?: readonly TestPod[]; avoidClouds?: string[] } = {},
): Choice<TestPod> | null {
  return choosePod(pods, {
    weights,
    wheel: {},
    tried: wish.tried ?? [],
    avoidClouds: wish.avoidClouds ?? [],
  });
}

describe("the wheel", () => {
  test("gives each cloud exactly its weight in every 100 turns, and never strays by more than one turn a cloud", () => {
    fc.assert(
      fc.property(arbitraryWeights, (weights) => {
        const takingPart = clouds.filter((cloud) => (weights[cloud] ?? 0) > 0);
        const given: Record<string, number> = {};
        let wheel: Wheel = {};
        for (let turn = 1; turn <= 200; turn++) {
          const turned = turnWheel(wheel, weights, takingPart);
          expect(turned).not.toBeNull();
          wheel = turned?.wheel ?? wheel;
          given[turned?.cloud ?? ""] = (given[turned?.cloud ?? ""] ?? 0) + 1;
          for (const cloud of takingPart) {
            const due = (turn * (weights[cloud] ?? 0)) / 100;
            expect(Math.abs((given[cloud] ?? 0) - due)).toBeLessThan(
              turn % 100 === 0 ? 1e-9 : clouds.length - 1,
            );
          }
        }
      }),
    );
  });

  test("hands the share of a cloud that drops out to the others by their weights", () => {
    let wheel: Wheel = {};
    const turns: string[] = [];
    for (let turn = 0; turn < 60; turn++) {
      const turned = turnWheel(wheel, { aws: 40, azure: 40, gcp: 20 }, ["azure", "gcp"]);
      wheel = turned?.wheel ?? wheel;
      turns.push(turned?.cloud ?? "none");
    }
    expect(countBy(turns, (cloud) => cloud)).toEqual({ azure: 40, gcp: 20 });
  });

  test("stays near its weights also while clouds come and go", () => {
    fc.assert(
      fc.property(
        arbitraryWeights,
        fc.array(fc.subarray(clouds, { minLength: 1 }), { minLength: 1, maxLength: 200 }),
        (weights, rounds) => {
          let wheel: Wheel = {};
          for (const takingPart of rounds) wheel = turnWheel(wheel, weights, takingPart)?.wheel ?? wheel;
          for (const credit of Object.values(wheel)) expect(Math.abs(credit)).toBeLessThanOrEqual(200);
        },
      ),
    );
  });
});

describe("the choice of a pod", () => {
  test("is a ready pod of a cloud with weight, whenever there is one", () => {
    fc.assert(
      fc.property(arbitraryPods, arbitraryWeights, (pods, weights) => {
        const good = pods.filter(({ cloud, state }) => state === "ready" && (weights[cloud] ?? 0) > 0);
        const choice = choose(pods, weights);
        expect(choice?.situation === "by-weight").toBe(good.length > 0);
        expect(good.length === 0 || (choice !== null && good.includes(choice.pod))).toBe(true);
      }),
    );
  });

  test("fails open to any ready pod, then to suspects, and to nobody else", () => {
    fc.assert(
      fc.property(arbitraryPods, arbitraryWeights, (pods, weights) => {
        const choice = choose(pods, weights);
        const hasReady = pods.some(({ state }) => state === "ready");
        const hasSuspect = pods.some(({ state }) => state === "suspect");
        const expected = hasReady ? "ready" : hasSuspect ? "suspect" : undefined;
        expect(choice?.pod.state).toBe(expected);
      }),
    );
  });

  test("is the least busy pod of its cloud", () => {
    fc.assert(
      fc.property(arbitraryPods, arbitraryWeights, (pods, weights) => {
        const pod = choose(pods, weights)?.pod;
        const peers = pods.filter(({ cloud, state }) => cloud === pod?.cloud && state === pod.state);
        expect(pod?.load ?? 0).toBe(pod === undefined ? 0 : Math.min(...peers.map(({ load }) => load)));
      }),
    );
  });

  test("never falls on a pod that was tried, and leaves the clouds to avoid where another of the same standing serves", () => {
    fc.assert(
      fc.property(
        arbitraryPods,
        arbitraryWeights,
        fc.array(fc.nat(11)),
        fc.subarray(clouds),
        (pods, weights, indices, avoidClouds) => {
          const tried = indices.flatMap((index) => pods[index] ?? []);
          const choice = choose(pods, weights, { tried, avoidClouds });
          expect(choice !== null && tried.includes(choice.pod)).toBe(false);
          const better = pods.filter(
            (pod) =>
              pod.state === "ready" &&
              (weights[pod.cloud] ?? 0) > 0 &&
              !tried.includes(pod) &&
              !avoidClouds.includes(pod.cloud),
          );
          expect(better.length === 0 || better.some((pod) => pod === choice?.pod)).toBe(true);
        },
      ),
    );
  });

  test("goes round equally busy pods, also when three clouds take turns over three pods each", () => {
    const pods = clouds.flatMap((cloud) =>
      [1, 2, 3].map((n): TestPod => ({ cloud, state: "ready", load: 0, chosenAt: 0, name: `${cloud}-${n}` })),
    );
    let wheel: Wheel = {};
    const chosen: string[] = [];
    for (let turn = 1; turn <= 90; turn++) {
      const choice = choosePod(pods, {
        weights: { aws: 34, azure: 33, gcp: 33 },
        wheel,
        tried: [],
        avoidClouds: [],
      });
      wheel = choice?.wheel ?? wheel;
      if (choice !== null) choice.pod.chosenAt = turn;
      chosen.push(choice?.pod.name ?? "nobody");
    }
    expect(Object.values(countBy(chosen, (name) => name))).toEqual(pods.map(() => 10));
  });
});
