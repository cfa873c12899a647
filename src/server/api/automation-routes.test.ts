import { afterEach, beforeEach, expect, test } from "vitest";
import { serveApi, type Served, until } from "../testing/served-api.ts";

let served: Served;
beforeEach(async () => {
  served = await serveApi({ profile: "production" });
});
afterEach(async () => {
  served.stop();
  await served.app.close();
});

const actions = async () => (await served.call("olivia", "GET", "/v1/automation")).body.actions;

test("everybody who may look sees modes, limit, and that nothing is stopped", async () => {
  const { status, body } = await served.call("olivia", "GET", "/v1/automation");
  expect([status, body.profile, body.stopped, body.runsPerHour]).toEqual([200, "production", null, 2]);
  expect(body.actions.map(({ action, mode }: { action: string; mode: string }) => [action, mode])).toEqual([
    ["shift-traffic", "act"],
    ["promote", "propose"],
    ["restore", "propose"],
  ]);
});

test("only an admin sets a mode or starts it again; whoever may run something may stop it; each change is on record", async () => {
  const mode = { action: "promote", mode: "observe" };
  expect((await served.call("olivia", "POST", "/v1/automation/modes", mode)).status).toBe(403);
  expect((await served.call("priya", "POST", "/v1/automation/stop", {})).status).toBe(403);
  expect((await served.call("olivia", "POST", "/v1/automation/start", {})).status).toBe(403);
  expect(await actions()).toContainEqual(expect.objectContaining({ action: "promote", mode: "propose" }));
  expect((await served.call("adam", "POST", "/v1/automation/modes", mode)).status).toBe(200);
  expect(await actions()).toContainEqual(
    expect.objectContaining({ action: "promote", mode: "observe", stated: "propose", setBy: "adam" }),
  );
  const stopped = await served.call("olivia", "POST", "/v1/automation/stop", { why: "we look first" });
  expect(stopped.body.stopped).toMatchObject({ by: "olivia", why: "we look first" });
  expect((await served.call("adam", "POST", "/v1/automation/start", {})).body.stopped).toBeNull();
  const changes = served.auditStores[0].events.filter(({ type }) => type === "automation-changed");
  expect(changes.map(({ by, data }) => [by, data["change"]])).toEqual([
    ["adam", "set"],
    ["olivia", "stop"],
    ["adam", "start"],
  ]);
});

test.each([
  [{ action: "promote", mode: "perhaps" }],
  [{ action: "everything", mode: "act" }],
  [{ action: "promote", mode: "act", force: true }],
])("%j is no mode that can be set", async (body) => {
  expect((await served.call("adam", "POST", "/v1/automation/modes", body)).status).toBe(400);
  expect(await actions()).toContainEqual(expect.objectContaining({ action: "promote", mode: "propose" }));
});

test("a stop pauses what began by itself and has not ended, and no run of a person", async () => {
  const input = { from: "aws", to: "azure" };
  await served.call("olivia", "POST", "/v1/runs", { runbook: "manual-failover", input });
  await until(async () => (await served.call("olivia", "GET", "/v1/runs")).body.runs.length === 1);
  const { body } = await served.call("olivia", "POST", "/v1/automation/stop", {});
  expect(body.paused).toEqual([]);
  expect(served.told.filter(({ type }) => type === "pause")).toEqual([]);
});
