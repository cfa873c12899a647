/** What comes late or from elsewhere must not win: an older change of weights, WAL that a source never wrote. */
import { expect, test } from "vitest";
import { fault, Night } from "../testing/night.ts";

test("of two changes of weights the later one stands in force, whichever came into force first", async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const night = new Night({ seed, ranges: { weightsInForceMs: [0, 5_000] } });
    await night.setWeights({ aws: 50, azure: 30, gcp: 20 });
    await night.setWeights({ aws: 20, azure: 30, gcp: 50 });
    await night.pass(10_000);
    expect({ seed, inForce: night.world.edge.inForce }).toEqual({
      seed,
      inForce: night.world.policy.weights,
    });
  }
});

test("a standby that holds more than its source had when that was promoted streams no more, and counts for no commit", async () => {
  const night = new Night();
  night.world.inject(fault("network", "replication-cut", "link/aws->azure"));
  expect(await night.write("aws")).toBe("acknowledged");
  await night.perform("azure", { act: "create-slot", slot: "standby_gcp" });
  await night.perform("gcp", { act: "follow", primary: "azure", slot: "standby_gcp" });
  expect(night.member("gcp").streaming).toBe(true);
  night.world.inject(fault("process", "killed", "database/aws"));
  await night.perform("azure", { act: "set-synchronous", names: "ANY 1 (standby_aws, standby_gcp)" });
  await night.perform("azure", { act: "promote" });
  expect(night.member("gcp")).toMatchObject({ follows: "azure", streaming: false, timeline: 1 });
  expect(await night.write("azure")).toBe("unknown");
  expect(night.broken).toEqual(["S3"]);
});
