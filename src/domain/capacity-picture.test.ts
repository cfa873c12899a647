import { expect, test } from "vitest";
import { capacityPicture } from "./capacity-picture.ts";
import type { Snapshot, Verdict } from "./snapshot.ts";

const CLOUDS = ["aws", "azure", "gcp"];
const stated = Object.fromEntries(
  CLOUDS.map((cloud) => [
    `${cloud}-west`,
    { cloud, requestsPerSecondPerPod: 30, replicas: { least: 1, most: 9 } },
  ]),
);

function facts(
  ready: Readonly<Record<string, number>>,
  verdicts: Readonly<Record<string, Verdict>> = {},
): Snapshot {
  return {
    takenAtMs: 0,
    clouds: Object.fromEntries(
      CLOUDS.map((cloud) => [
        cloud,
        { verdict: verdicts[cloud] ?? "healthy", reason: "", observers: 1, sinceMs: 0, clusters: {} },
      ]),
    ),
    clusters: Object.fromEntries(
      CLOUDS.map((cloud) => [
        `${cloud}-west`,
        { cloud, replicas: 2, ready: ready[cloud] ?? 0, generation: 1, observedGeneration: 1 },
      ]),
    ),
    traffic: { weights: { aws: 50, azure: 25, gcp: 25 }, version: 1, setBy: "olivia" },
    demand: { requestsPerSecond: 100, source: "measured" },
    databases: {},
  };
}

test("each cloud's ready pods stand against its share of the demand", () => {
  const { perCloud } = capacityPicture(facts({ aws: 2, azure: 1, gcp: 0 }), {
    clouds: CLOUDS,
    clusters: stated,
  });
  expect(perCloud).toEqual({
    aws: { ready: 60, needed: 50 },
    azure: { ready: 30, needed: 25 },
    gcp: { ready: 0, needed: 25 },
  });
});

test("the worst loss is that of the healthy cloud that leaves least", () => {
  const picture = capacityPicture(facts({ aws: 3, azure: 2, gcp: 1 }), { clouds: CLOUDS, clusters: stated });
  expect(picture.worstLoss).toMatchObject({ lost: "aws", remaining: 90, demand: 100, survives: false });
});

test("while no cloud is healthy there is none to lose", () => {
  const down = { aws: "down", azure: "down", gcp: "unknown" } as const;
  expect(capacityPicture(facts({ aws: 3 }, down), { clouds: CLOUDS, clusters: stated }).worstLoss).toBeNull();
});
