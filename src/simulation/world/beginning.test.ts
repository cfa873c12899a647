/** A world that begins from a snapshot is the one that was seen. */
import { expect, test } from "vitest";
import type { Snapshot } from "../../domain/snapshot.ts";
import { Night } from "../testing/night.ts";

const signal = new AbortController().signal;

async function seen(night: Night): Promise<Snapshot> {
  const { edge, clusters, databases, health } = night.ports;
  const policy = await night.run(edge.policy(signal));
  return {
    takenAtMs: night.kernel.now(),
    clouds: await night.run(health.verdicts(signal)),
    clusters: await night.run(clusters.list(signal)),
    traffic: { weights: policy.weights, version: policy.version, setBy: policy.setBy },
    demand: { requestsPerSecond: 150, source: "measured" },
    databases: { wildlifedb: await night.run(databases.observe("wildlifedb", signal)) },
  };
}

async function moved(): Promise<Night> {
  const night = new Night();
  await night.scale("azure-west", 5);
  await night.setWeights({ aws: 20, azure: 60, gcp: 20 });
  for (const cloud of ["aws", "gcp"])
    await night.perform("azure", { act: "create-slot", slot: `standby_${cloud}` });
  await night.perform("azure", { act: "set-synchronous", names: "ANY 1 (standby_aws, standby_gcp)" });
  await night.perform("aws", { act: "stop-cleanly" });
  await night.perform("azure", { act: "promote" });
  for (const cloud of ["aws", "gcp"])
    await night.perform(cloud, { act: "follow", primary: "azure", slot: `standby_${cloud}` });
  return night;
}

test("what is read of it is what the snapshot held, and it goes on from there", async () => {
  const snapshot = await seen(await moved());
  const night = new Night({ snapshot });
  expect({ ...(await seen(night)), takenAtMs: 0 }).toEqual({ ...snapshot, takenAtMs: 0 });
  expect(night.world.requestsPerSecond).toBe(150);
  expect(await night.write("azure")).toBe("acknowledged");
  expect(await night.write("aws")).toBe("read-only");
  expect(night.member("aws")).toMatchObject({ streaming: true, position: night.member("azure").position });
  expect(night.broken).toEqual([]);
});

test.each([
  ["nobody's", { cloud: null }],
  ["the primary's", { cloud: "azure" }],
  ["not to be read", null],
])("the record of who acknowledges alone is %s, as it was", async (_words, alone) => {
  const snapshot = await seen(await moved());
  const { members } = snapshot.databases["wildlifedb"] ?? { members: {} };
  const databases = { wildlifedb: { members, alone } };
  const night = new Night({ snapshot: { ...snapshot, databases } });
  expect((await seen(night)).databases["wildlifedb"]?.alone).toEqual(alone);
});

test("a primary that was stopped cleanly, and a member that could not be read, are taken as such", async () => {
  const before = new Night();
  await before.perform("aws", { act: "stop-cleanly" });
  const snapshot = await seen(before);
  const members = { ...snapshot.databases["wildlifedb"]?.members };
  const { gcp } = members;
  if (gcp === undefined) throw new Error("no gcp");
  members["gcp"] = {
    ...gcp,
    state: "unreachable",
    role: null,
    position: null,
    replayed: null,
    timeline: null,
  };
  const night = new Night({
    snapshot: { ...snapshot, databases: { wildlifedb: { members, alone: { cloud: null } } } },
  });
  expect(night.member("aws")).toMatchObject({ state: "stopped", stoppedCleanly: true });
  expect(night.member("gcp").state).toBe("stopped");
  expect((await night.perform("aws", { act: "start-as-primary" })).answer.role).toBe("primary");
});
