/** Recorded runs for tests: one beginning, and what may follow it to each of its ends. */
import type { GuardVerdict } from "../../domain/guards/guard.ts";
import type { JsonObject } from "../../domain/json.ts";
import { chainEvent, type EventType, type LedgerEvent } from "../../domain/ledger.ts";
import type { ShownRun } from "../api/parse-answers.ts";
import type { RunState } from "../../engine/views.ts";
import type { RecordedRun } from "./fake-api.ts";

/** 2026-01-31 12:00:00Z */
export const NOW_MS = 1_769_860_800_000;
export const RUN = "failover-1";
export const HASH = "3f".repeat(32);
export const PIVOT = "move the primary of wildlifedb from aws to azure";

export const refuses: GuardVerdict = {
  guard: "capacity-for-the-shift",
  verdict: "refuse",
  why: "ready capacity would be below demand after the loss of gcp",
  facts: {
    demandPerSecond: 301,
    notSurvived: [{ lost: "gcp", survives: false, remaining: 240, demand: 301, missing: 61 }],
  },
};

type Said = readonly [type: EventType, data: JsonObject, by?: string];

/** A chain that a ledger could hold: one event a second. */
export function chain(said: readonly Said[], run: string = RUN): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (const [index, [type, data, by]] of said.entries()) {
    events.push(
      chainEvent(events.at(-1) ?? null, {
        run,
        time: NOW_MS - 60_000 + index * 1_000,
        type,
        by: by ?? "engine",
        data,
      }),
    );
  }
  return events;
}

export function view(state: RunState, parts: Partial<ShownRun> = {}): ShownRun {
  const ended = ["completed", "failed", "refused", "undone", "cancelled", "superseded"].includes(state);
  return {
    run: RUN,
    runbook: "manual-failover",
    input: { from: "aws", to: "azure", database: "move" },
    requestedBy: "olivia",
    profile: "drill",
    state,
    doing: ended ? "ended" : state,
    owner: state === "waiting-for-people" ? "approvers" : state === "undo-incomplete" ? "on-call" : null,
    untilMs: null,
    offers: state === "undo-incomplete" ? ["retry", "skip", "cancel"] : [],
    inPivot: false,
    planHash: HASH,
    approvalsNeeded: 0,
    approvedBy: [],
    against: [],
    startedAtMs: NOW_MS - 60_000,
    endedAtMs: ended ? NOW_MS : null,
    acts: { planned: 4, verified: 2 },
    why: "",
    facts: {},
    locks: ended ? [] : ["database/wildlifedb", "traffic"],
    locksUntilMs: ended ? null : NOW_MS + 3_600_000,
    events: 5,
    ...parts,
  };
}

const BEGINNING: readonly Said[] = [
  [
    "run-started",
    { runbook: "manual-failover", input: { from: "aws", to: "azure", database: "move" }, profile: "drill" },
    "olivia",
  ],
  ["lock-granted", { lock: "traffic", epoch: 3 }],
  ["read", { step: 1, name: "the world before" }],
  ["planned", { hash: HASH, acts: [{}, {}, {}, {}] }],
];

/** A run in two batches: its beginning, then `said`, after which it stands as `last`. */
function recordedRun(said: readonly Said[], last: ShownRun, sheet: readonly string[] = []): RecordedRun {
  const events = chain([...BEGINNING, ...said]);
  return {
    sheet,
    batches: [
      {
        events: events.slice(0, BEGINNING.length),
        view: view("running", { acts: { planned: 4, verified: 0 } }),
      },
      { events: [], view: view("running") },
      { events: events.slice(BEGINNING.length), view: last },
    ],
  };
}

const scale = { name: "scale azure-west to 3 pods", op: "scale", target: "cluster/azure-west" };
const APPROVED: Said = ["approved", { hash: HASH, rule: "policy of profile drill" }, "policy"];
const DONE: readonly Said[] = [
  APPROVED,
  [
    "guarded",
    {
      op: "scale",
      guards: [{ guard: "capacity-for-the-shift", verdict: "warn", why: "capacity is short", facts: {} }],
    },
  ],
  ["act-intended", { ...scale, mode: "forward" }],
  [
    "act-retried",
    {
      op: "scale",
      target: "cluster/azure-west",
      tries: 1,
      error: { kind: "retryable", message: "the agent does not answer" },
    },
  ],
  ["act-done", { ...scale, result: "done" }],
  ["act-verified", scale],
  ["hold-started", { title: "watch the objective after shift 1 of 1", forMs: 2_000 }],
];

