import { describe, expect, test } from "vitest";
import { fault, Night } from "../testing/night.ts";
import type { Growth } from "./outage-over.ts";

const most = (pods: number): Growth =>
  Object.fromEntries(
    ["aws", "azure", "gcp"].flatMap((cloud) =>
      ["west", "east"].map((region) => [`${cloud}-${region}`, { cloud, perSecond: 30, most: pods }] as const),
    ),
  );

async function lost(demand: number, weights: Record<string, number>, pods = 10): Promise<Night> {
  const night = new Night({ limits: { growth: most(pods) } });
  night.world.requestsPerSecond = demand;
  night.world.inject(fault("process", "killed", "cloud/aws"));
  await night.setWeights(weights);
  return night;
}

const AWAY = { aws: 0, azure: 50, gcp: 50 };

describe("a run that says that it has survived an outage", () => {
  test("breaks nothing where all traffic has left what is dead, and the rest could lose another", async () => {
    const night = await lost(100, AWAY);
    night.checker.outage.survived("run-1", "aws");
    expect(night.broken).toEqual([]);
  });

  test("breaks L3 where a share is left behind", async () => {
    const night = await lost(100, { aws: 10, azure: 45, gcp: 45 });
    night.checker.outage.survived("run-1", "aws");
    expect(night.broken).toEqual(["L3"]);
  });

  test("breaks nothing while the edge takes up weights that are set", async () => {
    const night = await lost(100, AWAY);
    night.world.edge.inForce = { aws: 20, azure: 40, gcp: 40 };
    night.checker.outage.survived("run-1", "aws");
    expect(night.broken).toEqual([]);
  });

  test("breaks S17 where the rest could not lose another, and could have grown", async () => {
    const night = await lost(200, AWAY);
    night.checker.outage.survived("run-1", "aws");
    expect(new Set(night.broken)).toEqual(new Set(["S17"]));
  });

  test("breaks nothing where the rest cannot grow, or something else was wrong as well", async () => {
    const grown = await lost(200, AWAY, 2);
    grown.checker.outage.survived("run-1", "aws");
    expect(grown.broken).toEqual([]);
    const other = await lost(200, AWAY);
    other.world.inject(fault("planes", "control-down", "cloud/gcp"));
    other.checker.outage.survived("run-1", "aws");
    expect(other.broken).toEqual([]);
  });

  test("breaks nothing where another cloud was lost for a moment, and breaks L3 all the same", async () => {
    for (const [weights, broken] of [
      [AWAY, []],
      [{ aws: 10, azure: 45, gcp: 45 }, ["L3"]],
    ] as const) {
      const night = await lost(200, weights);
      const second = fault("process", "killed", "cloud/gcp");
      night.world.inject(second);
      night.world.heal(second);
      night.checker.outage.survived("run-1", "aws");
      expect(night.broken).toEqual(broken);
    }
  });

  test("breaks S17 all the same where a database was in trouble, which serves no request", async () => {
    const night = await lost(200, AWAY);
    night.world.inject(fault("database", "lag", "database/gcp"));
    night.checker.outage.survived("run-1", "aws");
    expect(new Set(night.broken)).toEqual(new Set(["S17"]));
  });
});
