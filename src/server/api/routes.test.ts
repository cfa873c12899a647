import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SNAPSHOT_VERSION } from "../../domain/snapshot.ts";
import type { TestBench } from "../../engine/testing/test-run.ts";
import { serveApi, type Served, TOKENS, until } from "../testing/served-api.ts";

let bench: TestBench;
let app: FastifyInstance;
let served: Served;

async function serve(profile: "drill" | "production"): Promise<void> {
  served?.stop();
  served = await serveApi({ profile });
  ({ app, bench } = served);
}

beforeEach(() => serve("drill"));

afterEach(() => served.stop());

async function call(who: keyof typeof TOKENS | null, method: "GET" | "POST", url: string, body?: object) {
  return await served.call(who, method, url, body);
}

const AWAY = { runbook: "manual-failover", input: { from: "aws", to: "azure" } };

describe("identity", () => {
  test("a call without a token, or with nobody's, is told so", async () => {
    expect(await call(null, "GET", "/v1/status")).toMatchObject({
      status: 401,
      body: { error: { code: "unauthenticated" } },
    });
    const answer = await app.inject({
      url: "/v1/status",
      headers: { authorization: "Bearer not-a-token-of-anybody" },
    });
    expect(answer.statusCode).toBe(401);
  });

  test("no header but the token says who somebody is", async () => {
    const headers = { authorization: `Bearer ${TOKENS.priya}`, "x-user": "adam", "x-forwarded-user": "adam" };
    const answer = await app.inject({ url: "/v1/status", headers });
    expect(answer.json().you.name).toBe("priya");
  });

  test("an approver may not run, an operator may not approve", async () => {
    expect(await call("priya", "POST", "/v1/runs", AWAY)).toMatchObject({
      status: 403,
      body: { error: { code: "not-allowed" } },
    });
    expect(await call("olivia", "POST", "/v1/runs/x/approvals", { hash: "0" })).toMatchObject({
      status: 403,
    });
  });
});

describe("what is malformed is told, with the field and what to do", () => {
  test.each([
    [
      "an unknown runbook",
      { runbook: "manual-failovr", input: {} },
      /there is no runbook "manual-failovr"/,
      /manual-failover/,
    ],
    [
      "an unknown cloud",
      { runbook: "manual-failover", input: { from: "aws", to: "azur" } },
      /no cloud "azur"/,
      /runbook page/,
    ],
    ["from = to", { runbook: "rollback", input: { from: "aws", to: "aws" } }, /both "aws"/, /runbook page/],
    [
      "an unknown field",
      { runbook: "rollback", input: { from: "aws", to: "gcp", force: true } },
      /force/,
      /runbook page/,
    ],
    ["no input at all", { runbook: "rollback" }, /input/, /help/],
  ])("%s", async (_name, body, what, next) => {
    const answer = await call("olivia", "POST", "/v1/plans", body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "malformed" } } });
    expect(answer.body.error.what).toMatch(what);
    expect(answer.body.error.next).toMatch(next);
  });

  test("an unknown run and an unknown address", async () => {
    expect(await call("olivia", "GET", "/v1/runs/nothing")).toMatchObject({
      status: 404,
      body: { error: { code: "not-found" } },
    });
    expect(await call("olivia", "GET", "/v1/nothing")).toMatchObject({ status: 404 });
  });
});

