/**
 * Both standbys of a real group die, one after the other, with nobody asking for anything: by the inventory's policy the primary
 * acknowledges with one copy, which is on record; and once a standby is back it is told to wait for one again. A commit each time
 * shows that it acknowledges. That clients' writes go on, and that a commit without its standby waits, is not looked at here.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { runsAnswer, statusAnswer } from "../../src/cli/api/parse-answers.ts";
import { createLocalDatabases } from "../../src/drivers/local/databases.ts";
import { bringUpWithinMs, tokenIn } from "../../src/drivers/local/testing/shared-world.ts";
import { StruckWorld } from "./struck-world.ts";

const world = new StruckWorld();

beforeAll(async () => {
  await world.up((inventory) => inventory.setIn(["policies", "standbysGone"], "degrade"));
}, bringUpWithinMs);

afterAll(async () => await world.down());

async function completed(runbook: string, cloud: string): Promise<void> {
  const ended = await world.until(`${runbook} of ${cloud} has ended`, async () => {
    const { runs } = await world.ask("/v1/runs", runsAnswer);
    return runs.find(
      (run) => run.runbook === runbook && run.run.includes(`-${cloud}-`) && run.endedAtMs !== null,
    );
  });
  expect(ended).toMatchObject({ state: "completed", requestedBy: "automation" });
}

async function group() {
  const { snapshot } = await world.ask("/v1/status", statusAnswer);
  const found = snapshot.databases["wildlifedb"];
  if (found === undefined) throw new Error("nothing is known of the database");
  return found;
}

/** One commit at the primary, acknowledged as any client's would be. */
async function commit(): Promise<void> {
  const agents = Object.fromEntries(
    world.status.agents.map(({ cloud, url, tokenFile }) => [cloud, { url, token: tokenIn(tokenFile) }]),
  );
  const at = { database: "wildlifedb", cloud: "aws" };
  await createLocalDatabases({ agents }).marker(at, AbortSignal.timeout(15_000));
}

test("with both standbys gone the primary acknowledges a commit with one copy, on record, and once one is back it is told to wait for one again, and is off the record", async () => {
  await world.until("all is well", async () => {
    const { snapshot } = await world.ask("/v1/status", statusAnswer);
    return Object.values(snapshot.clouds).every(({ verdict }) => verdict === "healthy") ? true : undefined;
  });
  expect((await group()).alone).toEqual({ cloud: null });
  await world.faults.begin("gcp", { fault: "kill" });
  await completed("survive-outage", "gcp");
  expect((await group()).alone).toEqual({ cloud: null });
  await world.faults.begin("azure", { fault: "kill" });
  await completed("survive-outage", "azure");
  expect(await group()).toMatchObject({
    alone: { cloud: "aws" },
    members: { aws: { synchronousNames: "" } },
  });
  await commit();

  await world.faults.heal("azure");
  await completed("restore-traffic", "azure");
  const after = await group();
  expect(after.alone).toEqual({ cloud: null });
  expect(after.members["aws"]?.synchronousNames).toMatch(/^ANY 1 /);
  expect(after.members["azure"]).toMatchObject({ role: "standby", follows: "aws", streaming: true });
  await commit();
}, 400_000);
