/**
 * The watchdog: no run without what it waits for, an owner and a deadline.
 *
 * Each event of a run's ledger says by when the next one is due at the latest. A run that is silent beyond that is stuck:
 * its worker hangs, its code is not here, or nobody has come to it. That is said, loudly and once, and shown until the
 * run makes its next event.
 *
 * Invariants
 * 1. Pure: the same events and the same time give the same judgement.
 * 2. Every event that is not an end has a deadline. An event that states its own (`untilMs`) is believed.
 * 3. A run that waits for a lock has until those who hold one are due.
 */
import { heldLocks, textIn } from "../domain/event-data.ts";
import type { EventType, LedgerEvent } from "../domain/ledger.ts";

export type Limits = {
  /** The longest that a step other than those below may take until its next event. */
  readonly stepMs: number;
  /** Until raised capacity is ready, and proved to be. */
  readonly scaleMs: number;
  readonly approvalForMs: number;
};

export type Due = { readonly waitsFor: string; readonly untilMs: number };

export type Stuck = Due & {
  readonly run: string;
  readonly owner: string;
  /** The event after which it fell silent. */
  readonly after: number;
};

/** Null when the run has ended. `holdersDueMs`: until when those that hold a lock are due; null when nobody does. */
export function dueOf(
  events: readonly LedgerEvent[],
  limits: Limits,
  holdersDueMs: number | null = null,
): Due | null {
  const last = events.at(-1);
  if (last === undefined || last.type === "run-ended") return null;
  const stated = last.data["untilMs"];
  const due = { waitsFor: waitsFor(last), untilMs: last.time + lengthMs(last, limits) };
  if (typeof stated === "number") return { ...due, untilMs: stated };
  if (!waitsForLocks(last) || holdersDueMs === null) return due;
  return { ...due, untilMs: Math.max(due.untilMs, holdersDueMs) };
}

/** All that are stuck at `nowMs`, of runs given by their events. */
export function stuckRuns(runs: readonly (readonly LedgerEvent[])[], limits: Limits, nowMs: number): Stuck[] {
  const stuck: Stuck[] = [];
  for (const events of runs) {
    const [first, last] = [events[0], events.at(-1)];
    const due = dueOf(events, limits, holdersDue(events, runs, limits));
    if (first === undefined || last === undefined || due === null || nowMs <= due.untilMs) continue;
    const owner = first.data["requestedBy"];
    stuck.push({
      ...due,
      run: first.run,
      owner: typeof owner === "string" ? owner : first.by,
      after: last.index,
    });
  }
  return stuck;
}

/** When the last of the other runs that hold a lock is due; they are watched themselves. */
function holdersDue(
  events: readonly LedgerEvent[],
  runs: readonly (readonly LedgerEvent[])[],
  limits: Limits,
): number | null {
  const holders = runs.filter((other) => other[0]?.run !== events[0]?.run && heldLocks(other).length > 0);
  const dues = holders.flatMap((other) => dueOf(other, limits)?.untilMs ?? []);
  return dues.length === 0 ? null : Math.max(...dues);
}

function waitsForLocks({ type }: LedgerEvent): boolean {
  return type === "run-started" || type === "lock-granted" || type === "lock-queued";
}

function lengthMs({ type, data }: LedgerEvent, limits: Limits): number {
  if (type === "approval-asked") return limits.approvalForMs;
  if (type === "hold-started") return (typeof data["forMs"] === "number" ? data["forMs"] : 0) + limits.stepMs;
  return ACTING.has(type) && data["op"] === "scale" ? limits.scaleMs : limits.stepMs;
}

const ACTING: ReadonlySet<EventType> = new Set(["act-intended", "act-retried", "act-done"]);

function waitsFor(event: LedgerEvent): string {
  const { type, data } = event;
  if (waitsForLocks(event)) return "its locks";
  if (type === "waiting") return `a word of ${textIn(data, "owner") || "people"}: ${textIn(data, "why")}`;
  if (type === "approval-asked")
    return `${typeof data["count"] === "number" ? data["count"] : 1} approval(s)`;
  if (type === "hold-started") return `the end of the hold "${textIn(data, "title")}"`;
  const act = textIn(data, "name") || textIn(data, "op");
  if (type === "act-done") return `the world to show "${act}"`;
  return ACTING.has(type) ? `the answer to "${act}"` : "its next step";
}
