/** Recorded answers for tests: one world at one moment, and one run to each of its ends. */
import type { GuardVerdict } from "../../domain/guards/guard.ts";
import type { JsonObject } from "../../domain/json.ts";
import { chainEvent, type EventType, type LedgerEvent } from "../../domain/ledger.ts";
import type { DatabaseMemberFacts, Snapshot } from "../../domain/snapshot.ts";
import type { PlannedAct, PlannedOther } from "../../engine/planning.ts";
import type { PlanAnswer, ShownRun, StatusAnswer, TrafficAnswer } from "../api/parse-answers.ts";
import type { LocalStatus } from "../context.ts";
import type { ShownState } from "../exit.ts";
import type { RecordedRun } from "./fake-api.ts";

/** 2026-01-31 12:00:00Z */
export const NOW_MS = 1_769_860_800_000;
export const RUN = "failover-1";
export const HASH = "3f".repeat(32);

const standby: DatabaseMemberFacts = {
  state: "running",
  role: "standby",
  writesBlocked: false,
  timeline: 3,
  position: "0/5000148",
  replayed: "0/5000100",
  stoppedCleanly: false,
  follows: "aws",
  streaming: true,
  lagMs: 12,
  synchronousNames: "",
  slots: [],
};
const primary: DatabaseMemberFacts = { ...standby, role: "primary", position: "0/5000148", replayed: "0/5000148", follows: null, streaming: false, lagMs: 0 };

const cluster = (cloud: string, ready = 2) => ({ cloud, replicas: 2, ready, generation: 1, observedGeneration: 1 });
const healthy = { verdict: "healthy", reason: "", observers: 1 } as const;

export const snapshot: Snapshot = {
  takenAtMs: NOW_MS,
  clouds: { aws: healthy, azure: healthy, gcp: healthy },
  clusters: {
    "aws-west": cluster("aws"),
    "aws-east": cluster("aws"),
    "azure-west": cluster("azure"),
    "azure-east": cluster("azure"),
    "gcp-west": cluster("gcp"),
    "gcp-east": cluster("gcp"),
  },
  traffic: { weights: { aws: 34, azure: 33, gcp: 33 }, version: 7, setBy: "olivia" },
  demand: { requestsPerSecond: 201.4, source: "measured" },
  databases: { wildlifedb: { members: { aws: primary, azure: standby, gcp: standby } } },
};

export const status: StatusAnswer = {
  profile: "drill",
  at: NOW_MS,
  snapshot,
  observers: 1,
  runs: [],
  you: { name: "olivia", roles: ["viewer", "operator"] },
};

/** A night: a cloud half down, a standby lost, writes blocked, a run in flight. */
export const troubled: StatusAnswer = {
  ...status,
  at: NOW_MS - 65_000,
  snapshot: {
    ...snapshot,
    clouds: { ...snapshot.clouds, azure: { verdict: "degraded", reason: "p99 310 ms over 10 s", observers: 1 }, gcp: { verdict: "down", reason: "no pod answers", observers: 1 } },
    clusters: { ...snapshot.clusters, "azure-east": cluster("azure", 1), "gcp-west": { ...cluster("gcp", 0), replicas: null } },
    databases: {
      wildlifedb: {
        members: {
          aws: { ...primary, writesBlocked: true },
          azure: { ...standby, replayed: "0/4000000", lagMs: 9_000, streaming: false },
          gcp: { ...standby, state: "unreachable", role: null, timeline: null, position: null, replayed: null, follows: null },
        },
      },
    },
  },
  runs: [view("holding", { doing: "watch the objective after shift 1 of 2", acts: { planned: 4, verified: 1 } })],
};

