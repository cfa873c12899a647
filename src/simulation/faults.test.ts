/** What each fault does to the world, and that the world is whole again once it is healed. */
import { describe, expect, test } from "vitest";
import { type Fault, faultCatalogue, faultName } from "./faults.ts";
import { DATA_STORIES } from "./faults-of-data.fixture.ts";
import { INTERFACE_STORIES } from "./faults-of-interfaces.fixture.ts";
import { MACHINE_STORIES } from "./faults-of-machines.fixture.ts";
import { rejects, verdictsOf } from "./testing/fault-looks.ts";
import { fault, inventoryAtHand, Night } from "./testing/night.ts";
import { LOCAL_RANGES } from "./world/ranges.ts";

const STORIES = [...INTERFACE_STORIES, ...MACHINE_STORIES, ...DATA_STORIES];

describe("a fault shows in the world while it lasts, and not after it", () => {
  for (const { fault: one, during, after } of STORIES)
    test(`${faultName(one)}`, async () => {
      const night = new Night();
      // Twice is once.
      night.world.inject(one);
      night.world.inject(one);
      await during(night);
      night.world.heal(one);
      night.world.heal(one);
      expect(night.world.faults).not.toContainEqual(one);
      await after(night);
    });
});

test("in a retry storm clients ask many times for what they would ask for three times", async () => {
  const asks = async (storm: boolean) => {
    const night = new Night();
    for (const cloud of ["aws", "azure", "gcp"])
      night.world.inject(fault("process", "killed", `cloud/${cloud}`));
    if (storm) night.world.inject(fault("load", "retry-storm", "client"));
    night.clients.start(60_000, { requestsPerSecond: 50, seed: 1, writeShare: 0.1 });
    await night.pass(10_000);
    const { asked, requests: sent } = night.clients.goodput;
    return sent / asked;
  };
  expect(await asks(true)).toBeGreaterThan(8);
  expect(await asks(false)).toBeLessThanOrEqual(3);
});
test("a killed primary that comes back beside another is not started, and cannot follow if it is beyond the fork", async () => {
  const night = new Night();
  for (const link of ["link/aws->azure", "link/aws->gcp"])
    night.world.inject(fault("network", "replication-cut", link));
  expect(await night.write("aws")).toBe("unknown");
  const killed = fault("process", "killed", "database/aws");
  night.world.inject(killed);
  await night.perform("azure", { act: "promote" });
  night.world.heal(killed);
  expect(night.member("aws")).toMatchObject({ state: "stopped", stoppedCleanly: false, timeline: 1 });
  const follow = { act: "follow", primary: "azure", slot: "standby_aws" } as const;
  await rejects(night.perform("aws", follow), "refused");
  expect(night.world.databases.readableFrom("aws")).toBe("azure");
});
describe("the catalogue", () => {
  const catalogue = faultCatalogue(inventoryAtHand());

  test("names each fault once, and all nine groups", () => {
    expect(new Set(catalogue.map(faultName)).size).toBe(catalogue.length);
    expect(new Set(catalogue.map(({ group }) => group)).size).toBe(9);
  });

  test("every kind of trouble has its story", () => {
    const kinds = (faults: readonly Fault[]) => new Set(faults.map(({ group, kind }) => `${group}/${kind}`));
    const told = kinds(STORIES.map((story) => story.fault));
    told.add("load/retry-storm");
    expect(told).toEqual(kinds(catalogue));
  });

  test("a fault that nobody can have is refused", () => {
    const night = new Night();
    for (const odd of [fault("api", "throttle", "moon"), fault("planes", "throttle", "edge")]) {
      expect(() => night.world.inject(odd)).toThrow(RangeError);
      expect(() => night.world.heal(odd)).toThrow(RangeError);
    }
  });

  test("whatever goes wrong, alone, for a while: healed, the service is whole again", async () => {
    for (const one of catalogue) {
      const night = new Night({ ranges: LOCAL_RANGES, seed: 11 });
      night.clients.start(500, { requestsPerSecond: 20, seed: 3, writeShare: 0.2 });
      night.world.inject(one);
      await night.pass(3_000);
      night.world.healAll();
      await night.pass(70_000);
      expect({ one, whole: await whole(night) }).toEqual({ one, whole: WHOLE });
    }
  });

  const WHOLE = {
    faults: 0,
    capacity: [120, 120, 120],
    verdicts: ["healthy"],
    writes: "acknowledged",
    broken: [],
  };
  async function whole(night: Night) {
    const { world } = night;
    return {
      faults: world.faults.length,
      capacity: ["aws", "azure", "gcp"].map((cloud) => world.service.capacityOf(cloud)),
      verdicts: [...new Set(Object.values(await verdictsOf(night)).map(({ verdict }) => verdict))],
      writes: await night.write(world.databases.primary() ?? ""),
      broken: night.broken,
    };
  }
});

test("two nights of one seed are the same to the last event, and another seed is another night", async () => {
  const digestOf = async (seed: number) => {
    const night = new Night({ ranges: LOCAL_RANGES, seed });
    night.clients.start(500, { requestsPerSecond: 50, seed, writeShare: 0.2 });
    for (const one of faultCatalogue(night.inventory).filter((_, at) => at % 7 === seed % 7))
      night.world.inject(one);
    await night.pass(5_000);
    night.world.healAll();
    await night.pass(5_000);
    return [night.world.digest, night.world.events, ...Object.values(night.clients.goodput)].join(" ");
  };
  expect(await digestOf(4)).toBe(await digestOf(4));
  expect(await digestOf(4)).not.toBe(await digestOf(5));
});
