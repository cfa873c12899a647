import { expect, test } from "vitest";
import { serveApi, TOKENS } from "./testing/served-api.ts";

const RUN = { runbook: "manual-failover", input: { from: "aws", to: "azure" } };
const ALONE = [
  { name: "aws", up: false },
  { name: "azure", up: false },
  { name: "gcp", up: true },
];

test("an orchestrator that acts says so, and who its members are", async () => {
  const served = await serveApi();
  served.standing.members = ALONE.map(({ name }) => ({ name, up: true }));
  const { status, body } = await served.call("olivia", "GET", "/v1/status");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    orchestrator: { acts: true, why: null, members: served.standing.members },
  });
  served.stop();
});

test("without a majority the world is shown all the same, and it is said who is missing", async () => {
  const served = await serveApi();
  Object.assign(served.standing, { acts: false, members: ALONE });
  const { status, body } = await served.call("olivia", "GET", "/v1/status");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    snapshot: { clouds: {} },
    orchestrator: { acts: false, why: expect.stringContaining("1 of 3 members are up (not aws, azure)") },
  });
  served.stop();
});

test.each([
  ["olivia", "/v1/runs", RUN],
  ["olivia", "/v1/runs/test-run-1/commands", { command: "pause", why: "" }],
  ["priya", "/v1/runs/test-run-1/approvals", { hash: "a".repeat(64), decision: "approve" }],
  ["olivia", "/v1/automation/stop", { why: "at night" }],
  ["adam", "/v1/automation/start", {}],
  ["adam", "/v1/automation/modes", { action: "promote", mode: "observe" }],
  ["adam", "/v1/runs/test-run-1/abandon", { why: "it cannot go on" }],
] as const)(
  "what would act is refused before anything is handed over: %s POST %s",
  async (who, path, body) => {
    const served = await serveApi();
    Object.assign(served.standing, { acts: false, members: ALONE });
    const answer = await served.call(who, "POST", path, body);
    expect(answer).toMatchObject({
      status: 503,
      body: { error: { code: "unavailable", what: expect.stringContaining("nothing was begun") } },
    });
    expect([served.orders, served.told, served.control.told]).toEqual([[], [], []]);
    served.stop();
  },
);

test("that a member is there is told to anybody, with nothing else and without a trace", async () => {
  const served = await serveApi();
  expect(await served.call(null, "GET", "/v1/alive")).toEqual({ status: 200, body: { member: null } });
  expect(await served.call(TOKENS.olivia, "GET", "/v1/alive?token=abc")).toMatchObject({ status: 200 });
  expect(served.auditStores[0].events.filter(({ type }) => type === "attempt-refused")).toEqual([]);
  served.stop();
});