const pass = (guard: GuardVerdict["guard"]): GuardVerdict => ({ guard, verdict: "pass", why: "", facts: {} });
const warned: GuardVerdict = { guard: "capacity-for-the-shift", verdict: "warn", why: "capacity is short, and this act does not make it worse", facts: { demandPerSecond: 201.4, readyPerSecond: { aws: 120, azure: 60, gcp: 120 } } };
const refuses: GuardVerdict = { ...warned, verdict: "refuse", why: "ready capacity would be below demand after the loss of gcp", facts: { demandPerSecond: 301, notSurvived: [{ lost: "gcp", survives: false, remaining: 240, demand: 301, missing: 61 }] } };

const act = (parts: Pick<PlannedAct, "op" | "title" | "target" | "before" | "after"> & Partial<PlannedAct>): PlannedAct => ({
  kind: "act",
  params: {},
  undoable: true,
  pivot: null,
  guards: [],
  byHand: [],
  ...parts,
});
const other = (kind: PlannedOther["kind"], title: string, forMs: number | null = null, pivot: string | null = null): PlannedOther => ({ kind, title, pivot, forMs });
const PIVOT = "move the primary of wildlifedb from aws to azure";

export const plan: PlanAnswer = {
  profile: "drill",
  approval: { by: "policy" },
  refusals: [],
  plan: {
    runbook: "manual-failover",
    codeVersion: "1",
    input: { from: "aws", to: "azure", database: "move" },
    inventoryDigest: "1",
    primaries: { wildlifedb: { cloud: "aws", timeline: 3 } },
    policyVersion: 7,
    hash: HASH,
    steps: [
      other("read", "the world before"),
      act({ op: "scale", title: "scale azure-west to 3 pods", target: "cluster/azure-west", before: { replicas: 2, generation: 1 }, after: { replicas: 3, generation: 2 }, guards: [pass("weights-are-whole"), warned] }),
      act({ op: "set-weights", title: "shift traffic: aws 34 azure 33 gcp 33 -> aws 9 azure 58 gcp 33", target: "traffic", before: { weights: { aws: 34, azure: 33, gcp: 33 }, version: 7 }, after: { weights: { aws: 9, azure: 58, gcp: 33 }, version: 8 } }),
      other("hold", "watch the objective after shift 1 of 1", 2_000),
      other("pivot", PIVOT, 20_000, PIVOT),
      act({ op: "block-writes", title: "block writes on aws", target: "database/wildlifedb@aws", before: { writesBlocked: false, slots: ["standby_azure"] }, after: { writesBlocked: true, slots: ["standby_azure"] }, pivot: PIVOT }),
      other("check", "azure has replayed all that was ever acknowledged", null, PIVOT),
      act({ kind: "commit", op: "promote", title: "promote azure", target: "database/wildlifedb@azure", before: { role: "standby", timeline: 3, follows: "aws" }, after: { role: "primary", timeline: 4, follows: null }, undoable: false, pivot: PIVOT }),
      other("hold", "soak: watch the objective before the source comes down", 1_800_000),
    ],
  },
};

export const refusedPlan: PlanAnswer = {
  ...plan,
  approval: { by: "people", count: 1 },
  profile: "production",
  refusals: [refuses],
  plan: { ...plan.plan, steps: plan.plan.steps.map((step) => ("guards" in step && step.op === "set-weights" ? { ...step, guards: [refuses] } : step)) },
};

export const traffic: TrafficAnswer = {
  policy: { weights: snapshot.traffic.weights, version: 7, epoch: 3, setBy: "olivia", why: "rollback rollback-1", setAtMs: NOW_MS - 3_600_000 },
  clouds: { ...snapshot.clouds, gcp: { verdict: "down", reason: "no pod answers", observers: 1 } },
  window: { ms: 10_000, requests: 2_003, failed: 1, slow: 4, p99Ms: 38.2 },
  demand: { requestsPerSecond: 201.4, windowMs: 60_000 },
};