test("a plan shows acts, guards and hash, and changes nothing", async () => {
  const before = bench.world.slate();
  const { status, body } = await call("olivia", "POST", "/v1/plans", AWAY);
  expect(status).toBe(200);
  expect(body.plan.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(body.plan.steps.some((step: { op?: string }) => step.op === "promote")).toBe(true);
  expect(body.refusals).toEqual([]);
  expect(body.seen).toMatchObject({
    v: SNAPSHOT_VERSION,
    traffic: { version: 1 },
    databases: { wildlifedb: {} },
  });
  expect(bench.world.slate()).toEqual(before);
});

test("a plan that the world does not allow is refused with the facts", async () => {
  bench.world.clouds["azure"] = {
    verdict: "down",
    reason: "no pod answers",
    observers: 1,
    sinceMs: 0,
    clusters: {},
  };
  expect(await call("olivia", "POST", "/v1/plans", AWAY)).toMatchObject({
    status: 409,
    body: { error: { code: "refused", facts: { cloud: "azure", verdict: "down" } } },
  });
});

test("a run is started, followed to its end by events, and shown", async () => {
  const started = await call("olivia", "POST", "/v1/runs", AWAY);
  expect(started).toMatchObject({ status: 202, body: { run: "test-run-1" } });
  await served.ended();
  const { body } = await call("olivia", "GET", "/v1/runs/test-run-1/events?after=-1&waitMs=1000");
  expect(body.events.at(-1)).toMatchObject({ type: "run-ended", data: { outcome: "completed" } });
  const later = await call("olivia", "GET", `/v1/runs/test-run-1/events?after=${body.events.length - 2}`);
  expect(later.body.events).toHaveLength(1);
  expect((await call("olivia", "GET", "/v1/runs/test-run-1")).body.view).toMatchObject({
    state: "completed",
    requestedBy: "olivia",
  });
});

describe("approval", () => {
  const waiting = async () => (await call("dana", "GET", "/v1/approvals")).body.approvals;

  beforeEach(async () => {
    await serve("production");
    await call("dana", "POST", "/v1/runs", AWAY);
    await until(async () => (await waiting()).length > 0);
  });

  test("is waited for with the locks, which are shown until when, and given back at the end", async () => {
    const [pending] = await waiting();
    const { body } = await call("priya", "GET", "/v1/locks");
    expect(body.locks).toMatchObject([
      { lock: "database/wildlifedb", run: "test-run-1", requestedBy: "dana", state: "waiting-for-people" },
      { lock: "traffic", epoch: 1 },
    ]);
    // Longer than people have to approve it.
    expect(body.locks[0].untilMs).toBeGreaterThan(pending.untilMs);
    const decision = { hash: pending.hash, decision: "reject", why: "no" };
    await call("priya", "POST", "/v1/runs/test-run-1/approvals", decision);
    await served.ended();
    expect((await call("priya", "GET", "/v1/locks")).body.locks).toEqual([]);
    expect((await call(null, "GET", "/v1/locks")).status).toBe(401);
  });

  test("is listed with its hash, and is refused from the requester and for another hash", async () => {
    const [pending] = await waiting();
    expect(pending).toMatchObject({ run: "test-run-1", requestedBy: "dana", count: 1, givenBy: [] });
    expect(await call("dana", "POST", "/v1/runs/test-run-1/approvals", { hash: pending.hash })).toMatchObject(
      { status: 403 },
    );
    const other = await call("priya", "POST", "/v1/runs/test-run-1/approvals", { hash: "0".repeat(64) });
    expect(other).toMatchObject({ status: 409, body: { error: { code: "refused" } } });
    expect(bench.world.attempts).toBe(0);
  });

  test("lets the run go, and is refused once it waits for nobody", async () => {
    const [pending] = await waiting();
    expect(
      await call("priya", "POST", "/v1/runs/test-run-1/approvals", { hash: pending.hash }),
    ).toMatchObject({ status: 200 });
    await served.ended();
    expect((await call("dana", "GET", "/v1/runs/test-run-1")).body.view).toMatchObject({
      state: "completed",
      approvedBy: ["priya"],
    });
    expect(
      await call("priya", "POST", "/v1/runs/test-run-1/approvals", { hash: pending.hash }),
    ).toMatchObject({ status: 409 });
  });

  test("that is rejected ends the run refused, with nothing touched", async () => {
    const [pending] = await waiting();
    await call("priya", "POST", "/v1/runs/test-run-1/approvals", {
      hash: pending.hash,
      decision: "reject",
      why: "not tonight",
    });
    await served.ended();
    expect((await call("dana", "GET", "/v1/runs/test-run-1")).body.view).toMatchObject({ state: "refused" });
    expect(bench.world.attempts).toBe(0);
  });
});

describe("telling a run", () => {
  const tell = (who: keyof typeof TOKENS, body: object) =>
    call(who, "POST", "/v1/runs/test-run-1/commands", body);

  test("has it stand still and go on, with who said it in its ledger", async () => {
    await serve("production");
    await call("olivia", "POST", "/v1/runs", AWAY);
    const pending = async () => (await call("olivia", "GET", "/v1/approvals")).body.approvals;
    await until(async () => (await pending()).length > 0);
    const [{ hash }] = await pending();
    await call("priya", "POST", "/v1/runs/test-run-1/approvals", { hash });
    expect(await tell("olivia", { command: "pause", why: "look first" })).toMatchObject({ status: 202 });
    const state = async () => (await call("olivia", "GET", "/v1/runs/test-run-1")).body.view;
    await until(async () => (await state()).state === "paused");
    expect(await state()).toMatchObject({ owner: "olivia", offers: ["resume", "undo", "cancel"] });
    await tell("dana", { command: "resume" });
    await served.ended();
    expect(bench.events.filter(({ type }) => type === "commanded").map(({ by }) => by)).toEqual([
      "olivia",
      "dana",
    ]);
  });

  test("needs the role for it, a reason where others must read one, and a run that has not ended", async () => {
    await call("olivia", "POST", "/v1/runs", AWAY);
    await served.ended();
    const events = bench.events.length;
    const answers = [
      [await tell("priya", { command: "pause" }), 403],
      [await tell("olivia", { command: "skip", why: "x" }), 403],
      [await tell("olivia", { command: "cancel" }), 400],
      [await tell("dana", { command: "override", why: "x" }), 400],
      [await tell("dana", { command: "override", guard: "no-such-guard", why: "x" }), 400],
      [await tell("olivia", { command: "dance" }), 400],
      [await tell("olivia", { command: "resume" }), 409],
    ] as const;
    for (const [{ status }, expected] of answers) expect(status).toBe(expected);
    expect(bench.events.length).toBe(events);
  });

  test("with preemption takes an admin", async () => {
    expect(await call("olivia", "POST", "/v1/runs", { ...AWAY, preempt: true })).toMatchObject({
      status: 403,
    });
  });
});
