import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findChainFault } from "../../domain/ledger.ts";
import type { TestBench } from "../../engine/testing/test-run.ts";
import { serveApi, type Served, until } from "../testing/served-api.ts";

let bench: TestBench;
let served: Served;
let call: Served["call"];

beforeEach(async () => {
  served = await serveApi({ profile: "production" });
  ({ bench, call } = served);
});

afterEach(() => served.stop());

const AWAY = { runbook: "manual-failover", input: { from: "aws", to: "azure" } };

describe("a run that cannot go on here", () => {
  const asked = async () => {
    await call("dana", "POST", "/v1/runs", AWAY);
    await until(async () => (await call("dana", "GET", "/v1/approvals")).body.approvals.length > 0);
  };
  const locks = ["database/wildlifedb", "traffic"];

  test("is shown with what it waits for, whose it is, until when, and where its sheet is", async () => {
    await asked();
    const [pending] = (await call("dana", "GET", "/v1/approvals")).body.approvals;
    const { body } = await call("olivia", "GET", "/v1/runs/test-run-1");
    expect(body.view.standing).toMatchObject({
      waitsFor: "1 approval(s)",
      untilMs: pending.untilMs,
      owner: "dana",
      stuck: false,
      blocked: null,
      sheet: "/sheets/test-run-1.md",
    });
  });

  test("because people have taken it over says so, with both ways out", async () => {
    await asked();
    served.standing.taken = true;
    const { body } = await call("olivia", "GET", "/v1/runs");
    expect(body.runs[0].standing.blocked.why).toMatch(/taken it over by hand/);
    expect(body.runs[0].standing.blocked.waysOut).toMatchObject(
      [/^rm /, /run abandon test-run-1/].map((way) => expect.stringMatching(way)),
    );
  });

  test("is abandoned by an admin alone: taken out, locks back, its end with who and why in the ledger", async () => {
    await asked();
    served.control.held = [{ run: "test-run-1", status: "suspended", codeVersion: "test" }];
    const order = { why: "nobody will approve it" };
    for (const who of ["olivia", "dana", "priya"] as const)
      expect(await call(who, "POST", "/v1/runs/test-run-1/abandon", order)).toMatchObject({ status: 403 });
    expect(served.control.told).toEqual([]);
    const { status, body } = await call("adam", "POST", "/v1/runs/test-run-1/abandon", order);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { ended: true, locksGivenBack: locks, inDoubt: [] },
    });
    expect(served.control.told).toEqual([
      "end test-run-1",
      ...locks.map((lock) => `give back ${lock} of test-run-1`),
    ]);
    expect(findChainFault(bench.events)).toBeNull();
    expect(bench.events.at(-1)).toMatchObject({
      type: "run-ended",
      by: "adam",
      data: { outcome: "cancelled", why: "abandoned by adam: nobody will approve it" },
    });
    expect((await call("olivia", "GET", "/v1/runs/test-run-1")).body.view).toMatchObject({
      state: "cancelled",
      standing: null,
    });
    expect(await call("adam", "POST", "/v1/runs/test-run-1/abandon", order)).toMatchObject({ status: 409 });
  });

  test("wants a reason to be abandoned, and a run that is unknown is said to be", async () => {
    await asked();
    expect(await call("adam", "POST", "/v1/runs/test-run-1/abandon", { why: " " })).toMatchObject({
      status: 400,
    });
    expect(await call("adam", "POST", "/v1/runs/nothing/abandon", { why: "x" })).toMatchObject({
      status: 404,
    });
    expect(served.control.told).toEqual(["end nothing"]);
  });

  test("counts as in flight before an upgrade if either the durable engine or a ledger knows it", async () => {
    await asked();
    served.control.held = [{ run: "not-taken-up-yet", status: "scheduled", codeVersion: null }];
    const { body } = await call("olivia", "GET", "/v1/upgrade");
    expect(body).toMatchObject({
      here: { codeVersion: "test" },
      runs: [
        { run: "test-run-1", codeVersion: "test", status: null },
        { run: "not-taken-up-yet", codeVersion: null, status: "scheduled" },
      ],
    });
  });
});
