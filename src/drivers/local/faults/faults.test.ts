import { readdirSync, readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isRunning } from "../processes/identity.ts";
import { withDescendants } from "../processes/process-tree.ts";
import { pollUntil } from "../processes/wait.ts";
import { bringUpWithinMs, startTestWorld, type TestWorld, tokenIn } from "../testing/shared-world.ts";
import { podFaultToken } from "../world/cloud-agents.ts";
import { layoutOf } from "../world/layout.ts";
import { type LocalStatus, readStatus } from "../world/status.ts";
import { readWorldFile } from "../world/world-file-parse.ts";
import { faultClientOf, type FaultClient } from "./client.ts";
import { clusterTarget, FaultRefused } from "./fault.ts";

let world: TestWorld;
let faults: FaultClient;

beforeAll(async () => {
  world = await startTestWorld();
  const client = faultClientOf(world.stateDir);
  if (client === null) throw new Error("nobody takes orders for faults");
  faults = client;
}, bringUpWithinMs);
afterAll(async () => {
  await world?.close();
});

function recorded(cloud: string) {
  const entry = readWorldFile(layoutOf(world.stateDir).worldFile)?.clouds[cloud];
  if (entry === undefined) throw new Error(`no ${cloud} on record`);
  return entry;
}

/** Never 0: a signal to that would end whoever runs this test. */
function pidIn(pid: number | null | undefined): number {
  if (typeof pid !== "number" || pid <= 1) throw new Error(`no process is on record: ${String(pid)}`);
  return pid;
}

async function until(
  what: string,
  holds: (status: LocalStatus) => Promise<boolean> | boolean,
): Promise<void> {
  const held = await pollUntil(
    async () => {
      const status = await readStatus(world.stateDir);
      return status !== null && (await holds(status)) ? true : undefined;
    },
    { withinMs: 30_000, everyMs: 100 },
  );
  expect(held, `not within 30 s: ${what}`).toBe(true);
}

async function readies(cloud: string): Promise<(number | string)[]> {
  const status = await readStatus(world.stateDir);
  const pods = status?.pods.filter((pod) => pod.cloud === cloud) ?? [];
  return await Promise.all(
    pods.map(async ({ url }) => {
      const signal = AbortSignal.timeout(5_000);
      return await fetch(`${url}/ready`, { signal }).then(
        ({ status }) => status,
        (error: unknown) => String(error),
      );
    }),
  );
}

/** By the kernel's own word. */
function statesOf(pids: readonly number[]): Set<string> {
  return new Set(
    pids.map((pid) => {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
    }),
  );
}

test("an order that does not fit is refused in words, and nothing is struck", async () => {
  const before = withDescendants([pidIn(recorded("gcp").keeperPid)]);
  const refusals = [
    faults.begin("asw", { fault: "kill" }),
    faults.begin("gcp", { fault: "kill", percent: 50 }),
    faults.begin("gcp", { fault: "errors", delayMs: 10 }),
    faults.begin("gcp", { fault: "partition", percent: 50 }),
    faults.begin("gcp", { fault: "partition" }),
    faults.heal("gcp"),
    faults.heal("asw"),
    faults.begin(clusterTarget("gcp-north"), { fault: "kill" }),
    faults.heal(clusterTarget("gcp-west")),
  ];
  for (const refusal of refusals) await expect(refusal).rejects.toThrow(FaultRefused);
  await expect(faults.begin("asw", { fault: "kill" })).rejects.toThrow(/this world has aws, azure, gcp/);
  await expect(faults.begin("gcp", { fault: "partition" })).rejects.toThrow(/up --partitions/);
  expect(await faults.list()).toEqual([]);
  expect(before.every(isRunning)).toBe(true);
});

test("nobody without the token is heard", async () => {
  const control = readWorldFile(layoutOf(world.stateDir).worldFile)?.control;
  const url = `http://127.0.0.1:${control?.port}/v1/faults`;
  expect((await fetch(url)).status).toBe(401);
  const answer = await fetch(`${url}/gcp`, { method: "POST", headers: { authorization: "Bearer nobody" } });
  expect(answer.status).toBe(401);
  expect(statSync(control?.tokenFile ?? "").mode & 0o077).toBe(0);
});

