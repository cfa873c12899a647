/**
 * How long the steps of a run take, from what past runs' ledgers say: an act from its intent to its proof, a check from the
 * event before it. A step that was tried again, or beside which people were waited for, counts with all of its time.
 *
 * 1. Only whole steps count: one that failed, was skipped or is under way says nothing of how long it takes.
 * 2. The same op takes about the same time whatever its target, so that few runs already say something.
 */
import { canonicalJson } from "../domain/canonical.ts";
import type { LedgerEvent } from "../domain/ledger.ts";

/** ms, in no order, by `act OP` or `check`. */
export type Durations = ReadonlyMap<string, readonly number[]>;

export type Expected = {
  /** ms: half of the past ones were shorter; all were within `mostMs`. */
  readonly typicalMs: number;
  readonly mostMs: number;
  /** How many past steps that rests on; 0: the driver's own word. */
  readonly seen: number;
};

export const actKey = (op: string): string => `act ${op}`;
export const CHECK_KEY = "check";

/** Of one run's events, in order. */
export function durationsOf(events: readonly LedgerEvent[]): Durations {
  const found = new Map<string, number[]>();
  const began = new Map<string, number>();
  let lastMs = events[0]?.time ?? 0;
  for (const { type, time, data } of events) {
    const key = canonicalJson([data["step"] ?? null, data["op"] ?? null, data["target"] ?? null]);
    if (type === "act-intended") began.set(key, time);
    const sinceMs = began.get(key);
    if (type === "act-verified" && sinceMs !== undefined && typeof data["op"] === "string")
      add(found, actKey(data["op"]), time - sinceMs);
    if (type === "check-passed") add(found, CHECK_KEY, time - lastMs);
    lastMs = time;
  }
  return found;
}

export function together(all: readonly Durations[]): Durations {
  const found = new Map<string, number[]>();
  for (const one of all) for (const [key, list] of one) for (const ms of list) add(found, key, ms);
  return found;
}

/** Null when there is no past step of this kind. */
export function expectedOf(durations: Durations, key: string): Expected | null {
  const sorted = (durations.get(key) ?? []).toSorted((left, right) => left - right);
  const typicalMs = sorted[Math.floor(sorted.length / 2)];
  const mostMs = sorted.at(-1);
  return typicalMs === undefined || mostMs === undefined ? null : { typicalMs, mostMs, seen: sorted.length };
}

function add(found: Map<string, number[]>, key: string, ms: number): void {
  const list = found.get(key);
  if (list === undefined) found.set(key, [ms]);
  else list.push(ms);
}
