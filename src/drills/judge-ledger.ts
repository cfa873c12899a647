/**
 * The ledger, read by a stranger: the hash chain worked out afresh, and each run's events told apart.
 *
 * Each event is `{v, run, index, time, type, by, data, previous, hash}`. `hash` is the SHA-256, in hexadecimal, of the
 * canonical JSON (keys sorted at every depth, no spaces) of the event without `hash`; `previous` is the hash of the
 * event before it in its run, and 64 zeros for index 0.
 */
import { createHash } from "node:crypto";
import { isJsonObject, type JsonObject } from "./judge-lines.ts";
import type { DrillRecords, LedgerEvent } from "./judge-records.ts";

const LEDGER_VERSION = 1;
const NO_EVENT_BEFORE = "0".repeat(64);

export type Run = {
  readonly id: string;
  readonly runbook: string;
  readonly startedAtMs: number;
  /** When the last event was written. */
  readonly lastEventAtMs: number;
  /** Null when the run intended no act. */
  readonly firstActAtMs: number | null;
  readonly outcome: string;
  readonly steps: number;
  readonly durationMs: number;
  readonly events: readonly LedgerEvent[];
  /** What is wrong with the chain; null when it holds. */
  readonly chainProblem: string | null;
};

/** The runs that the drill is about, and all that the ledger file holds. */
export type Runs = {
  readonly all: readonly Run[];
  /** Forward and backward, as far as there are such; of a drill with many runs all that began after it did. */
  readonly ours: readonly Run[];
  readonly forward: Run | null;
  readonly backward: Run | null;
};

/** Runs in order of their start. Forward and backward are the first two that began after the drill did. */
export function readRuns(records: DrillRecords): Runs {
  const byRun = new Map<string, LedgerEvent[]>();
  for (const event of records.events) {
    const events = byRun.get(event.run);
    if (events === undefined) byRun.set(event.run, [event]);
    else events.push(event);
  }
  const all = [...byRun]
    .map(([id, events]) => describe(id, events))
    .toSorted((a, b) => a.startedAtMs - b.startedAtMs);
  const since = all.filter((run) => run.startedAtMs >= records.intent.startedAtMs);
  const isPlanned = records.interruptions === null && records.outage === null;
  const ours = isPlanned ? since.slice(0, 2) : since;
  return { all, ours, forward: since[0] ?? null, backward: since[1] ?? null };
}

/** JSON with the keys of every object sorted, and no spaces. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value) ?? "null";
  const fields = Object.keys(value)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`);
  return `{${fields.join(",")}}`;
}

/** The hash that an event must carry. */
export function hashOf(event: JsonObject): string {
  const { hash: _, ...rest } = event;
  return createHash("sha256").update(canonicalJson(rest)).digest("hex");
}

/** A field of an event's data as text: numbers are written out, anything else is empty. */
export function dataText(event: LedgerEvent, name: string): string {
  const value = event.data[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** A field of an event's data as a number, or null. */
export function dataNumber(event: LedgerEvent, name: string): number | null {
  const value = event.data[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function eventsOf(run: Run | null, type: string): LedgerEvent[] {
  return run === null ? [] : run.events.filter((event) => event.type === type);
}

function describe(id: string, events: readonly LedgerEvent[]): Run {
  const first = events[0];
  const last = events.at(-1);
  const started = events.find((event) => event.type === "run-started");
  const ended = events.findLast((event) => event.type === "run-ended");
  const startedAtMs = first?.time ?? 0;
  const lastEventAtMs = last?.time ?? 0;
  return {
    id,
    runbook: started === undefined ? "unknown" : runbookName(started),
    startedAtMs,
    lastEventAtMs,
    firstActAtMs: events.find((event) => event.type === "act-intended")?.time ?? null,
    outcome: ended === undefined ? "not ended" : dataText(ended, "outcome"),
    steps: countSteps(events),
    durationMs: (ended === undefined ? null : dataNumber(ended, "durationMs")) ?? lastEventAtMs - startedAtMs,
    events,
    chainProblem: chainProblem(events),
  };
}

function runbookName(started: LedgerEvent): string {
  const runbook = started.data["runbook"];
  if (isJsonObject(runbook) && typeof runbook["name"] === "string") return runbook["name"];
  return dataText(started, "runbook");
}

/** A step is a read, or whatever else the run numbered: acts, checks, holds. */
function countSteps(events: readonly LedgerEvent[]): number {
  const steps = new Set<string>();
  for (const event of events) {
    switch (event.type) {
      case "read":
        steps.add(`read at ${event.index}`);
        break;
      case "act-intended":
        steps.add(`act ${dataText(event, "key")}`);
        break;
      case "check-passed":
      case "check-failed":
      case "hold-started":
        steps.add(`${event.type.slice(0, 5)} ${dataText(event, "step")}`);
        break;
      default:
        break;
    }
  }
  return steps.size;
}

function chainProblem(events: readonly LedgerEvent[]): string | null {
  let previous = NO_EVENT_BEFORE;
  for (const [position, event] of events.entries()) {
    if (event.whole["v"] !== LEDGER_VERSION)
      return `event ${position} of run ${event.run} has a version that is not known here`;
    if (event.index !== position)
      return `event ${position} of run ${event.run} is missing (found ${event.index})`;
    if (event.previous !== previous)
      return `event ${position} of run ${event.run} does not follow the one before it`;
    if (event.hash !== hashOf(event.whole))
      return `event ${position} of run ${event.run} was changed after it was written`;
    previous = event.hash;
  }
  if (events[0]?.type !== "run-started") return `run ${events[0]?.run ?? ""} does not begin with its start`;
  if (events.at(-1)?.type !== "run-ended")
    return `run ${events[0].run} does not end with its end: truncated, or still under way`;
  return null;
}