test("a killed cloud is gone at once and whole, stays down, and comes back without its database server", async () => {
  const keeper = pidIn(recorded("gcp").keeperPid);
  const group = withDescendants([keeper]);
  const row = await faults.begin("gcp", { fault: "kill" });
  expect(row).toMatchObject({ cloud: "gcp", fault: "kill" });
  // Keeper, agent, four pods, and a PostgreSQL with backends.
  expect(row.processes).toBeGreaterThan(10);
  expect(group.filter(isRunning)).toEqual([]);
  await until("the file names nothing that is gone", () => recorded("gcp").keeperPid === null);
  expect(recorded("gcp").agent.pid).toBeNull();
  const down = await readStatus(world.stateDir);
  expect(down?.databases.find(({ cloud }) => cloud === "gcp")).toMatchObject({ role: "down", pid: null });
  expect(down?.pods.filter(({ cloud }) => cloud === "gcp")).toEqual([]);
  expect(down?.faults).toMatchObject([{ cloud: "gcp", fault: "kill" }]);
  await expect(faults.begin("gcp", { fault: "kill" })).rejects.toThrow(/has a fault already: kill/);
  await expect(faults.begin("gcp", { fault: "freeze" })).rejects.toThrow(/only a kill may follow/);

  expect(await faults.heal("gcp")).toMatchObject({ cloud: "gcp", fault: "kill" });
  await until("four pods are there", ({ pods }) => pods.filter(({ cloud }) => cloud === "gcp").length === 4);
  await until("they are ready", async () => (await readies("gcp")).every((status) => status === 200));
  const back = await readStatus(world.stateDir);
  expect(back?.databases.find(({ cloud }) => cloud === "gcp")).toMatchObject({ role: "down", pid: null });
  expect(back?.agents.find(({ cloud }) => cloud === "gcp")?.pid).not.toBeNull();
  expect(recorded("gcp").keeperPid).not.toBe(keeper);
  expect(back?.faults).toEqual([]);
  await expect(faults.heal("gcp")).rejects.toThrow(/has no fault to heal/);
});

test("a frozen cloud stands still to its last backend, and goes on as it was", async () => {
  const before = await readStatus(world.stateDir);
  const primary = before?.databases.find(({ role }) => role === "primary")?.cloud ?? "";
  const group = withDescendants([pidIn(recorded(primary).keeperPid)]).map(({ pid }) => pid);
  const row = await faults.begin(primary, { fault: "freeze" });
  expect(row.processes).toBeGreaterThanOrEqual(group.length);
  expect(statesOf(group)).toEqual(new Set(["T"]));
  await expect(faults.begin(primary, { fault: "slow" })).rejects.toThrow(/has a fault already: freeze/);
  await faults.heal(primary);
  expect(statesOf(group).has("T")).toBe(false);
  await until("its database answers as before", ({ databases }) =>
    databases.some(({ cloud, role }) => cloud === primary && role === "primary"),
  );
});

test("pods answer with errors, those that start meanwhile as well, until they are healed", async () => {
  await faults.begin("azure", { fault: "errors", percent: 100 });
  expect(await readies("azure")).toEqual([500, 500, 500, 500]);
  let victim: LocalStatus["pods"][number] | undefined;
  await until("somebody can be struck", ({ pods }) => {
    victim = pods.find(({ cloud }) => cloud === "azure");
    return victim !== undefined;
  });
  process.kill(pidIn(victim?.pid), "SIGKILL");
  await until("another one is there", ({ pods }) => {
    const azure = pods.filter(({ cloud }) => cloud === "azure");
    return azure.length === 4 && azure.every(({ pid }) => pid !== victim?.pid);
  });
  await until("and fails like the others", async () => (await readies("azure")).every((one) => one === 500));
  await faults.heal("azure");
  // The one that started meanwhile may not have looked at its databases yet.
  await until("and all are ready again", async () => (await readies("azure")).every((one) => one === 200));
});

