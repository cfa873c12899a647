import { describe, expect, test } from "vitest";
import { failed as failedError } from "./errors.ts";
import { EXIT } from "./exit.ts";
import type { Fault } from "./testing/fake-api.ts";
import { play, transcript } from "./testing/harness.ts";
import { cloudScenarios } from "./testing/cloud-scenarios.ts";
import { faultScenarios } from "./testing/fault-scenarios.ts";
import { copy, ledgers, ledgerScenarios, type Scenario } from "./testing/ledger-scenarios.ts";
import { malformedScenarios } from "./testing/malformed-scenarios.ts";
import { planScenarios } from "./testing/plan-scenarios.ts";
import { simulationScenarios } from "./testing/simulation-scenarios.ts";
import { noSchedule, schedule as recordedSchedule } from "./testing/recorded-schedule.ts";
import * as recorded from "./testing/recorded.ts";
import * as runs from "./testing/recorded-runs.ts";

const FAILOVER = ["manual-failover", "--from", "aws", "--to", "azure"];
const start = { run: runs.RUN };
const fault = (status: number, code: Fault["error"]["code"], what: string): Fault => ({
  status,
  error: {
    code,
    what,
    why: "a reason that the server gave",
    next: "wildcam run show failover-1",
    facts: { seen: { aws: "down" } },
  },
});

const approvals = [
  {
    run: runs.RUN,
    runbook: "manual-failover",
    input: { from: "aws", to: "azure", database: "move" },
    hash: runs.HASH,
    requestedBy: "olivia",
    count: 2,
    givenBy: ["priya"],
    against: ["capacity-for-the-shift: the loss of gcp would not be survived"],
    untilMs: runs.NOW_MS + 600_000,
  },
];

const OVER_TIME = { owner: "olivia", offers: ["resume"], locksUntilMs: runs.NOW_MS - 60_000 };
const lock = { requestedBy: "olivia", epoch: 4, sinceMs: runs.NOW_MS - 90_000, queue: [] };
const locks = [
  {
    ...lock,
    lock: "database/wildlifedb",
    run: runs.RUN,
    state: "paused" as const,
    untilMs: runs.NOW_MS - 60_000,
    queue: [{ run: "rollback-2", requestedBy: "dana", sinceMs: runs.NOW_MS - 5_000 }],
  },
  { ...lock, lock: "dns", run: "other-1", state: "holding" as const, untilMs: runs.NOW_MS + 60_000 },
  { ...lock, lock: "traffic", run: runs.RUN, state: "undoing" as const, untilMs: null },
];

const OLD_CODE = "fedcba9876543210";
const checkout = { codeVersion: "0123456789abcdef" };
const inFlight = (codeVersion: string) => ({
  run: `of-${codeVersion.slice(0, 4)}`,
  codeVersion,
  status: "suspended",
});
const open = runs.chain([["run-started", { runbook: "rollback", codeVersion: OLD_CODE }, "olivia"]]);
const stuck = {
  waitsFor: 'the answer to "promote azure"',
  untilMs: runs.NOW_MS - 20_000,
  owner: "olivia",
  stuck: true,
  blocked: null,
  sheet: "/here/.wildcam/sheets/failover-1.md",
};
const stranded = {
  ...stuck,
  blocked: {
    why: `needs code ${OLD_CODE}, and here is ${checkout.codeVersion}`,
    waysOut: [
      "start the server with the code that it began with",
      "./wildcam run abandon failover-1 --why TEXT",
    ],
  },
};
const abandoned = {
  run: runs.RUN,
  ended: true,
  locksGivenBack: ["database/wildlifedb", "traffic"],
  inDoubt: ["promote azure"],
  sheet: "/here/.wildcam/sheets/failover-1.md",
};

