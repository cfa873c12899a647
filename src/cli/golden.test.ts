import { describe, expect, test } from "vitest";
import { signHead } from "../domain/ledger-head.ts";
import type { LedgerCopy } from "../domain/ledger-proof.ts";
import { failed as failedError } from "./errors.ts";
import { EXIT } from "./exit.ts";
import type { Fault } from "./testing/fake-api.ts";
import { play, type Scene, transcript } from "./testing/harness.ts";
import * as recorded from "./testing/recorded.ts";
import * as runs from "./testing/recorded-runs.ts";
import { keyOf, signerCalled } from "./testing/signer.ts";

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

const events = runs.chain([
  [
    "run-started",
    { runbook: "rollback", input: { from: "azure", to: "aws", database: "move" }, profile: "drill" },
    "olivia",
  ],
  ["act-done", { name: "promote aws", op: "promote", result: "done" }],
  ["run-ended", { outcome: "completed" }],
]);
const copy = (store: string, parts: Partial<LedgerCopy> = {}): LedgerCopy => ({
  store: `/here/.wildcam/${store}/failover-1.jsonl`,
  present: true,
  events,
  torn: false,
  fault: null,
  head: headOf(events.length - 1),
  ...parts,
});
const headOf = (index: number, installation = "wildcam-here") => {
  const { run, hash, time } = events[index] ?? { run: "", hash: "", time: 0 };
  return signHead(signerCalled(installation), { run, index, hash, time });
};
const cut = events.slice(0, 2);
const inBoth = (parts: Partial<LedgerCopy>) => ledgers(copy("ledger", parts), copy("ledger-copy", parts));
const edited = events.map((event, index) =>
  index === 1 ? { ...event, data: { ...event.data, result: "found" } } : event,
);
const ledgers = (...copies: readonly LedgerCopy[]) => ({ [runs.RUN]: copies });
const approvals = [
  {
    run: runs.RUN,
    runbook: "manual-failover",
    input: { from: "aws", to: "azure", database: "move" },
    hash: runs.HASH,
    requestedBy: "olivia",
    count: 2,
    givenBy: ["priya"],
    untilMs: runs.NOW_MS + 600_000,
  },
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

type Scenario = readonly [name: string, exit: number, words: readonly string[], scene?: Scene];

const scenarios: Readonly<Record<string, readonly Scenario[]>> = {
  "what is shown": [
    ["help", EXIT.ok, []],
    ["help-run", EXIT.ok, ["run", "--help"]],
    ["help-run-show", EXIT.ok, ["run", "show", "--help"]],
    ["version", EXIT.ok, ["--version"]],
    ["status", EXIT.ok, ["status"], { status: recorded.status }],
    ["status-troubled", EXIT.ok, ["status"], { status: recorded.troubled }],
    ["status-terminal", EXIT.ok, ["status"], { status: recorded.troubled, terminal: true }],
    ["plan", EXIT.ok, ["plan", ...FAILOVER], { plan: recorded.plan }],
    ["plan-elsewhere", EXIT.ok, ["plan", ...FAILOVER, "--state", "/tmp/my world"], { plan: recorded.plan }],
    ["plan-refused-by-guard", EXIT.refused, ["plan", ...FAILOVER], { plan: recorded.refusedPlan }],
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
  "the record": [
    [
      "ledger-show",
      EXIT.ok,
      ["ledger", "show", runs.RUN],
      { ledgers: ledgers(copy("ledger"), copy("ledger-copy")) },
    ],
    [
      "ledger-verify",
      EXIT.ok,
      ["ledger", "verify"],
      { ledgers: ledgers(copy("ledger"), copy("ledger-copy")), up: false },
    ],
    [
      "ledger-verify-edited",
      EXIT.failed,
      ["ledger", "verify", runs.RUN],
      { ledgers: ledgers(copy("ledger"), copy("ledger-copy", { events: edited })) },
    ],
    ["ledger-verify-cut", EXIT.failed, ["ledger", "verify", runs.RUN], { ledgers: inBoth({ events: cut }) }],
    [
      "ledger-verify-lacking",
      EXIT.failed,
      ["ledger", "verify"],
      { ledgers: ledgers(copy("ledger"), copy("ledger-copy", { present: false, events: [], head: null })) },
    ],
    [
      "ledger-verify-foreign",
      EXIT.failed,
      ["ledger", "verify"],
      { ledgers: inBoth({ head: headOf(2, "wildcam-there") }) },
    ],
    [
      "ledger-verify-foreign-key",
      EXIT.ok,
      ["ledger", "verify", "--key", "there.json"],
      {
        ledgers: inBoth({ head: headOf(2, "wildcam-there") }),
        outside: {
          ledgerKey: async (file) => keyOf(file.endsWith("/there.json") ? "wildcam-there" : "wildcam-here"),
        },
      },
    ],
    [
      "ledger-verify-unsettled",
      EXIT.failed,
      ["ledger", "verify"],
      { ledgers: ledgers(copy("ledger"), copy("ledger-copy", { events: cut, head: headOf(0) })) },
    ],
    [
      "ledger-verify-open",
      EXIT.ok,
      ["ledger", "verify", runs.RUN],
      { ledgers: inBoth({ events: cut, head: headOf(1) }) },
    ],
    ["ledger-verify-none", EXIT.ok, ["ledger", "verify"], { outside: { ledgerKey: async () => null } }],
    [
      "ledger-verify-no-key",
      EXIT.failed,
      ["ledger", "verify"],
      { ledgers: inBoth({}), outside: { ledgerKey: async () => null } },
    ],
    [
      "ledger-verify-export",
      EXIT.failed,
      ["ledger", "verify", "--from", "out"],
      {
        ledgers: ledgers(copy("ledger")),
        outside: {
          ledgerKey: async (file) =>
            file === "/here/out/ledger-public-key.json" ? keyOf("wildcam-there") : null,
          ledgerCopies: async () => [copy("out", { head: headOf(2, "wildcam-there") })],
        },
      },
    ],
    ["ledger-verify-empty-export", EXIT.malformed, ["ledger", "verify", "--from", "out"]],
    [
      "ledger-verify-absent-key",
      EXIT.malformed,
      ["ledger", "verify", "--key", "nowhere.json"],
      { ledgers: inBoth({}), outside: { ledgerKey: async () => null } },
    ],
    [
      "ledger-verify-garbage",
      EXIT.failed,
      ["ledger", "verify", runs.RUN],
      {
        ledgers: ledgers(
          copy("ledger"),
          copy("ledger-copy", { events: [], fault: "failover-1.jsonl:1 is not JSON" }),
        ),
      },
    ],
    [
      "ledger-export",
      EXIT.ok,
      ["ledger", "export", runs.RUN, "--to", "out"],
      { ledgers: inBoth({}), outside: { writeFolder: async () => undefined } },
    ],
    [
      "ledger-export-broken",
      EXIT.failed,
      ["ledger", "export", "--all", "--to", "out"],
      { ledgers: inBoth({ events: cut }) },
    ],
    ["ledger-export-what", EXIT.malformed, ["ledger", "export", "--to", "out"], { ledgers: inBoth({}) }],
    ["ledger-export-nothing", EXIT.malformed, ["ledger", "export", "--all", "--to", "out"]],
    [
      "ledger-unknown",
      EXIT.malformed,
      ["ledger", "show", "failover-2"],
      { ledgers: ledgers(copy("ledger")) },
    ],
  ],
  "what cannot be understood": [
    ["unknown-command", EXIT.malformed, ["sttus"]],
    ["unknown-verb", EXIT.malformed, ["approval", "giv"]],
    ["noun-alone", EXIT.malformed, ["approval"]],
    ["unknown-flag", EXIT.malformed, ["run", ...FAILOVER, "--detatch"]],
    ["unknown-cloud", EXIT.malformed, ["run", "manual-failover", "--from", "asw", "--to", "azure"]],
    ["unknown-runbook", EXIT.malformed, ["plan", "manual-failver", "--from", "aws", "--to", "azure"]],
    ["misspelt-verb-of-run", EXIT.malformed, ["run", "shwo", "failover-1", "--from", "aws", "--to", "azure"]],
    ["from-is-to", EXIT.malformed, ["plan", "rollback", "--from", "aws", "--to", "aws"]],
    ["missing-option", EXIT.malformed, ["plan", "rollback", "--from", "aws"]],
    ["missing-argument", EXIT.malformed, ["run", "show"]],
    ["missing-value", EXIT.malformed, ["status", "--state"]],
    [
      "unknown-value",
      EXIT.malformed,
      ["plan", "rollback", "--from", "azure", "--to", "aws", "--database", "stya"],
    ],
    ["unknown-profile", EXIT.malformed, ["local", "up", "--profile", "dril"], { up: false }],
    ["short-hash", EXIT.malformed, ["approval", "give", runs.RUN, "--hash", "3f3f3f"]],
    ["reject-without-why", EXIT.malformed, ["approval", "give", runs.RUN, "--hash", runs.HASH, "--reject"]],
    ["cancel-without-why", EXIT.malformed, ["run", "cancel", runs.RUN]],
    ["unknown-guard", EXIT.malformed, ["run", "override", runs.RUN, "--guard", "capacity", "--why", "x"]],
    ["preempt-unconfirmed", EXIT.malformed, ["run", ...FAILOVER, "--preempt"]],
    ["abandon-without-why", EXIT.malformed, ["run", "abandon", runs.RUN]],
    ["abandon-empty-why", EXIT.malformed, ["run", "abandon", runs.RUN, "--why", " "]],
    ["bad-port", EXIT.malformed, ["local", "up", "--edge-port", "http"]],
    ["bad-address", EXIT.malformed, ["status", "--api", "localhost"]],
    ["no-inventory", EXIT.malformed, ["plan", ...FAILOVER, "--inventory", "nowhere.yaml"]],
    ["unknown-shell", EXIT.malformed, ["completion", "zhs"]],
  ],
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