test("slow pods know how slow they have to be; a kill may come on top of it", async () => {
  await faults.begin("azure", { fault: "slow", delayMs: 300 });
  const token = tokenIn(podFaultToken(layoutOf(world.stateDir))).reveal();
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${await podUrl("azure")}/injected-fault`, { headers });
  expect(await answer.json()).toEqual({ delayMs: 300, delayedPercent: 100, failedPercent: 0 });
  expect(await faults.list()).toMatchObject([{ cloud: "azure", fault: "slow", delayMs: 300, percent: 100 }]);
  await faults.begin("azure", { fault: "kill" });
  expect(await faults.list()).toMatchObject([{ cloud: "azure", fault: "kill" }]);
  await faults.heal("azure");
  await until("it answers without delay again", async () => {
    const answers = await readies("azure");
    return answers.length === 4 && answers.every((status) => status === 200);
  });
});

async function podUrl(cloud: string): Promise<string> {
  const status = await readStatus(world.stateDir);
  return status?.pods.find((pod) => pod.cloud === cloud)?.url ?? "";
}

test("a cluster is killed alone, and stays so whoever begins anew; its cloud's other one and database go on", async () => {
  const west = clusterTarget("aws-west");
  expect(await faults.begin(west, { fault: "kill" })).toMatchObject({
    cloud: "aws",
    cluster: "aws-west",
    processes: 2,
  });
  await expect(faults.begin(west, { fault: "kill" })).rejects.toThrow(/aws-west has a fault already: kill/);
  await expect(faults.begin("aws", { fault: "slow" })).rejects.toThrow(/aws-west has a fault already/);
  const east = faults.begin(clusterTarget("aws-east"), { fault: "freeze" });
  await expect(east).rejects.toThrow(/a single cluster can only be killed/);
  const agentPid = pidIn(recorded("aws").agent.pid);
  const isGone = async () => {
    const facts = await world.clusters.list(AbortSignal.timeout(5_000));
    return facts["aws-west"]?.replicas === null && facts["aws-east"]?.ready === 2;
  };
  expect(await isGone()).toBe(true);
  process.kill(agentPid, "SIGKILL");
  await until(
    "a new agent has been told",
    async ({ agents, pods }) =>
      agents.some(({ cloud, pid }) => cloud === "aws" && pid !== null && pid !== agentPid) &&
      pods.every(({ cluster }) => cluster !== "aws-west") &&
      (await isGone()),
  );
  const status = await readStatus(world.stateDir);
  expect(status?.databases.find(({ cloud }) => cloud === "aws")?.pid).not.toBeNull();
  expect(status?.faults).toMatchObject([{ cloud: "aws", cluster: "aws-west", fault: "kill" }]);
  await faults.heal(west);
  await until("its pods are back", async ({ pods }) => {
    const facts = await world.clusters.list(AbortSignal.timeout(5_000));
    return (
      pods.filter(({ cluster }) => cluster === "aws-west").length === 2 && facts["aws-west"]?.ready === 2
    );
  });
  expect(await faults.list()).toEqual([]);
});

test("a keeper that somebody else has killed is on record as a kill, and is healed like one", async () => {
  const keeper = pidIn(recorded("gcp").keeperPid);
  process.kill(keeper, "SIGKILL");
  await until("it is told", ({ faults: told }) => told.some(({ cloud }) => cloud === "gcp"));
  expect(recorded("gcp").keeperPid).toBeNull();
  await faults.heal("gcp");
  expect(await faults.list()).toEqual([]);
  expect(recorded("gcp").keeperPid).not.toBeNull();
});

test("a world with a frozen cloud goes down all the same, and leaves nothing", async () => {
  const { supervisorPid = 0 } = (await readStatus(world.stateDir)) ?? {};
  await faults.begin("aws", { fault: "freeze" });
  const left = withDescendants([supervisorPid]).filter(({ pid }) => pid !== supervisorPid);
  const keepers = new Set(["aws", "azure", "gcp"].map((cloud) => recorded(cloud).keeperPid));
  const ours = left.filter(({ pid }) => keepers.has(pid));
  await world.close();
  expect(ours.length).toBe(3);
  expect(ours.filter(isRunning)).toEqual([]);
  expect(() => readdirSync(world.stateDir)).toThrow(/ENOENT/);
  expect(faultClientOf(world.stateDir)).toBeNull();
});