const scenarios: Readonly<Record<string, readonly Scenario[]>> = {
  "what is shown": [
    ["help", EXIT.ok, []],
    ["help-run", EXIT.ok, ["run", "--help"]],
    ["help-run-show", EXIT.ok, ["run", "show", "--help"]],
    ["version", EXIT.ok, ["--version"]],
    ["status", EXIT.ok, ["status"], { status: recorded.status }],
    ["status-troubled", EXIT.ok, ["status"], { status: recorded.troubled }],
    ["status-terminal", EXIT.ok, ["status"], { status: recorded.troubled, terminal: true }],
    [
      "plan-refused-by-server",
      EXIT.refused,
      ["plan", ...FAILOVER],
      { plan: fault(409, "refused", "the target azure is down: no pod answers") },
    ],
    [
      "run-list",
      EXIT.ok,
      ["run", "list"],
      {
        runs: [
          runs.view("holding"),
          runs.view("completed", { run: "rollback-1" }),
          runs.view("undone", { run: "rollback-0" }),
        ],
      },
    ],
    ["run-list-none", EXIT.ok, ["run", "list"], { runs: [] }],
    [
      "run-show-waiting",
      EXIT.ok,
      ["run", "show", runs.RUN],
      { run: { ...runs.waiting, batches: runs.waiting.batches.slice(2) } },
    ],
    [
      "run-show-sheet",
      EXIT.ok,
      ["run", "show", runs.RUN],
      { run: { ...runs.undoIncomplete, batches: runs.undoIncomplete.batches.slice(2) } },
    ],
    ["run-list-stuck", EXIT.ok, ["run", "list"], { runs: [runs.view("running", { standing: stuck })] }],
    [
      "run-show-stranded",
      EXIT.ok,
      ["run", "show", runs.RUN],
      { run: { batches: [{ events: [], view: runs.view("holding", { standing: stranded }) }], sheet: [] } },
    ],
    ["run-abandon", EXIT.ok, ["run", "abandon", runs.RUN, "--why", "done by hand"], { abandon: abandoned }],
    [
      "run-abandon-again",
      EXIT.refused,
      ["run", "abandon", runs.RUN, "--why", "done by hand"],
      { abandon: fault(409, "refused", "there is nothing to abandon: failover-1 has ended") },
    ],
    ["check-upgrade", EXIT.ok, ["runbook", "check-upgrade"], { upgrade: { here: checkout, runs: [] } }],
    [
      "check-upgrade-stranded",
      EXIT.refused,
      ["runbook", "check-upgrade"],
      {
        upgrade: {
          here: { codeVersion: OLD_CODE },
          runs: [inFlight(OLD_CODE), inFlight(checkout.codeVersion)],
        },
      },
    ],
    [
      "check-upgrade-unreachable",
      EXIT.unreachable,
      ["runbook", "check-upgrade"],
      {
        up: false,
        ledgers: { ...ledgers(copy("ledger", { events: open }), copy("ledger-copy", { events: open })) },
      },
    ],
    ["lock-list", EXIT.ok, ["lock", "list"], { locks }],
    ["lock-list-none", EXIT.ok, ["lock", "list"], { locks: [] }],
    [
      "run-show-over-time",
      EXIT.ok,
      ["run", "show", runs.RUN],
      { run: { batches: [{ events: [], view: runs.view("paused", OVER_TIME) }], sheet: [] } },
    ],
    [
      "run-list-over-time",
      EXIT.ok,
      ["run", "list"],
      { runs: [runs.view("paused", OVER_TIME), runs.view("running", { locksUntilMs: null })] },
    ],
    ["approval-list", EXIT.ok, ["approval", "list"], { approvals }],
    ["approval-give", EXIT.ok, ["approval", "give", runs.RUN, "--hash", runs.HASH], { decide: { ok: true } }],
    [
      "run-pause",
      EXIT.ok,
      ["run", "pause", runs.RUN, "--why", "look first"],
      { told: { after: -1 }, run: runs.paused },
    ],
    [
      "run-cancel-refused",
      EXIT.refused,
      ["run", "cancel", runs.RUN, "--why", "now"],
      { told: { after: -1 }, run: runs.notNow },
    ],
    ["run-show-paused", EXIT.ok, ["run", "show", runs.RUN], { run: { ...runs.paused, ahead: true } }],
    ["automation", EXIT.ok, ["automation", "show"], { automation: recorded.automation }],
    [
      "automation-set",
      EXIT.ok,
      ["automation", "set", "promote", "propose"],
      { automation: recorded.automation },
    ],
    ["schedule-list", EXIT.ok, ["schedule", "list"], { schedule: recordedSchedule }],
    ["schedule-list-none", EXIT.ok, ["schedule", "list"], { schedule: noSchedule }],
    ["automation-unconfirmed", EXIT.malformed, ["automation", "set", "promote", "act"]],
    [
      "automation-stop",
      EXIT.ok,
      ["automation", "stop", "--why", "we look first"],
      { automationStopped: recorded.automationStopped },
    ],
    [
      "automation-start-not-allowed",
      EXIT.notAllowed,
      ["automation", "start"],
      {
        automation: {
          status: 403,
          error: {
            code: "not-allowed",
            what: "olivia may not do this",
            why: "it needs the role admin; olivia has viewer, operator",
            next: "ask somebody who has the role, or an admin for it",
            facts: {},
          },
        },
      },
    ],
    ["traffic", EXIT.ok, ["traffic", "show"], { traffic: recorded.traffic }],
    [
      "runbook-list",
      EXIT.ok,
      ["runbook", "list"],
      { runbooks: [{ name: "rollback", summary: "Bring traffic back" }] },
    ],
    ["inventory-check", EXIT.ok, ["inventory", "check"]],
    ["local-status", EXIT.ok, ["local", "status"]],
    [
      "local-down",
      EXIT.ok,
      ["local", "down", "--purge"],
      { outside: { localDown: async () => ({ wasUp: true }) } },
    ],
  ],
  "a run that is followed": [
    ["run-completed", EXIT.ok, ["run", ...FAILOVER], { start, run: runs.completed }],
    ["run-completed-terminal", EXIT.ok, ["run", ...FAILOVER], { start, run: runs.completed, terminal: true }],
    ["run-failed", EXIT.failed, ["run", ...FAILOVER], { start, run: runs.failed }],
    ["run-refused", EXIT.refused, ["run", ...FAILOVER], { start, run: runs.refused }],
    ["run-locked-out", EXIT.refused, ["run", ...FAILOVER], { start, run: runs.lockedOut }],
    ["run-undone", EXIT.undone, ["run", ...FAILOVER], { start, run: runs.undone }],
    ["run-undo-incomplete", EXIT.undoIncomplete, ["run", ...FAILOVER], { start, run: runs.undoIncomplete }],
    ["run-cancelled", EXIT.cancelled, ["run", ...FAILOVER], { start, run: runs.cancelled }],
    ["run-waiting", EXIT.waiting, ["run", ...FAILOVER], { start, run: runs.waiting }],
    [
      "run-waiting-terminal",
      EXIT.ok,
      ["run", ...FAILOVER],
      { start, run: runs.approvedLater, terminal: true },
    ],
    ["run-left", EXIT.interrupted, ["run", ...FAILOVER], { start, run: runs.completed, leavesBefore: 3 }],
    ["run-detached", EXIT.ok, ["run", ...FAILOVER, "--detach"], { start }],
    ["run-show-follow", EXIT.undone, ["run", "show", runs.RUN, "--follow"], { run: runs.undone }],
  ],
  "what is not allowed, or cannot be done": [
    [
      "run-abandon-not-allowed",
      EXIT.notAllowed,
      ["run", "abandon", runs.RUN, "--why", "done by hand"],
      { abandon: fault(403, "not-allowed", "olivia may not do this") },
    ],
    [
      "not-allowed",
      EXIT.notAllowed,
      ["approval", "give", runs.RUN, "--hash", runs.HASH],
      { decide: fault(403, "not-allowed", "olivia asked for failover-1 and may not approve it") },
    ],
    [
      "unauthenticated",
      EXIT.notAllowed,
      ["status"],
      { status: fault(401, "unauthenticated", "the token is nobody's") },
    ],
    [
      "stale-approval",
      EXIT.refused,
      ["approval", "give", runs.RUN, "--hash", runs.HASH],
      { decide: fault(409, "refused", "this is not the hash of the run's plan") },
    ],
    ["status-does-not-act", EXIT.unreachable, ["status"], { status: recorded.standing }],
    ["no-world", EXIT.unreachable, ["status"], { up: false }],
    ["no-answer", EXIT.unreachable, ["status"], { silent: true }],
    ["lost-while-following", EXIT.unreachable, ["run", "show", runs.RUN, "--follow"], { silent: true }],
    [
      "unavailable",
      EXIT.unreachable,
      ["status"],
      { status: fault(503, "unavailable", "the edge does not answer") },
    ],
    ["failed", EXIT.failed, ["status"], { status: fault(500, "failed", "a fault of this program") }],
    ["no-such-run", EXIT.malformed, ["run", "show", "nope"], {}],
    ["local-status-down", EXIT.unreachable, ["local", "status"], { up: false }],
    ["local-up-twice", EXIT.refused, ["local", "up", "--foreground"]],
    [
      "local-up-failed",
      EXIT.failed,
      ["local", "up"],
      {
        up: false,
        outside: {
          localUpDetached: async () =>
            Promise.reject(
              failedError({
                what: "the port 8080 is taken",
                why: "another program listens there",
                next: "./wildcam local up --edge-port 8081",
              }),
            ),
        },
      },
    ],
    ["workload-no-world", EXIT.unreachable, ["workload", "load", "somewhere"], { up: false }],
  ],
  clouds: cloudScenarios,
  "the record": ledgerScenarios,
  plans: planScenarios,
  rehearsals: simulationScenarios,
  faults: faultScenarios,
  "what cannot be understood": malformedScenarios,
};

for (const [group, list] of Object.entries(scenarios)) {
  describe(`${group}`, () => {
    for (const [name, exit, words, scene] of list) {
      test(`${name}: "${words.join(" ")}" says what its golden says and exits ${exit}`, async () => {
        const played = await play(words, scene);
        await expect(transcript(words, played)).toMatchFileSnapshot(`testing/golden/${name}.txt`);
        expect(played.exit).toBe(exit);
      });
    }
  });
}

test("what can be told from the command line and the inventory is told without a call to anybody", async () => {
  for (const [, , words] of scenarios["what cannot be understood"] ?? []) {
    const { calls } = await play(words, { silent: true });
    expect({ words, calls }).toEqual({ words, calls: [] });
  }
});

test("no line is wider than 100, but for commands to be copied and a run's events, one line each", async () => {
  for (const [name, , words, scene] of Object.values(scenarios).flat()) {
    if (scene?.terminal) continue;
    const { out } = await play(words, scene);
    const wide = out
      .split("\n")
      .filter((line) => line.length > 100 && !/\.\/wildcam |kubectl |^\d\d:\d\d:\d\dZ /.test(line));
    expect({ name, wide }).toEqual({ name, wide: [] });
  }
});
