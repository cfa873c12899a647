/**
 * Both standbys of a real group die, one after the other, with nobody asking for anything: by the inventory's policy writes go on
 * with one copy, which is on record; and once a standby is back they wait for it again.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { parseDocument } from "yaml";
import type { z } from "zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runsAnswer, statusAnswer } from "../../src/cli/api/parse-answers.ts";
import { createLocalDatabases } from "../../src/drivers/local/databases.ts";
import { faultClientOf, type FaultClient } from "../../src/drivers/local/faults/client.ts";
import { programPath } from "../../src/drivers/local/processes/node-process.ts";
import { pollUntil } from "../../src/drivers/local/processes/wait.ts";
import { bringUpWithinMs, tokenIn } from "../../src/drivers/local/testing/shared-world.ts";
import { bringUp, type RunningWorld } from "../../src/drivers/local/world/bring-up.ts";
import { requestDown } from "../../src/drivers/local/world/down.ts";

const WITHIN_MS = 120_000;
const scratch = mkdtempSync(join(tmpdir(), "wildcam-alone-"));
const stateDir = join(scratch, "state");
let world: RunningWorld | undefined;
let faults: FaultClient;

beforeAll(async () => {
  const document = parseDocument(readFileSync(programPath("inventory.yaml"), "utf8"));
  document.setIn(["policies", "standbysGone"], "degrade");
  for (const hold of ["dwell", "soak"]) document.setIn(["profiles", "drill", hold], "1s");
  const inventoryFile = join(scratch, "inventory.yaml");
  writeFileSync(inventoryFile, document.toString());
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

async function completed(runbook: string, cloud: string): Promise<void> {
  const ended = await until(`${runbook} of ${cloud} has ended`, async () => {
    const { runs } = await ask("/v1/runs", runsAnswer);
    return runs.find(
      (run) => run.runbook === runbook && run.run.includes(`-${cloud}-`) && run.endedAtMs !== null,
    );
  });
  expect(ended).toMatchObject({ state: "completed", requestedBy: "automation" });
}

async function group() {
  const { snapshot } = await ask("/v1/status", statusAnswer);
  const found = snapshot.databases["wildlifedb"];
  if (found === undefined) throw new Error("nothing is known of the database");
  return found;
}

/** One commit at the primary, acknowledged as any client's would be. */
async function commit(): Promise<void> {
  const agents = Object.fromEntries(
    (world?.status.agents ?? []).map(({ cloud, url, tokenFile }) => [
      cloud,
      { url, token: tokenIn(tokenFile) },
    ]),
  );
  const at = { database: "wildlifedb", cloud: "aws" };
  await createLocalDatabases({ agents }).marker(at, AbortSignal.timeout(15_000));
}

test("with both standbys gone writes go on with one copy, on record, until one of them is back", async () => {
  await until("all is well", async () => {
    const { snapshot } = await ask("/v1/status", statusAnswer);
    return Object.values(snapshot.clouds).every(({ verdict }) => verdict === "healthy") ? true : undefined;
  });
  expect((await group()).alone).toEqual({ cloud: null });
  await faults.begin("gcp", { fault: "kill" });
  await completed("survive-outage", "gcp");
  expect((await group()).alone).toEqual({ cloud: null });
  await faults.begin("azure", { fault: "kill" });
  await completed("survive-outage", "azure");
  expect(await group()).toMatchObject({
    alone: { cloud: "aws" },
    members: { aws: { synchronousNames: "" } },
  });
  await commit();

  await faults.heal("azure");
  await completed("restore-traffic", "azure");
  const after = await group();
  expect(after.alone).toEqual({ cloud: null });
  expect(after.members["aws"]?.synchronousNames).toMatch(/^ANY 1 /);
  expect(after.members["azure"]).toMatchObject({ role: "standby", follows: "aws", streaming: true });
}, 400_000);
