/**
 * One region dies on real processes, with nobody asking for anything: its cloud keeps what the other region carries, only the
 * rest goes elsewhere, the database stays; and once the region is back all is as it was.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { parseDocument } from "yaml";
import type { z } from "zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloudsAnswer, runsAnswer, trafficAnswer } from "../../src/cli/api/parse-answers.ts";
import { parseLedger } from "../../src/drivers/files/parse-ledger.ts";
import { faultClientOf, type FaultClient } from "../../src/drivers/local/faults/client.ts";
import { clusterTarget } from "../../src/drivers/local/faults/fault.ts";
import { programPath } from "../../src/drivers/local/processes/node-process.ts";
import { pollUntil } from "../../src/drivers/local/processes/wait.ts";
import { bringUpWithinMs, tokenIn } from "../../src/drivers/local/testing/shared-world.ts";
import { bringUp, type RunningWorld } from "../../src/drivers/local/world/bring-up.ts";
import { requestDown } from "../../src/drivers/local/world/down.ts";
import { readStatus } from "../../src/drivers/local/world/status.ts";

const WITHIN_MS = 120_000;
const scratch = mkdtempSync(join(tmpdir(), "wildcam-region-"));
const stateDir = join(scratch, "state");
let world: RunningWorld | undefined;
let faults: FaultClient;

/** The usual pods and one more in aws-east, so that it carries 25 points of 200 requests/s with a fifth to spare. */
function inventoryText(): string {
  const document = parseDocument(readFileSync(programPath("inventory.yaml"), "utf8"));
  document.setIn(["service", "demand", "floor"], 200);
  for (const cluster of ["aws-west", "azure-west", "azure-east", "gcp-west", "gcp-east"])
    document.setIn(["clusters", cluster, "replicas", "most"], 2);
  document.setIn(["clusters", "aws-east", "replicas", "most"], 3);
  document.setIn(["clusters", "aws-east", "requestsPerSecondPerPod"], 20);
  for (const hold of ["dwell", "soak"]) document.setIn(["profiles", "drill", hold], "1s");
  return document.toString();
}

beforeAll(async () => {
  const inventoryFile = join(scratch, "inventory.yaml");
  writeFileSync(inventoryFile, inventoryText());
  world = await bringUp({
    stateDir,
    inventoryFile,
    profile: "drill",
    edgePort: null,
    signal: AbortSignal.timeout(bringUpWithinMs),
  });
  world.ended.catch(() => undefined);
  const client = faultClientOf(stateDir);
  if (client === null) throw new Error("nobody takes orders for faults");
  faults = client;
}, bringUpWithinMs);

afterAll(async () => {
  await world?.down();
  await requestDown(stateDir, { purge: true });
  rmSync(scratch, { recursive: true, force: true });
});

async function ask<T>(path: string, answer: z.ZodType<T>): Promise<T> {
  const url = world?.status.orchestrator[0]?.apiUrl ?? "";
  const authorization = `Bearer ${tokenIn(join(stateDir, "tokens", "olivia")).reveal()}`;
  const reply = await request(`${url}${path}`, {
    headers: { authorization },
    signal: AbortSignal.timeout(15_000),
  });
  return answer.parse(await reply.body.json());
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const found = await pollUntil(look, { withinMs: WITHIN_MS, everyMs: 200 });
  if (found === undefined) throw new Error(`in vain until ${what}`);
  return found;
}

async function untilAllIsWell(): Promise<void> {
  await until("all is well", async () => {
    const { clouds } = await ask("/v1/clouds", cloudsAnswer);
    const holds = clouds.every((seen) => seen.verdict === "healthy");
    return holds ? true : undefined;
  });
}

async function ended(runbook: string) {
  return await until(`${runbook} has ended`, async () => {
    const { runs } = await ask("/v1/runs", runsAnswer);
    return runs.find((run) => run.runbook === runbook && run.endedAtMs !== null);
  });
}

function actsOf(run: string): unknown[][] {
  const file = join(stateDir, "ledger", `${run}.jsonl`);
  return parseLedger(readFileSync(file), file).events.flatMap(({ type, data }) =>
    type === "act-verified" ? [[data["op"], data["target"]]] : [],
  );
}

/** Whoever asks all the time; answers how many were not answered well. */
function startAsking(url: string): { readonly stop: () => Promise<number> } {
  let going = true;
  let failed = 0;
  const asking = (async () => {
    while (going) {
      const signal = AbortSignal.timeout(20_000);
      const status = await request(`${url}/observations?limit=1`, { signal }).then(
        async ({ statusCode, body }) => {
          await body.dump();
          return statusCode;
        },
        () => 0,
      );
      if (status !== 200) failed += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    stop: async () => {
      going = false;
      await asking;
      return failed;
    },
  };
}

test("a region that dies costs its cloud only what the other one cannot carry, and comes back by itself", async () => {
  await untilAllIsWell();
  const clients = startAsking(world?.status.edge.url ?? "");
  try {
    await expect(faults.begin(clusterTarget("aws-north"), { fault: "kill" })).rejects.toThrow(/no cluster/);
    const row = await faults.begin(clusterTarget("aws-west"), { fault: "kill" });
    expect(row).toMatchObject({ cloud: "aws", cluster: "aws-west", fault: "kill", processes: 2 });
    const survived = await ended("survive-outage");
    expect(survived).toMatchObject({ state: "completed", requestedBy: "automation" });
    // Room for a taker's own points is equal, so the odd one goes to the first.
    const { policy } = await ask("/v1/traffic", trafficAnswer);
    expect(policy.weights).toEqual({ aws: 25, azure: 38, gcp: 37 });
    const acts = actsOf(survived.run);
    expect(acts).toContainEqual(["scale", "cluster/aws-east"]);
    expect(acts.every(([op]) => op === "scale" || op === "set-weights")).toBe(true);
    const during = await readStatus(stateDir);
    expect(during?.databases.find(({ role }) => role === "primary")?.cloud).toBe("aws");
    expect(during?.pods.filter(({ cluster }) => cluster === "aws-west")).toEqual([]);
    expect(during?.pods.filter(({ cluster }) => cluster === "aws-east")).toHaveLength(3);

    await faults.heal(clusterTarget("aws-west"));
    expect(await faults.list()).toEqual([]);
    expect(await ended("restore-traffic")).toMatchObject({ state: "completed" });
    expect((await ask("/v1/traffic", trafficAnswer)).policy.weights).toEqual({ aws: 34, azure: 33, gcp: 33 });
    const after = await readStatus(stateDir);
    expect(after?.pods.filter(({ cluster }) => cluster === "aws-west")).toHaveLength(2);
  } finally {
    expect(await clients.stop()).toBe(0);
  }
}, 300_000);
