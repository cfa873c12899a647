/**
 * How a run in flight stands beside its own events: whether it can go on here, whether it is stuck, until when it waits,
 * and what people can do. Every answer is made of ledgers, the server's own ground, and the sheets.
 */
import { textIn } from "../domain/event-data.ts";
import type { LedgerEvent } from "../domain/ledger.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { RunControl, RunInFlight } from "../ports/run-control.ts";
import type { Sheets } from "../ports/sheets.ts";
import { differences, differenceWords, type Ground, groundOf } from "./version-gate.ts";
import { dueOf, type Limits } from "./watchdog.ts";
import type { RunWatch } from "./watch-runs.ts";

export type Oversight = {
  readonly here: Ground;
  readonly sheets: Sheets;
  readonly control: RunControl;
  readonly stores: readonly LedgerStore[];
  readonly watch: RunWatch;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: (line: string) => void;
};

export type Standing = {
  readonly waitsFor: string;
  readonly untilMs: number;
  readonly owner: string;
  readonly stuck: boolean;
  /** Null when the run can go on here. */
  readonly blocked: { readonly why: string; readonly waysOut: readonly string[] } | null;
  readonly sheet: string;
  readonly codeVersion: string | null;
};

/** Null for a run that has ended. */
export async function standingOf(of: Oversight, events: readonly LedgerEvent[]): Promise<Standing | null> {
  const due = dueOf(events, of.limits);
  const [first] = events;
  if (due === null || first === undefined) return null;
  const { run, data, by } = first;
  const stuck = of.watch.stuck(run);
  return {
    waitsFor: due.waitsFor,
    untilMs: stuck?.untilMs ?? due.untilMs,
    owner: typeof data["requestedBy"] === "string" ? data["requestedBy"] : by,
    stuck: stuck !== null,
    blocked: await blockedBy(of, run, events),
    sheet: of.sheets.placeOf(run).sheet,
    codeVersion: groundOf(events)?.codeVersion ?? null,
  };
}

async function blockedBy(
  { here, sheets }: Oversight,
  run: string,
  events: readonly LedgerEvent[],
): Promise<Standing["blocked"]> {
  const abandon = `./wildcam run abandon ${run} --why TEXT: an admin ends it with the world as it stands, and its locks are given back`;
  const ground = groundOf(events);
  if (ground === null) {
    return { why: "it began under code that did not record its version", waysOut: [abandon] };
  }
  const found = differences(ground, here);
  if (found.length > 0) {
    const what = found.map((one) => one.what).join(", ");
    const start = `start the server with the ${what} that it began with (./wildcam local down, then ./wildcam local up there): it goes on by itself; ./wildcam runbook check-upgrade prints a checkout's code`;
    return { why: differenceWords(found), waysOut: [start, abandon] };
  }
  if (!(await sheets.isTaken(run).catch(() => false))) return null;
  const { taken } = sheets.placeOf(run);
  return {
    why: "people have taken it over by hand",
    waysOut: [`rm ${taken}: it goes on by itself`, abandon],
  };
}

export type UpgradeRow = {
  readonly run: string;
  /** Null: in the durable engine and without a ledger yet. */
  readonly runbook: string | null;
  readonly codeVersion: string | null;
  /** The durable engine's word; null when it does not know the run any more. */
  readonly status: string | null;
};

/** Runs in flight, by the durable engine and by the ledgers: a run that either knows counts. */
export async function runsInFlight(of: Oversight, signal: AbortSignal): Promise<UpgradeRow[]> {
  const held = await of.control.inFlight(signal);
  const [store] = of.stores;
  const names = new Set([...((await store?.runs()) ?? []), ...held.map(({ run }) => run)]);
  const rows: UpgradeRow[] = [];
  for (const run of names) {
    const events = (await store?.read(run).catch(() => [])) ?? [];
    const row = rowOf(
      run,
      events,
      held.find((one) => one.run === run),
    );
    if (row !== null) rows.push(row);
  }
  return rows;
}

function rowOf(
  run: string,
  events: readonly LedgerEvent[],
  held: RunInFlight | undefined,
): UpgradeRow | null {
  const [first] = events;
  // The installation's own ledger is no run's.
  if (first !== undefined && first.type !== "run-started") return null;
  const open = first !== undefined && events.at(-1)?.type !== "run-ended";
  if (!open && held === undefined) return null;
  return {
    run,
    runbook: first === undefined ? null : textIn(first.data, "runbook"),
    codeVersion: groundOf(events)?.codeVersion ?? held?.codeVersion ?? null,
    status: held?.status ?? null,
  };
}
