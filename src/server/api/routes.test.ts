import { createHash } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { approvalRule, selectProfile } from "../../domain/inventory/profile.ts";
import { TestBench } from "../../engine/testing/test-run.ts";
import type { RunEngine } from "../../ports/run-engine.ts";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { parseOrder } from "../orders.ts";
import { runBody } from "../run-body.ts";
import { addRoutes } from "./routes.ts";

const TOKENS = {
  olivia: "olivia-token-0000001",
  priya: "priya-token-00000001",
  dana: "dana-token-000000001",
  adam: "adam-token-000000001",
};

let bench: TestBench;
let app: FastifyInstance;
let ended: Promise<unknown>;
let stopped = Promise.withResolvers<void>();

// The API is called in real time while virtual time passes; it never runs ahead to where an approval lapses.
const PATIENCE_MS = 3_600_000;

/** Runs go through the real engine over the model world; only the durable engine is replaced. */
function serve(profileName: "drill" | "production"): void {
  const inventory = exampleInventory();
  bench = new TestBench(inventory);
  bench.profile = profileName;
  stopped.resolve();
  stopped = Promise.withResolvers();
  void bench.kernel.run(stopped.promise, PATIENCE_MS);
  const profile = selectProfile(inventory, profileName);
  const engine = bench.engine();
  const runs: RunEngine = {
    start: async (_run, order) => {
      parseOrder(order);
      const { end } = bench.launch((journal, attempt) =>
        runBody(bench.engine(attempt), { inventory, profile })(journal, order),
      );
      ended = end;
    },
    tell: async (run, command) => bench.tell(run, command),
  };
  const [store] = engine.stores;
  if (store === undefined) throw new Error("no store");
  const people = Object.entries(TOKENS).map(([name, token]) => {
    const roles = inventory.people[name]?.roles ?? [];
    return [name, { roles, sha256: createHash("sha256").update(token).digest("hex") }];
  });
  app = fastify();
  addRoutes(app, {
    people: Object.fromEntries(people),
    world: engine.world,
    planning: engine.planning,
    context: { inventory, profile },
    profile: profileName,
    runs: {
      runs,
      store,
      clock: bench.kernel,
      profile: profileName,
      approvalForMs: profile.approvalFor,
      newId: () => "test-run-1",
    },
    approvalOf: (runbook) => approvalRule(profile, runbook),
  });
}

beforeEach(() => serve("drill"));

afterEach(() => stopped.resolve());

async function until(holds: () => Promise<boolean>): Promise<void> {
  // A call can be answered without a turn of the loop on which virtual time passes.
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

async function call(who: keyof typeof TOKENS | null, method: "GET" | "POST", url: string, body?: object) {
  const headers = who === null ? {} : { authorization: `Bearer ${TOKENS[who]}` };
  const answer = await app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
  return { status: answer.statusCode, body: answer.json() };
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
  expect(bench.world.slate()).toEqual(before);
});

test("a plan that the world does not allow is refused with the facts", async () => {
  bench.world.clouds["azure"] = { verdict: "down", reason: "no pod answers", observers: 1 };
  expect(await call("olivia", "POST", "/v1/plans", AWAY)).toMatchObject({
    status: 409,
    body: { error: { code: "refused", facts: { cloud: "azure", verdict: "down" } } },
  });
});

test("a run is started, followed to its end by events, and shown", async () => {
  const started = await call("olivia", "POST", "/v1/runs", AWAY);
  expect(started).toMatchObject({ status: 202, body: { run: "test-run-1" } });
  await ended;
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
    serve("production");
    await call("dana", "POST", "/v1/runs", AWAY);
    await until(async () => (await waiting()).length > 0);
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
    await ended;
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
    await ended;
    expect((await call("dana", "GET", "/v1/runs/test-run-1")).body.view).toMatchObject({ state: "refused" });
    expect(bench.world.attempts).toBe(0);
  });
});

describe("telling a run", () => {
  const tell = (who: keyof typeof TOKENS, body: object) =>
    call(who, "POST", "/v1/runs/test-run-1/commands", body);

  test("has it stand still and go on, with who said it in its ledger", async () => {
    serve("production");
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
    await ended;
    expect(bench.events.filter(({ type }) => type === "commanded").map(({ by }) => by)).toEqual([
      "olivia",
      "dana",
    ]);
  });

  test("needs the role for it, a reason where others must read one, and a run that has not ended", async () => {
    await call("olivia", "POST", "/v1/runs", AWAY);
    await ended;
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
