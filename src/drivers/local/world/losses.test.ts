import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { identify, isRunning, signalIdentity } from "../processes/identity.ts";
import { programPath } from "../processes/node-process.ts";
import { pollUntil } from "../processes/wait.ts";
import { endpointOf, sqlAt } from "../testing/direct-sql.ts";
import { withDescendants } from "../processes/process-tree.ts";
import { bringUpWithinMs, startTestWorld, type TestWorld, tokenSource } from "../testing/shared-world.ts";
import { bringUp, type RunningWorld } from "./bring-up.ts";
import { layoutOf } from "./layout.ts";
import { type LocalStatus, readStatus } from "./status.ts";
import { readIdentity, readWorldFile } from "./world-file-parse.ts";

const signal = AbortSignal.timeout(120_000);
const database = "wildlifedb";
let world: TestWorld;
let second: RunningWorld | null = null;

beforeAll(async () => {
  world = await startTestWorld();
}, bringUpWithinMs);
afterAll(async () => {
  await second?.down();
  await world?.close();
});

async function statusNow(): Promise<LocalStatus> {
  const status = await readStatus(world.stateDir);
  if (status === null) throw new Error("it says that it is not up");
  return status;
}

function urlIn(status: LocalStatus, cloud: string): string {
  return status.databases.find((row) => row.cloud === cloud)?.url ?? "";
}

/** Until the status says so. */
async function until(holds: (status: LocalStatus) => boolean): Promise<LocalStatus> {
  const status = await pollUntil(
    async () => {
      const now = await statusNow();
      return holds(now) ? now : undefined;
    },
    { withinMs: 20_000, everyMs: 100 },
  );
  if (status === undefined) throw new Error(`not within 20 s: ${JSON.stringify(await statusNow())}`);
  return status;
}

test("an agent that is killed comes back, and its pods and database never noticed", async () => {
  const before = await statusNow();
  const agent = before.agents.find(({ cloud }) => cloud === "azure")?.pid ?? 0;
  process.kill(agent, "SIGKILL");
  const after = await until(({ agents }) => {
    const pid = agents.find(({ cloud }) => cloud === "azure")?.pid ?? null;
    return pid !== null && pid !== agent;
  });
  const azure = (status: LocalStatus): unknown => status.pods.filter(({ cloud }) => cloud === "azure");
  await until((status) => JSON.stringify(azure(status)) === JSON.stringify(azure(before)));
  expect(after.databases).toEqual(before.databases);
});

test("a pod that is killed is replaced", async () => {
  const before = await statusNow();
  const victim = before.pods.find(({ cluster }) => cluster === "gcp-west")?.pid ?? 0;
  process.kill(victim, "SIGKILL");
  const after = await until(
    ({ pods }) => !pods.some(({ pid }) => pid === victim) && pods.length === before.pods.length,
  );
  const clusters = (status: LocalStatus): string[] => status.pods.map(({ cluster }) => cluster).toSorted();
  expect(clusters(after)).toEqual(clusters(before));
});

test("a frozen standby is told as unreachable, and does not keep the primary from stopping cleanly", async () => {
  const { databases } = world;
  const token = tokenSource("frozen", "database/wildlifedb");
  const at = { database, cloud: "aws" };
  const before = await statusNow();
  const frozen = withDescendants([before.databases.find(({ cloud }) => cloud === "gcp")?.pid ?? 0]);
  for (const identity of frozen) signalIdentity(identity, "SIGSTOP");
  try {
    expect((await databases.observe(database, signal)).members["gcp"]).toMatchObject({
      state: "unreachable",
    });
    const { answer } = await databases.perform(at, { act: "stop-cleanly" }, token(), signal);
    expect(answer).toMatchObject({ state: "stopped", stoppedCleanly: true });
    await databases.perform(at, { act: "start-as-primary" }, token(), signal);
  } finally {
    for (const identity of frozen) signalIdentity(identity, "SIGCONT");
  }
  const streams = await pollUntil(
    async () =>
      (await databases.observe(database, signal)).members["gcp"]?.streaming === true ? true : undefined,
    { withinMs: 15_000, everyMs: 100 },
  );
  expect(streams).toBe(true);
});

