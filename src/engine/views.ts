/** A run as people see it: derived from its events alone, so that CLI, API and report cannot disagree. */
import { heldLocks, heldUntil } from "../domain/event-data.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import type { EventType, LedgerEvent } from "../domain/ledger.ts";

/** The states of a run. `refused` is an end where nothing was touched, and a run that stands still otherwise. */
export const RUN_STATES = [
  "planned",
  "waiting-for-lock",
  "waiting-for-people",
  "running",
  "holding",
  "paused",
  "drifted",
  "refused",
  "undoing",
  "undo-incomplete",
  "completed",
  "undone",
  "failed",
  "cancelled",
  "superseded",
] as const;
export type RunState = (typeof RUN_STATES)[number];

export type RunView = {
  readonly run: string;
  readonly runbook: string;
  readonly input: Json;
  readonly requestedBy: string;
  readonly profile: string;
  readonly state: RunState;
  /** What it waits for or does now, in words. */
  readonly doing: string;
  /** Who has to do something before it goes on; null while it goes on by itself. */
  readonly owner: string | null;
  /** Until when, ms since the epoch; null where nothing is bounded by a time of its own. */
  readonly untilMs: number | null;
  /** What it may be told while it stands still. */
  readonly offers: readonly string[];
  /** Between a pivot's start and its end: there it takes no pause, skip, undo or cancel. */
  readonly inPivot: boolean;
  readonly planHash: string | null;
  readonly approvalsNeeded: number;
  readonly approvedBy: readonly string[];
  /** What guards say against the plan, which its approval overrides. */
  readonly against: readonly string[];
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly acts: { readonly planned: number; readonly verified: number };
  readonly why: string;
  readonly facts: Json;
  /** The locks that it has, in the order of their grants. */
  readonly locks: readonly string[];
  /** From when on another run that asks may take them, ms since the epoch; null: never by asking, or not known. */
  readonly locksUntilMs: number | null;
  readonly events: number;
};

type Draft = { -readonly [K in keyof RunView]: RunView[K] };

export function viewOf(events: readonly LedgerEvent[]): RunView | null {
  const first = events[0];
  if (first === undefined || first.type !== "run-started") return null;
  const locks = heldLocks(events);
  const view: Draft = {
    run: first.run,
    runbook: text(first.data, "runbook"),
    input: first.data["input"] ?? null,
    requestedBy: text(first.data, "requestedBy"),
    profile: text(first.data, "profile"),
    state: "waiting-for-lock",
    doing: "waits for its locks",
    owner: null,
    untilMs: null,
    offers: [],
    inPivot: false,
    planHash: null,
    approvalsNeeded: 0,
    approvedBy: [],
    against: [],
    startedAtMs: first.time,
    endedAtMs: null,
    acts: { planned: 0, verified: 0 },
    why: "",
    facts: null,
    locks,
    locksUntilMs: locks.length === 0 ? null : heldUntil(events),
    events: events.length,
  };
  for (const event of events) CHANGES[event.type]?.(view, event);
  return view;
}

const CHANGES: { readonly [Type in EventType]?: (view: Draft, event: LedgerEvent) => void } = {
  "lock-queued": (view, { data }) => {
    const holder = data["holder"];
    const by = isObject(holder) ? `${text(holder, "run")} (${text(holder, "who")})` : "another run";
    doing(view, "waiting-for-lock", `waits for lock ${text(data, "lock")}, which ${by} holds`);
  },
  read: (view, { data }) => doing(view, "running", text(data, "name")),
  planned: (view, { data }) => {
    view.planHash = text(data, "hash");
    view.acts = { planned: list(data, "acts").length, verified: 0 };
    doing(view, "planned", "has a plan");
  },
  "approval-asked": (view, { data }) => {
    view.approvalsNeeded = count(data, "count");
    view.approvedBy = [];
    const against = list(data, "against").filter(isObject);
    view.against = [...new Set(against.map((one) => `${text(one, "guard")}: ${text(one, "why")}`))];
    stand(view, "waiting-for-people", {
      what: `waits for ${count(data, "count")} approval(s)`,
      owner: "approvers",
      untilMs: count(data, "untilMs"),
    });
  },
  approved: (view, { by }) => {
    view.approvedBy = [...view.approvedBy, by];
    if (view.approvedBy.length >= view.approvalsNeeded) doing(view, "running", "approved");
  },
  "act-intended": (view, { data }) => {
    doing(view, text(data, "mode") === "undo" ? "undoing" : "running", text(data, "name"));
  },
  "act-verified": (view) => {
    // An act that takes another back is none of the plan's.
    if (view.state !== "undoing") view.acts = { ...view.acts, verified: view.acts.verified + 1 };
  },
  waiting: (view, { data }) => {
    const state = RUN_STATES.find((known) => known === data["state"]) ?? "paused";
    stand(view, state, {
      what: text(data, "why"),
      owner: text(data, "owner"),
      untilMs: count(data, "untilMs"),
    });
    view.offers = list(data, "offers").filter((offer) => typeof offer === "string");
  },
  commanded: (view, { data, by }) => {
    // A pause that is put off ends no wait: people are called as before.
    if (view.owner === null || text(data, "putOffUntil") !== "") return;
    const state = view.state === "undo-incomplete" ? "undoing" : "running";
    doing(view, state, `${by} had it ${text(data, "command")}`);
  },
  "step-skipped": (view, { data, by }) => doing(view, view.state, `${by} left out "${text(data, "name")}"`),
  "hold-started": (view, { data, time }) => {
    doing(view, "holding", text(data, "title"));
    view.untilMs = time + count(data, "forMs");
  },
  "hold-passed": (view, { data }) => doing(view, "running", text(data, "title")),
  "good-point": (view, { data }) => doing(view, "running", text(data, "title")),
  "check-passed": (view, { data }) => doing(view, "running", text(data, "name")),
  "undo-started": (view) => {
    view.inPivot = false;
    doing(view, "undoing", "goes back to the last good point");
  },
  "undo-failed": (view, { data }) => doing(view, "undo-incomplete", text(data, "why")),
  "pivot-started": (view) => {
    view.inPivot = true;
  },
  "pivot-finished": (view) => {
    view.inPivot = false;
  },
  "run-ended": end,
};

function end(view: Draft, { data, time }: LedgerEvent): void {
  const state = RUN_STATES.find((known) => known === data["outcome"]) ?? "failed";
  doing(view, state, "ended");
  view.endedAtMs = time;
  view.why = text(data, "why");
  view.facts = data["facts"] ?? null;
}

function doing(view: Draft, state: RunState, what: string): void {
  view.state = state;
  view.doing = what;
  view.owner = null;
  view.untilMs = null;
  view.offers = [];
}

function stand(
  view: Draft,
  state: RunState,
  { what, owner, untilMs }: { readonly what: string; readonly owner: string; readonly untilMs: number },
): void {
  doing(view, state, what);
  view.owner = owner;
  view.untilMs = untilMs;
}

function text(data: JsonObject, key: string): string {
  const value = data[key];
  return typeof value === "string" ? value : "";
}

function count(data: JsonObject, key: string): number {
  const value = data[key];
  return typeof value === "number" ? value : 0;
}

function list(data: JsonObject, key: string): readonly Json[] {
  const value = data[key];
  return isList(value) ? value : [];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value);
}

// `Array.isArray` would make a readonly list one of `any`.
function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
