/**
 * What every check needs of the records: the runs, the windows of time that they cut, and small sums over numbers.
 */
import { readRuns, type Run, type Runs } from "./judge-ledger.ts";
import type { ClientRequest, DrillRecords } from "./judge-records.ts";

/** A half-open stretch of time, in ms since the epoch. */
export type Window = { readonly fromMs: number; readonly toMs: number };

export type Facts = {
  readonly records: DrillRecords;
  readonly runs: Runs;
  /** From the forward run's first act to the backward run's start. */
  readonly forward: Window | null;
  /** From the backward run's start to the end of the load. */
  readonly backward: Window | null;
  readonly loadEndedAtMs: number;
};

/** One thing that had to hold. `measured` and `limit` are in the unit that the name ends with. */
export type Check = {
  readonly name: string;
  readonly ok: boolean;
  readonly measured: number | string | null;
  readonly limit: number | string | null;
  readonly detail: string;
};

export function gatherFacts(records: DrillRecords): Facts {
  const runs = readRuns(records);
  const loadEndedAtMs = records.requests.at(-1)?.scheduled ?? records.intent.endedAtMs;
  return {
    records,
    runs,
    loadEndedAtMs,
    forward: forwardWindow(runs.forward, runs.backward, loadEndedAtMs),
    backward: runs.backward === null ? null : { fromMs: runs.backward.startedAtMs, toMs: loadEndedAtMs },
  };
}

function forwardWindow(forward: Run | null, backward: Run | null, loadEndedAtMs: number): Window | null {
  if (forward === null) return null;
  return {
    fromMs: forward.firstActAtMs ?? forward.startedAtMs,
    toMs: backward?.startedAtMs ?? loadEndedAtMs,
  };
}

/** An answer came, and it was a good one. The load generator expects no 4xx, so that any of them is a failure. */
export function isGood(request: ClientRequest): boolean {
  return request.error === null && request.status !== null && request.status >= 200 && request.status < 400;
}

/** The client was told that its write is kept, whatever happened to the rest of the answer. */
export function isAcknowledgedWrite(request: ClientRequest): boolean {
  return (
    request.method === "POST" && request.status !== null && request.status >= 200 && request.status < 300
  );
}

/** From the time at which the request was due, not when it was sent: a stall counts for all that it kept waiting. */
export function latencyMs(request: ClientRequest): number {
  return request.ended - request.scheduled;
}

/** Nearest rank; null for no numbers. `share` from 0 to 1. */
export function percentile(numbers: Iterable<number>, share: number): number | null {
  const sorted = Float64Array.from(numbers).sort();
  if (sorted.length === 0) return null;
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? null;
}

export function rounded(number: number): number {
  return Math.round(number * 10) / 10;
}

export function roundedOrNull(number: number | null): number | null {
  return number === null ? null : rounded(number);
}

/** The first few of a list as prose, and how many more there are. */
export function someOf(items: readonly string[], most = 3): string {
  const shown = items.slice(0, most).join("; ");
  return items.length > most ? `${shown}; and ${items.length - most} more` : shown;
}