test("an old primary that went on writing is refused to follow, and cloned anew at the next bring-up", async () => {
  const { databases } = world;
  const token = tokenSource("split", "database/wildlifedb", 2);
  const perform = async (cloud: string, act: Parameters<typeof databases.perform>[1]) =>
    await databases.perform({ database, cloud }, act, token(), signal);
  const before = await statusNow();
  await perform("azure", { act: "create-slot", slot: "standby_aws" });
  // Nobody fenced it: exactly what the product must never do, and has to clean up after. Before the promotion, since its agent
  // ends an old primary as soon as it sees a new one.
  await perform("azure", { act: "detach", slot: "standby_azure" });
  await sqlAt(
    endpointOf(urlIn(before, "aws")),
    "set synchronous_commit = local; insert into operations.marker values ('stray', now(), 1)",
  );
  await perform("azure", { act: "promote" });
  await perform("aws", { act: "stop-cleanly" });
  await expect(
    perform("aws", { act: "follow", primary: "azure", slot: "standby_aws" }),
  ).rejects.toMatchObject({
    kind: "refused",
    facts: { needsClone: true },
  });
  expect((await databases.observe(database, signal)).members["aws"]).toMatchObject({ state: "stopped" });
  await world.world.down();
  const inventoryFile = programPath("inventory.yaml");
  second = await bringUp({
    stateDir: world.stateDir,
    inventoryFile,
    profile: "drill",
    edgePort: null,
    signal,
    orchestrator: null,
  });
  expect(second.status.databases.map(({ cloud, role }) => `${cloud} ${role}`)).toEqual([
    "aws standby",
    "azure primary",
    "gcp standby",
  ]);
  const stray = "select count(*)::int as rows from operations.marker where cloud = 'stray'";
  expect(await sqlAt(endpointOf(urlIn(second.status, "aws")), stray)).toEqual([{ rows: 0 }]);
  // Reads pages of many tables, whose checksums PostgreSQL verifies: the clone is whole.
  const catalogue = "select sum(hashtext(a::text)::bigint) as digest from pg_attribute a";
  const [source, clone] = await Promise.all(
    ["azure", "aws"].map(
      async (cloud) => await sqlAt(endpointOf(urlIn(second?.status ?? before, cloud)), catalogue),
    ),
  );
  expect(clone).toEqual(source);
});

test("a cloud that is killed as one group is told as down, and the other two serve on", async () => {
  const keeper = readIdentity(layoutOf(world.stateDir).keeperIdentity("gcp"));
  if (keeper === null) throw new Error("the keeper is not on record");
  const group = withDescendants([keeper.pid]);
  process.kill(-keeper.pid, "SIGKILL");
  const gone = await pollUntil(() => (group.some(isRunning) ? undefined : true), {
    withinMs: 5_000,
    everyMs: 20,
  });
  expect(gone).toBe(true);
  const status = await until(({ agents }) =>
    agents.some(({ cloud, pid }) => cloud === "gcp" && pid === null),
  );
  expect(status.databases.find(({ cloud }) => cloud === "gcp")).toMatchObject({ role: "down", pid: null });
  expect(status.pods.filter(({ cloud }) => cloud === "gcp")).toEqual([]);
  expect(status.databases.filter(({ role }) => role === "primary").map(({ cloud }) => cloud)).toEqual([
    "azure",
  ]);
  expect((await fetch(`${status.edge.url}/health`)).status).toBe(200);
  expect(identify(status.supervisorPid)).not.toBeNull();
});

test("a purge also removes data that had to be kept outside of the state folder", async () => {
  // Test folders are closed to others, so that under root the databases' uid cannot get there.
  const { dataRoot = "" } = readWorldFile(layoutOf(world.stateDir).worldFile) ?? {};
  expect(dataRoot.startsWith(world.stateDir)).toBe(process.getuid?.() !== 0);
  await second?.down();
  await world.close();
  expect([world.stateDir, dataRoot].map((path) => existsSync(path))).toEqual([false, false]);
});