export const completed = recordedRun(
  [
    ...DONE,
    [
      "hold-passed",
      {
        title: "watch the objective after shift 1 of 1",
        samples: 4,
        worst: { goodPercent: 99.987, p99Ms: 41.7 },
      },
    ],
    ["pivot-started", { name: PIVOT, deadlineMs: 20_000 }],
    [
      "act-done",
      { name: "block writes on aws", op: "block-writes", target: "database/wildlifedb@aws", result: "found" },
    ],
    ["pivot-committed", { name: PIVOT }],
    ["check-passed", { name: "a write on azure is acknowledged" }],
    ["run-ended", { outcome: "completed" }],
  ],
  view("completed", { acts: { planned: 4, verified: 4 }, approvedBy: ["policy"] }),
);

const BREACH = "12 of 400 requests failed within 2000 ms; the objective is 99.9 %";
export const undone = recordedRun(
  [
    ...DONE,
    ["hold-breached", { step: 4, why: BREACH }],
    ["undo-started", { acts: ["scale"] }],
    ["act-intended", { ...scale, name: "undo: scale azure-west to 2 pods", mode: "undo" }],
    ["undone", {}],
    ["run-ended", { outcome: "undone" }],
  ],
  view("undone", { why: BREACH, facts: { step: 4 } }),
);
export const undoIncomplete = recordedRun(
  [
    ...DONE,
    ["undo-started", { acts: ["scale"] }],
    ["undo-failed", { why: "somebody else changed it" }],
    [
      "waiting",
      {
        state: "undo-incomplete",
        why: "somebody else changed it",
        facts: {},
        offers: ["retry", "skip", "cancel"],
        owner: "on-call",
        untilMs: NOW_MS + 600_000,
      },
    ],
  ],
  view("undo-incomplete", {
    doing: "somebody else changed it",
    untilMs: NOW_MS + 600_000,
  }),
  [
    "# scale azure-west to 2 pods",
    "kubectl --context=azure-west --namespace=wildcam scale deployment/wildcam-backend --replicas=2",
  ],
);
export const failed = recordedRun(
  [APPROVED, ["failed", { why: "no answer from the journal" }], ["run-ended", { outcome: "failed" }]],
  view("failed", { why: "no answer from the journal", facts: { locksKept: ["traffic"] } }),
);
export const refused = recordedRun(
  [
    [
      "refused",
      { why: "capacity-for-the-shift: ready capacity would be below demand after the loss of gcp" },
    ],
    ["run-ended", { outcome: "refused" }],
  ],
  view("refused", {
    why: "capacity-for-the-shift: ready capacity would be below demand after the loss of gcp",
    facts: { guards: [{ ...refuses }] },
  }),
);
export const lockedOut = recordedRun(
  [
    ["lock-refused", { lock: "traffic", holder: { run: "rollback-7", who: "dana", sinceMs: NOW_MS } }],
    ["refused", { why: 'lock "traffic" is held by rollback-7 (asked for by dana)' }],
    ["run-ended", { outcome: "refused" }],
  ],
  view("refused", {
    planHash: null,
    acts: { planned: 0, verified: 0 },
    why: 'lock "traffic" is held by rollback-7 (asked for by dana)',
    facts: { lock: "traffic", holder: { run: "rollback-7", who: "dana" } },
  }),
);
export const cancelled = recordedRun(
  [APPROVED, ["run-ended", { outcome: "cancelled" }]],
  view("cancelled", { why: "dana cancelled it" }),
);
export const paused = recordedRun(
  [["commanded", { command: "pause", why: "look first" }, "dana"]],
  view("paused", {
    doing: "dana paused it: look first",
    owner: "dana",
    untilMs: NOW_MS + 600_000,
    offers: ["resume", "undo", "cancel"],
  }),
);
export const notNow = recordedRun(
  [["command-refused", { command: "cancel", why: "a pivot is under way" }, "dana"]],
  view("running", { inPivot: true }),
);
const ASKED: Said = [
  "approval-asked",
  { hash: HASH, count: 1, untilMs: NOW_MS + 600_000, requestedBy: "olivia" },
];
const waitingView = view("waiting-for-people", {
  doing: "waits for 1 approval(s)",
  approvalsNeeded: 1,
  acts: { planned: 4, verified: 0 },
});
export const waiting = recordedRun([ASKED], waitingView);

/** As `waiting`, and then somebody gives it. */
export const approvedLater: RecordedRun = {
  sheet: [],
  batches: [
    ...waiting.batches,
    { events: [], view: waitingView },
    {
      events: chain([
        ...BEGINNING,
        ASKED,
        ["approved", { hash: HASH }, "priya"],
        ["run-ended", { outcome: "completed" }],
      ]).slice(BEGINNING.length + 1),
      view: view("completed", {
        approvalsNeeded: 1,
        approvedBy: ["priya"],
        acts: { planned: 4, verified: 4 },
      }),
    },
  ],
};
