import { expect, test } from "vitest";
import { z } from "zod";
import {
  approvalsAnswer,
  ledgerEvent,
  locksAnswer,
  planAnswer,
  runsAnswer,
  abandonedAnswer,
  runView,
  statusAnswer,
  cloudsAnswer,
  trafficAnswer,
} from "./api/parse-answers.ts";
import { automationAnswer, automationStopped } from "./api/parse-automation.ts";
import { scheduleAnswer } from "./api/parse-schedule.ts";
import { cloudsAdmitted } from "./testing/cloud-scenarios.ts";
import { play, type Scene } from "./testing/harness.ts";
import { planScene } from "./testing/plan-scenarios.ts";
import { schedule as recordedSchedule } from "./testing/recorded-schedule.ts";
import * as recorded from "./testing/recorded.ts";
import { signHead } from "../domain/ledger-head.ts";
import { signerCalled } from "./testing/signer.ts";
import * as runs from "./testing/recorded-runs.ts";

const FAILOVER = ["manual-failover", "--from", "aws", "--to", "azure"];

/** Strict, so that a field which nobody has said is there fails the test. */
const documentOf = <Shape extends z.core.$ZodLooseShape>(kind: string, shape: Shape) =>
  z.strictObject({ v: z.literal(1), kind: z.literal(kind), ...shape });

const share = z.strictObject({ readyPerSecond: z.number(), percent: z.number() });
const run = { run: runView, sheet: z.array(z.string()), exit: z.number().nullable() };
const proved = z.strictObject({
  run: z.string(),
  verdict: z.enum(["holds", "open", "unsettled", "foreign", "broken"]),
  events: z.number(),
  faults: z.array(z.string()),
  head: z.string().nullable(),
  signedAtMs: z.number().nullable(),
  signedBy: z.string().nullable(),
});
const pid = z.number().nullable();
const localStatus = {
  edge: z.object({ url: z.string() }),
  databases: z.array(z.object({ cloud: z.string(), url: z.string(), role: z.string(), pid })),
  pods: z.array(z.object({ cloud: z.string(), cluster: z.string(), url: z.string(), pid })),
  agents: z.array(z.object({ cloud: z.string(), url: z.string(), pid })),
  observers: z.array(z.object({ cloud: z.string(), url: z.string(), pid })),
  orchestrator: z.array(
    z.object({
      cloud: z.string().nullable(),
      apiUrl: z.string(),
      tokenFile: z.string(),
      pids: z.object({ server: pid, engine: pid }),
    }),
  ),
  stateDir: z.string(),
};

const events = runs.chain([
  ["run-started", {}],
  ["run-ended", { outcome: "completed" }],
]);
const head = signHead(signerCalled("wildcam-here"), {
  run: runs.RUN,
  index: 1,
  hash: events[1]?.hash ?? "",
  time: 1,
});
const ledgers = {
  [runs.RUN]: [
    { store: "a", present: true, events, torn: false, fault: null, head: null },
    { store: "b", present: true, events, torn: false, fault: null, head: null },
  ],
};

