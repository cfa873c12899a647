/**
 * The ledger: what happened in a run, as hash-chained events from which every view is derived.
 *
 * Invariants
 * 1. `previous` of event n is `hash` of event n-1 (64 zeros at the start), and `hash` is the digest of the event's
 *    canonical JSON without `hash`: any edit, swap or insertion breaks the chain at a known index.
 * 2. Events are canonical and versioned: a reader that meets another `v` must say so, not guess.
 * 3. An event has one spelling, `ledgerLine`: a line that is spelled otherwise was not written by us, whatever it means.
 *
 * How far a record goes is said by its signed head (`ledger-head.ts`); `ledger-proof.ts` judges all copies together.
 */
import { canonicalJson, digest } from "./canonical.ts";
import type { JsonObject } from "./json.ts";

export const LEDGER_VERSION = 1;
const NO_HASH = "0".repeat(64);

export const EVENT_TYPES = [
  "run-started",
  "read",
  "planned",
  "approval-asked",
  "approved",
  "rejected",
  "approval-lapsed",
  "commanded",
  "command-refused",
  "waiting",
  "wait-lapsed",
  "step-skipped",
  "superseded",
  "lock-granted",
  "lock-queued",
  "lock-refused",
  "locks-kept",
  "lock-released",
  "guarded",
  "act-intended",
  "act-done",
  "act-verified",
  "act-failed",
  "act-retried",
  "check-passed",
  "check-failed",
  "hold-started",
  "hold-passed",
  "good-point",
  "hold-breached",
  "pivot-started",
  "pivot-committed",
  "pivot-finished",
  "notified",
  "refused",
  "undo-started",
  "undone",
  "undo-failed",
  "failed",
  "run-ended",
  ...(["attempt-refused", "attempts-counted", "people-changed", "automation-changed"] as const), // of the ledger `audit`
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export type LedgerEvent = {
  readonly v: typeof LEDGER_VERSION;
  readonly run: string;
  readonly index: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly type: EventType;
  /** A person's name, `policy`, or `engine`. */
  readonly by: string;
  readonly data: JsonObject;
  readonly previous: string;
  readonly hash: string;
};

export type EventDraft = {
  readonly run: string;
  readonly time: number;
  readonly type: EventType;
  readonly by: string;
  readonly data: JsonObject;
};

/** The next event of a chain whose last event is `last` (null at the start). */
export function chainEvent(last: LedgerEvent | null, draft: EventDraft): LedgerEvent {
  const body = {
    v: LEDGER_VERSION,
    run: draft.run,
    index: last === null ? 0 : last.index + 1,
    time: draft.time,
    type: draft.type,
    by: draft.by,
    data: draft.data,
    previous: last === null ? NO_HASH : last.hash,
  } as const;
  return { ...body, hash: digest(body) };
}

/** The line that a store holds of an event, with its end. */
export function ledgerLine(event: LedgerEvent): string {
  return `${canonicalJson(event)}\n`;
}

export type ChainFault = { readonly index: number; readonly fault: string };

/** The first fault of a chain, or null when it holds. */
export function findChainFault(events: readonly LedgerEvent[]): ChainFault | null {
  let previous = NO_HASH;
  for (const [index, event] of events.entries()) {
    const { hash, ...body } = event;
    if (event.v !== LEDGER_VERSION)
      return { index, fault: `version ${String(event.v)} is not known to this program` };
    if (event.index !== index) return { index, fault: `stands at place ${index} but says ${event.index}` };
    if (event.run !== events[0]?.run) return { index, fault: "belongs to another run" };
    if (event.previous !== previous) return { index, fault: "does not follow the event before it" };
    if (digest(body) !== hash) return { index, fault: "was changed after it was written" };
    previous = hash;
  }
  return null;
}

/** The ledger of the installation itself: who was refused what, and how people changed. It is no run, and has no end. */
export const AUDIT_LEDGER = "audit";

/** Each of several members has one of its own, so that each has one writer. */
export function auditLedgerOf(member: string | null): string {
  return member === null ? AUDIT_LEDGER : `${AUDIT_LEDGER}-${member}`;
}

export function isAuditLedger(name: string): boolean {
  return name === AUDIT_LEDGER || name.startsWith(`${AUDIT_LEDGER}-`);
}

/** Whether `events` ends as a run ends; a chain without its end may have been cut. */
export function hasEnd(events: readonly LedgerEvent[]): boolean {
  return events.at(-1)?.type === "run-ended";
}
