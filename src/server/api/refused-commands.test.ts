/** Whatever the API refuses of a run leaves an event in the ledger `audit`: who tried what on which run, and why not. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serveApi, type Served, type ServeOptions, until } from "../testing/served-api.ts";

const RUN = "/v1/runs/test-run-1";
const AWAY = { runbook: "manual-failover", input: { from: "aws", to: "azure" } };
const GUARD = "no-weight-to-the-unhealthy";

let served: Served;
async function serve(options: ServeOptions = {}): Promise<void> {
  served?.stop();
  served = await serveApi(options);
}
beforeEach(() => serve());
afterEach(() => served.stop());

const audited = () =>
  served.auditStores[0].events
    .filter(({ type }) => type === "attempt-refused")
    .map(({ by, data }) => [by, data["code"], data["target"]]);
const post = (who: string, url: string, body: object) => served.call(who, "POST", url, body);

async function asked(): Promise<string> {
  const list = async () => (await served.call("dana", "GET", "/v1/approvals")).body.approvals;
  await until(async () => (await list()).length > 0);
  return (await list())[0].hash;
}

describe("of a run that has ended", () => {
  beforeEach(async () => {
    await post("olivia", "/v1/runs", AWAY);
    await served.ended();
  });

  test.each([
    ["olivia", { command: "resume" }],
    ["olivia", { command: "retry" }],
    ["dana", { command: "skip", why: "x" }],
    ["olivia", { command: "cancel", why: "x" }],
    ["olivia", { command: "undo" }],
    ["dana", { command: "override", guard: GUARD, why: "x" }],
  ])("%s's %o is refused", async (who, body) => {
    expect((await post(who, `${RUN}/commands`, body)).status).toBe(409);
    expect(audited()).toEqual([[who, "refused", "test-run-1"]]);
    expect(served.told).toEqual([]);
  });

  test("an approval is, and abandoning it", async () => {
    expect((await post("priya", `${RUN}/approvals`, { hash: "0".repeat(64) })).status).toBe(409);
    expect((await post("adam", `${RUN}/abandon`, { why: "x" })).status).toBe(409);
    expect(audited()).toEqual([
      ["priya", "refused", "test-run-1"],
      ["adam", "refused", "test-run-1"],
    ]);
  });
});

describe("of a run that waits for approval", () => {
  const late = { token: "xena-token-000000001", roles: ["approver" as const], expiresAtMs: 1 };
  const gone = { token: "rita-token-000000001", roles: ["approver" as const], revokedAtMs: 1 };

  beforeEach(async () => {
    await serve({ profile: "production", people: { xena: late, rita: gone } });
    await post("dana", "/v1/runs", AWAY);
  });

  test("approvals of its requester, for another hash, and with a token that is over", async () => {
    const hash = await asked();
    const answers = [
      await post("dana", `${RUN}/approvals`, { hash }),
      await post("priya", `${RUN}/approvals`, { hash: "0".repeat(64) }),
      await post("xena", `${RUN}/approvals`, { hash }),
      await post("rita", `${RUN}/approvals`, { hash }),
      await post("priya", `${RUN}/approvals`, { hash, finishWithinMs: 0 }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 409, 401, 401, 400]);
    expect(audited().map(([by, code]) => [by, code])).toEqual([
      ["dana", "not-allowed"],
      ["priya", "refused"],
      ["xena", "unauthenticated"],
      ["rita", "unauthenticated"],
      ["priya", "malformed"],
    ]);
    expect(served.told).toEqual([]);
  });

  test("an approval after its time was over", async () => {
    const hash = await asked();
    // Four hours are what the profile gives.
    await served.bench.kernel.pass(4 * 3_600_000);
    await served.ended();
    expect((await post("priya", `${RUN}/approvals`, { hash })).status).toBe(409);
    expect(audited()).toEqual([["priya", "refused", "test-run-1"]]);
    expect(served.bench.world.attempts).toBe(0);
  });

  test("an override of a guard that there is not, and one beforehand", async () => {
    await asked();
    const why = "x";
    expect((await post("dana", `${RUN}/commands`, { command: "override", guard: "none", why })).status).toBe(
      400,
    );
    expect((await post("olivia", "/v1/runs", { ...AWAY, overrides: ["none"] })).status).toBe(400);
    expect(audited()).toEqual([
      ["dana", "malformed", "test-run-1"],
      ["olivia", "malformed", null],
    ]);
  });

  test("whose record another installation signed: it is shown, and told nothing", async () => {
    const hash = await asked();
    served.standing.signedBy = "wildcam-elsewhere";
    expect((await served.call("olivia", "GET", RUN)).status).toBe(200);
    const answers = [
      await post("priya", `${RUN}/approvals`, { hash }),
      await post("olivia", `${RUN}/commands`, { command: "pause" }),
      await post("adam", `${RUN}/abandon`, { why: "x" }),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(409);
      expect(body.error).toMatchObject({ why: "its record was signed by wildcam-elsewhere" });
    }
    expect(audited()).toEqual([
      ["priya", "refused", "test-run-1"],
      ["olivia", "refused", "test-run-1"],
      ["adam", "refused", "test-run-1"],
    ]);
    expect([served.told, served.control.told]).toEqual([[], []]);
    // After a change of the signing key the durable engine still has it.
    served.control.held = [{ run: "test-run-1", status: "suspended", codeVersion: "test" }];
    expect((await post("priya", `${RUN}/approvals`, { hash })).status).toBe(200);
  });
});

test("a plan that a guard refuses is refused; overridden it waits for a second person, and its record says who", async () => {
  const { world } = served.bench;
  world.policy = { ...world.policy, weights: { aws: 50, azure: 50, gcp: 0 } };
  world.clouds["gcp"] = { verdict: "degraded", reason: "slow", observers: 1, sinceMs: 0, clusters: {} };
  const back = { runbook: "rollback", input: { from: "azure", to: "aws", database: "stay" } };
  const view = async () => (await served.call("olivia", "GET", RUN)).body.view;
  const { body } = await post("olivia", "/v1/plans", back);
  expect(body.refusals[0]).toMatchObject({ guard: GUARD, facts: { raised: ["gcp"] } });
  await post("olivia", "/v1/runs", back);
  await served.ended();
  expect(await view()).toMatchObject({ state: "refused", facts: { guards: [{ guard: GUARD }, {}] } });
  expect(world.attempts).toBe(0);
  await serve();
  served.bench.world.policy = world.policy;
  Object.assign(served.bench.world.clouds, world.clouds);
  await post("dana", "/v1/runs", { ...back, overrides: [GUARD] });
  const hash = await asked();
  const [pending] = (await served.call("priya", "GET", "/v1/approvals")).body.approvals;
  expect(pending.against).toEqual([expect.stringMatching(/^no-weight-to-the-unhealthy: .*gcp/)]);
  expect((await post("dana", `${RUN}/approvals`, { hash })).status).toBe(403);
  expect((await post("priya", `${RUN}/approvals`, { hash })).status).toBe(200);
  await served.ended();
  expect(await view()).toMatchObject({ state: "completed", approvedBy: ["priya"] });
  const approved = served.bench.events.find(({ type }) => type === "approved");
  expect(approved).toMatchObject({ by: "priya", data: { overrides: [GUARD], requestedBy: "dana" } });
});