export const localStatus: LocalStatus = {
  edge: { url: "http://127.0.0.1:8080" },
  databases: [
    { cloud: "aws", url: "postgres://postgres:secret@127.0.0.1:5001/wildlifedb", role: "standby", pid: 11 },
    { cloud: "azure", url: "postgres://postgres:secret@127.0.0.1:5002/wildlifedb", role: "primary", pid: 12 },
    { cloud: "gcp", url: "postgres://postgres:secret@127.0.0.1:5003/wildlifedb", role: "down", pid: null },
  ],
  pods: [{ cloud: "aws", cluster: "aws-west", url: "http://127.0.0.1:9001", pid: 21 }],
  agents: [{ cloud: "aws", url: "http://127.0.0.1:7001", pid: 31 }],
  orchestrator: [{ cloud: null, apiUrl: "http://127.0.0.1:8100", tokenFile: "/here/.wildcam/tokens/olivia", pids: { server: 41, engine: 42 } }],
  stateDir: "/here/.wildcam",
};

type Said = readonly [type: EventType, data: JsonObject, by?: string];

/** A chain that a ledger could hold: one event a second. */
export function chain(said: readonly Said[], run: string = RUN): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (const [index, [type, data, by]] of said.entries()) {
    events.push(chainEvent(events.at(-1) ?? null, { run, time: NOW_MS - 60_000 + index * 1_000, type, by: by ?? "engine", data }));
  }
  return events;
}

export function view(state: ShownState, parts: Partial<ShownRun> = {}): ShownRun {
  const ended = ["completed", "failed", "refused", "undone", "undo-incomplete", "cancelled", "superseded"].includes(state);
  return {
    run: RUN,
    runbook: "manual-failover",
    input: { from: "aws", to: "azure", database: "move" },
    requestedBy: "olivia",
    profile: "drill",
    state,
    doing: ended ? "ended" : state,
    planHash: HASH,
    approvalsNeeded: 0,
    approvedBy: [],
    startedAtMs: NOW_MS - 60_000,
    endedAtMs: ended ? NOW_MS : null,
    acts: { planned: 4, verified: 2 },
    why: "",
    facts: {},
    events: 5,
    ...parts,
  };
}

const BEGINNING: readonly Said[] = [
  ["run-started", { runbook: "manual-failover", input: { from: "aws", to: "azure", database: "move" }, profile: "drill" }, "olivia"],
  ["lock-granted", { lock: "traffic", epoch: 3 }],
  ["read", { step: 1, name: "the world before" }],
  ["planned", { hash: HASH, acts: [{}, {}, {}, {}] }],
];

/** A run in two batches: its beginning, then `said`, after which it stands as `last`. */
export function recordedRun(said: readonly Said[], last: ShownRun, sheet: readonly string[] = []): RecordedRun {
  const events = chain([...BEGINNING, ...said]);
  return {
    sheet,
    batches: [
      { events: events.slice(0, BEGINNING.length), view: view("running", { acts: { planned: 4, verified: 0 } }) },
      { events: [], view: view("running") },
      { events: events.slice(BEGINNING.length), view: last },
    ],
  };
}

const scale = { name: "scale azure-west to 3 pods", op: "scale", target: "cluster/azure-west" };
const APPROVED: Said = ["approved", { hash: HASH, rule: "policy of profile drill" }, "policy"];
const DONE: readonly Said[] = [
  APPROVED,
  ["guarded", { op: "scale", guards: [{ guard: "capacity-for-the-shift", verdict: "warn", why: "capacity is short", facts: {} }] }],
  ["act-intended", { ...scale, mode: "forward" }],
  ["act-retried", { op: "scale", target: "cluster/azure-west", tries: 1, error: { kind: "retryable", message: "the agent does not answer" } }],
  ["act-done", { ...scale, result: "done" }],
  ["act-verified", scale],
  ["hold-started", { title: "watch the objective after shift 1 of 1", forMs: 2_000 }],
];

