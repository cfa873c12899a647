/**
 * Both standbys of a real group die, one after the other, with nobody asking for anything: by the inventory's policy the primary
 * acknowledges with one copy, which is on record; and once a standby is back it is told to wait for one again. A commit each time
 * shows that it acknowledges. That clients' writes go on, and that a commit without its standby waits, is not looked at here.
 *
 * Then the primary is lost beside a standby: the other one does not take over by itself, people force it, and the old primary does
 * not come back beside it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { approvalsAnswer, runsAnswer, statusAnswer } from "../../src/cli/api/parse-answers.ts";
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

function roles({ members }: Awaited<ReturnType<typeof group>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(members).map(([cloud, { role }]) => [cloud, role]));
}

async function ended(run: string) {
  return await world.until(`${run} has ended`, async () => {
    const { runs } = await world.ask("/v1/runs", runsAnswer);
    return runs.find((one) => one.run === run && one.endedAtMs !== null);
  });
}

/** One commit at the primary, acknowledged as any client's would be. */
async function commit(cloud = "aws"): Promise<void> {
  const agents = Object.fromEntries(
    world.status.agents.map(({ cloud, url, tokenFile }) => [cloud, { url, token: tokenIn(tokenFile) }]),
  );
  const at = { database: "wildlifedb", cloud };
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

const FORCED = {
  runbook: "survive-outage",
  input: { cloud: "aws", database: "force" },
  overrides: ["no-loss-beyond-policy", "one-writable-primary"],
  wait: true,
};

test("with two of three lost nobody takes over but by people who accept the loss, and the old primary does not come back beside the new one", async () => {
  await world.faults.begin("aws", { fault: "kill" });
  await world.until("aws and gcp are down", async () => {
    const { snapshot } = await world.ask("/v1/status", statusAnswer);
    const said = ["aws", "gcp"].map((cloud) => snapshot.clouds[cloud]?.verdict);
    return said.join() === "down,down" ? true : undefined;
  });
  expect(roles(await group())).toEqual({ aws: null, azure: "standby", gcp: null });

  const refused = await world.post("/v1/runs", "olivia", { ...FORCED, overrides: [] });
  const run = z.object({ run: z.string() }).parse((await world.post("/v1/runs", "olivia", FORCED)).body).run;
  expect(await ended(z.object({ run: z.string() }).parse(refused.body).run)).toMatchObject({
    state: "refused",
  });
  const asked = await world.until("it asks", async () => {
    const { approvals } = await world.ask("/v1/approvals", approvalsAnswer);
    return approvals.find((one) => one.run === run);
  });
  expect(asked.against.join()).toContain("the loss of promoting azure cannot be known");
  const yes = { hash: asked.hash, decision: "approve", why: "the reserve is open" };
  expect(await world.post(`/v1/runs/${run}/approvals`, "dana", yes)).toMatchObject({ status: 200 });
  expect(await ended(run)).toMatchObject({ state: "completed" });
  expect(await group()).toMatchObject({ alone: { cloud: "azure" }, members: { azure: { role: "primary" } } });
  await commit("azure");

  await world.faults.heal("aws");
  await world.until("the agent of aws answers", async () =>
    (await group()).members["aws"]?.state === "unreachable" ? undefined : true,
  );
  expect(roles(await group())).toMatchObject({ azure: "primary" });
  expect(roles(await group())["aws"]).not.toBe("primary");
  await expect(commit("aws")).rejects.toThrow(/aws/);
}, 400_000);
