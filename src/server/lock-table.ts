/**
 * Who has which lock, until when, and who waits for it; and whose time for them is nearly over, or over. Derived from
 * ledgers alone, like every view.
 *
 * 1. Of two runs whose ledgers claim one lock, the one with the higher epoch has it: the other does not know yet.
 * 2. A run that has ended and kept its locks still has them.
 */
import { heldLocks, heldUntil, lockMaximum, textIn } from "../domain/event-data.ts";
import type { LedgerEvent } from "../domain/ledger.ts";
import { type RunState, viewOf } from "../engine/views.ts";

type Ledger = readonly LedgerEvent[];

export type LockRow = {
  readonly lock: string;
  readonly run: string;
  readonly state: RunState;
  readonly requestedBy: string;
  readonly epoch: number;
  readonly sinceMs: number;
  /** From when on a run that asks or waits takes it; null: never by asking. */
  readonly untilMs: number | null;
  /** Who waits for it, the next first. */
  readonly queue: readonly { readonly run: string; readonly requestedBy: string; readonly sinceMs: number }[];
};

export type OverTime = {
  readonly run: string;
  readonly owner: string;
  readonly locks: readonly string[];
  readonly untilMs: number;
  readonly when: "soon" | "over";
  /** Nobody takes them by asking: a pivot, a way back, a fault. */
  readonly sealed: boolean;
  readonly doing: string;
};

export function lockTable(ledgers: readonly Ledger[]): LockRow[] {
  const rows = new Map<string, LockRow>();
  for (const events of ledgers) {
    for (const row of claimsOf(events)) {
      const known = rows.get(row.lock);
      if (known === undefined || known.epoch < row.epoch) rows.set(row.lock, row);
    }
  }
  return [...rows.values()]
    .map((row) => ({ ...row, queue: queueOf(row.lock, ledgers) }))
    .sort((left, right) => (left.lock < right.lock ? -1 : 1));
}

/** People are told before it is over: a fifth of the time that was given, ten minutes at the most. */
const SOON_PART = 5;
const SOON_MOST_MS = 600_000;

export function overTimes(ledgers: readonly Ledger[], nowMs: number): OverTime[] {
  const table = lockTable(ledgers);
  return ledgers.flatMap((events): OverTime[] => {
    const view = viewOf(events);
    const maximum = lockMaximum(events);
    if (view === null || maximum === null || view.endedAtMs !== null) return [];
    const locks = table.filter(({ run }) => run === view.run).map(({ lock }) => lock);
    const { untilMs, sinceMs } = maximum;
    const soonMs = Math.min(SOON_MOST_MS, (untilMs - sinceMs) / SOON_PART);
    if (locks.length === 0 || nowMs < untilMs - soonMs) return [];
    const { run, requestedBy: owner, doing } = view;
    const sealed = view.locksUntilMs === null;
    return [{ run, owner, locks, untilMs, when: nowMs < untilMs ? "soon" : "over", sealed, doing }];
  });
}

function claimsOf(events: Ledger): LockRow[] {
  const view = viewOf(events);
  if (view === null) return [];
  const { run, state, requestedBy } = view;
  return heldLocks(events).flatMap((lock): LockRow[] => {
    const granted = events.findLast(({ type, data }) => type === "lock-granted" && data["lock"] === lock);
    if (granted === undefined) return [];
    const epoch = granted.data["epoch"];
    const row = {
      lock,
      run,
      state,
      requestedBy,
      sinceMs: granted.time,
      untilMs: heldUntil(events),
      queue: [],
    };
    return [{ ...row, epoch: typeof epoch === "number" ? epoch : 0 }];
  });
}

function queueOf(lock: string, ledgers: readonly Ledger[]): LockRow["queue"] {
  return ledgers
    .flatMap((events) => {
      const [first] = events;
      const about = events.filter(({ data }) => data["lock"] === lock);
      const queued = about.find(({ type }) => type === "lock-queued");
      const waits = queued !== undefined && about.at(-1)?.type === "lock-queued";
      if (first === undefined || !waits || events.at(-1)?.type === "run-ended") return [];
      return [{ run: first.run, requestedBy: textIn(first.data, "requestedBy"), sinceMs: queued.time }];
    })
    .sort((left, right) => left.sinceMs - right.sinceMs);
}