const documents: readonly (readonly [words: readonly string[], scene: Scene, schema: z.ZodType])[] = [
  [
    ["status"],
    { status: recorded.troubled },
    documentOf("status", { ...statusAnswer.shape, capacity: z.record(z.string(), share).nullable() }),
  ],
  [["lock", "list"], { locks: [] }, documentOf("locks", locksAnswer.shape)],
  [
    ["plan", ...FAILOVER],
    planScene(),
    documentOf("plan", {
      ...planAnswer.shape,
      rehearsal: z.object({
        clean: z.object({
          outcome: z.string(),
          why: z.string(),
          tookMs: z.number().nullable(),
          violations: z.array(z.object({ invariant: z.string(), what: z.string() })),
          otherPlan: z.string().nullable(),
        }),
        faults: z.null(),
        otherCode: z.boolean(),
      }),
      next: z.string().nullable(),
    }),
  ],
  [
    ["run", ...FAILOVER, "--detach"],
    { start: { run: runs.RUN } },
    documentOf("run-started", { run: z.string(), next: z.string() }),
  ],
  [["run", "show", runs.RUN], { run: runs.completed }, documentOf("run", run)],
  [["run", "list"], { runs: [runs.view("holding")] }, documentOf("runs", runsAnswer.shape)],
  [
    ["run", "abandon", runs.RUN, "--why", "done by hand"],
    { abandon: { run: runs.RUN, ended: true, locksGivenBack: ["traffic"], inDoubt: [], sheet: "/s.md" } },
    documentOf("run-abandoned", abandonedAnswer.shape),
  ],
  [
    ["runbook", "check-upgrade"],
    { upgrade: { here: { codeVersion: "0123456789abcdef" }, runs: [] } },
    documentOf("upgrade", {
      checkout: z.string(),
      server: z.string().nullable(),
      source: z.enum(["orchestrator", "ledgers"]),
      runs: z.array(z.unknown()),
    }),
  ],
  [["approval", "list"], { approvals: [] }, documentOf("approvals", approvalsAnswer.shape)],
  [
    ["approval", "give", "failover-1", "--hash", runs.HASH],
    { decide: { ok: true } },
    documentOf("approval-given", {
      run: z.string(),
      hash: z.string(),
      decision: z.enum(["approve", "reject"]),
      next: z.string(),
    }),
  ],
  [["cloud", "status"], { clouds: [cloudsAdmitted] }, documentOf("clouds", cloudsAnswer.shape)],
  [
    ["automation", "show"],
    { automation: recorded.automation },
    documentOf("automation", automationAnswer.shape),
  ],
  [
    ["automation", "set", "promote", "propose"],
    { automation: recorded.automation },
    documentOf("automation", automationAnswer.shape),
  ],
  [
    ["automation", "stop"],
    { automationStopped: recorded.automationStopped },
    documentOf("automation", automationStopped.shape),
  ],
  [
    ["automation", "start"],
    { automation: recorded.automation },
    documentOf("automation", automationAnswer.shape),
  ],
  [["schedule", "list"], { schedule: recordedSchedule }, documentOf("schedule", scheduleAnswer.shape)],
  [["traffic", "show"], { traffic: recorded.traffic }, documentOf("traffic", trafficAnswer.shape)],
  [["runbook", "list"], { runbooks: [] }, documentOf("runbooks", { runbooks: z.array(z.unknown()) })],
  [
    ["runbook", "page", "rollback"],
    {},
    documentOf("runbook-page", { runbook: z.string(), markdown: z.string() }),
  ],
  [
    ["ledger", "show", runs.RUN],
    { ledgers },
    documentOf("ledger", { run: z.string(), store: z.string(), events: z.array(ledgerEvent) }),
  ],
  [
    ["ledger", "verify"],
    { ledgers },
    documentOf("ledger-verified", {
      ok: z.boolean(),
      stores: z.array(z.string()),
      installation: z.string().nullable(),
      retentionMs: z.number().nullable(),
      runs: z.array(proved).nonempty(),
      pages: z.array(z.string()),
    }),
  ],
  [
    ["ledger", "export", "--all", "--to", "out"],
    {
      ledgers: { [runs.RUN]: [{ store: "a", present: true, events, torn: false, fault: null, head }] },
      outside: { writeFolder: async () => undefined },
    },
    documentOf("ledger-exported", {
      folder: z.string(),
      installation: z.string(),
      runs: z.array(z.strictObject({ run: z.string(), events: z.number() })).length(1),
      left: z.array(z.unknown()).length(0),
    }),
  ],
  [["local", "status"], {}, documentOf("local-status", localStatus)],
  [
    ["local", "up"],
    {},
    documentOf("local-up", { status: z.object(localStatus), next: z.array(z.string()).length(3) }),
  ],
  [
    ["local", "down"],
    { outside: { localDown: async () => ({ wasUp: false }) } },
    documentOf("local-down", { stateDir: z.string(), wasUp: z.boolean(), purged: z.boolean() }),
  ],
  [
    ["inventory", "check"],
    {},
    documentOf("inventory", {
      ok: z.literal(true),
      path: z.string(),
      digest: z.string(),
      clouds: z.array(z.string()),
      clusters: z.array(z.string()),
      databases: z.array(z.string()),
      people: z.array(z.string()),
      profiles: z.array(z.string()),
    }),
  ],
  [
    ["workload", "load", "x"],
    {
      outside: {
        loadPackage: async () => ({
          name: "p",
          tables: { media: { rows: 1, inserted: 1, changed: 0, found: 0 } },
        }),
      },
    },
    documentOf("workload-loaded", {
      name: z.string(),
      cloud: z.string(),
      tables: z.record(z.string(), z.unknown()),
    }),
  ],
  [["completion", "bash"], {}, documentOf("completion", { shell: z.string(), script: z.string() })],
];

for (const [words, scene, schema] of documents) {
  test(`"${words.slice(0, 2).join(" ")} --json" prints exactly one document of its own kind`, async () => {
    const { out } = await play([...words, "--json"], scene);
    expect(out.endsWith("\n")).toBe(true);
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    schema.parse(JSON.parse(out));
  });
}

test("a followed run prints one JSON document a line: events, heartbeats, and the run at its end", async () => {
  const line = z.discriminatedUnion("kind", [
    documentOf("event", { event: ledgerEvent }),
    documentOf("heartbeat", {
      run: z.string(),
      state: z.string().nullable(),
      doing: z.string().nullable(),
      elapsedMs: z.number(),
    }),
    documentOf("run", run),
  ]);
  const { out, exit } = await play(["run", ...FAILOVER, "--json"], {
    start: { run: runs.RUN },
    run: runs.undone,
    terminal: true,
  });
  const kinds = out
    .trimEnd()
    .split("\n")
    .map((text) => line.parse(JSON.parse(text)).kind);
  expect(new Set(kinds)).toEqual(new Set(["event", "heartbeat", "run"]));
  expect(kinds.at(-1)).toBe("run");
  expect(exit).toBe(5);
});

test("an error with --json is a document as well, with the exit code in it", async () => {
  const { out, err, exit } = await play(["status", "--json"], { up: false });
  const problem = z.strictObject({
    exit: z.number(),
    code: z.string(),
    what: z.string(),
    why: z.string(),
    next: z.string(),
    facts: z.object({}),
  });
  const { error } = z
    .object({ error: problem })
    .parse(documentOf("error", { error: problem }).parse(JSON.parse(out)));
  expect(error).toMatchObject({ exit, code: "unreachable" });
  expect(err).toContain("npm start");
});