export const completed = recordedRun(
  [
    ...DONE,
    ["hold-passed", { title: "watch the objective after shift 1 of 1", samples: 4, worst: { goodPercent: 99.987, p99Ms: 41.7 } }],
    ["pivot-started", { name: PIVOT, deadlineMs: 20_000 }],
    ["act-done", { name: "block writes on aws", op: "block-writes", target: "database/wildlifedb@aws", result: "found" }],
    ["pivot-committed", { name: PIVOT }],
    ["check-passed", { name: "a write on azure is acknowledged" }],
    ["run-ended", { outcome: "completed" }],
  ],
  view("completed", { acts: { planned: 4, verified: 4 }, approvedBy: ["policy"] }),
);

const BREACH = "12 of 400 requests failed within 2000 ms; the objective is 99.9 %";
export const undone = recordedRun(
  [...DONE, ["hold-breached", { step: 4, why: BREACH }], ["undo-started", { acts: ["scale"] }], ["act-intended", { ...scale, name: "undo: scale azure-west to 2 pods", mode: "undo" }], ["undone", {}], ["run-ended", { outcome: "undone" }]],
  view("undone", { why: BREACH, facts: { step: 4 } }),
);
export const undoIncomplete = recordedRun(
  [...DONE, ["undo-started", { acts: ["scale"] }], ["undo-failed", { why: "somebody else changed it" }], ["run-ended", { outcome: "undo-incomplete" }]],
  view("undo-incomplete", { why: `${BREACH}; somebody else changed it`, facts: { left: ["scale azure-west to 3 pods"], cause: { step: 4 } } }),
  ["# scale azure-west to 2 pods", "kubectl --context=azure-west --namespace=wildcam scale deployment/wildcam-backend --replicas=2"],
);
export const failed = recordedRun(
  [APPROVED, ["failed", { why: "no answer from the journal" }], ["run-ended", { outcome: "failed" }]],
  view("failed", { why: "no answer from the journal", facts: { locksKept: ["traffic"] } }),
);
export const refused = recordedRun(
  [["refused", { why: "capacity-for-the-shift: ready capacity would be below demand after the loss of gcp" }], ["run-ended", { outcome: "refused" }]],
  view("refused", { why: "capacity-for-the-shift: ready capacity would be below demand after the loss of gcp", facts: { guards: [{ ...refuses }] } }),
);
export const lockedOut = recordedRun(
  [["lock-refused", { lock: "traffic", holder: { run: "rollback-7", who: "dana", sinceMs: NOW_MS } }], ["refused", { why: 'lock "traffic" is held by rollback-7 (asked for by dana)' }], ["run-ended", { outcome: "refused" }]],
  view("refused", { planHash: null, acts: { planned: 0, verified: 0 }, why: 'lock "traffic" is held by rollback-7 (asked for by dana)', facts: { lock: "traffic", holder: { run: "rollback-7", who: "dana" } } }),
);
export const cancelled = recordedRun([APPROVED, ["run-ended", { outcome: "cancelled" }]], view("cancelled", { why: "dana cancelled it" }));
const ASKED: Said = ["approval-asked", { hash: HASH, count: 1, untilMs: NOW_MS + 600_000, requestedBy: "olivia" }];
const waitingView = view("waiting-for-people", { doing: "waits for 1 approval(s)", approvalsNeeded: 1, acts: { planned: 4, verified: 0 } });
export const waiting = recordedRun([ASKED], waitingView);

/** As `waiting`, and then somebody gives it. */
export const approvedLater: RecordedRun = {
  sheet: [],
  batches: [
    ...waiting.batches,
    { events: [], view: waitingView },
    {
      events: chain([...BEGINNING, ASKED, ["approved", { hash: HASH }, "priya"], ["run-ended", { outcome: "completed" }]]).slice(BEGINNING.length + 1),
      view: view("completed", { approvalsNeeded: 1, approvedBy: ["priya"], acts: { planned: 4, verified: 4 } }),
    },
  ],
};
