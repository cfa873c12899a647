/** What is read out of ledger events, which may be of another time and lack what today's have. */
import type { JsonObject } from "./json.ts";
import type { LedgerEvent } from "./ledger.ts";

/** Empty when it is not there or no text. */
export function textIn(data: JsonObject, key: string): string {
  const value = data[key];
  return typeof value === "string" ? value : "";
}

/** 0 when it is not there or no number. */
export function numberIn(data: JsonObject, key: string): number {
  const value = data[key];
  return typeof value === "number" ? value : 0;
}

/** The locks that a run was granted and has not given back, in the order of their grants. */
export function heldLocks(events: readonly LedgerEvent[]): string[] {
  const held = new Set<string>();
  for (const { type, data } of events) {
    if (type === "lock-granted") held.add(textIn(data, "lock"));
    if (type === "lock-released") held.delete(textIn(data, "lock"));
  }
  return [...held];
}

/** From when on its locks may be taken, as its last event that says so has it; null: never by asking, or not said. */
export function heldUntil(events: readonly LedgerEvent[]): number | null {
  const untilMs = events.findLast(saysUntil)?.data["heldUntilMs"];
  return typeof untilMs === "number" ? untilMs : null;
}

/** The maximum that a run was last given, also while its locks are kept without one; null when it was given none. */
export function lockMaximum(
  events: readonly LedgerEvent[],
): { readonly untilMs: number; readonly sinceMs: number } | null {
  const given = events.findLast((event) => saysUntil(event) && typeof event.data["heldUntilMs"] === "number");
  const untilMs = given?.data["heldUntilMs"];
  return given === undefined || typeof untilMs !== "number" ? null : { untilMs, sinceMs: given.time };
}

function saysUntil({ type, data }: LedgerEvent): boolean {
  return (type === "lock-granted" || type === "locks-kept") && data["heldUntilMs"] !== undefined;
}
