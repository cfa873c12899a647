/**
 * Abandoning a run: what an admin does when it cannot go on, or when people have done it by hand.
 *
 * 1. The invocation ends first, so that nothing of the run acts beside what follows. Nothing is undone: the world stays
 *    as it stands. An effect on its way may still land, and the answer says which.
 * 2. Its locks are given back, and the end `cancelled` with who and why is in every ledger. In this order: cut off
 *    anywhere, it can be done again.
 * 3. A run that has ended and kept its locks gives them back too. Its record is closed, so that this is said in the log
 *    and on its sheet.
 * 4. The sheet stays: what is left by hand is left.
 */
import { heldLocks, textIn } from "../domain/event-data.ts";
import { chainEvent, type EventType, type LedgerEvent } from "../domain/ledger.ts";
import type { JsonObject } from "../domain/json.ts";
import { PortError } from "../ports/errors.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import { ApiError } from "./api/errors.ts";
import { type Caller, requireRole } from "./identity.ts";
import type { Oversight } from "./oversight.ts";

export type Abandoned = {
  readonly run: string;
  /** False when it had ended before and only its locks were given back. */
  readonly ended: boolean;
  readonly locksGivenBack: readonly string[];
  /** Acts that were begun and not proved: look whether they have happened. */
  readonly inDoubt: readonly string[];
  readonly sheet: string;
};

const QUIET_MS = 300;
const TRIES = 5;

export async function abandonRun(
  of: Oversight,
  order: { readonly run: string; readonly why: string; readonly queuesFor: readonly string[] },
  caller: Caller,
  signal: AbortSignal,
): Promise<Abandoned> {
  requireRole(caller, "admin");
  const { run, why } = order;
  const known = await longest(of.stores, run);
  const over = known.at(-1)?.type === "run-ended";
  if (over && heldLocks(known).length === 0) {
    throw new ApiError("refused", {
      what: `there is nothing to abandon: ${run} has ended`,
      why: "and it gave its locks back",
      next: `wildcam run show ${run}`,
    });
  }
  const taken = over ? false : await of.control.end(run, signal);
  if (known.length === 0 && !taken) {
    throw new ApiError("not-found", {
      what: `there is no run "${run}"`,
      why: "neither a ledger nor the durable engine has that name",
      next: "wildcam run list",
    });
  }
  // What its last attempt had under way is written down by now, or never will be.
  if (taken) await of.clock.sleep(QUIET_MS, signal);
  const events = await longest(of.stores, run);
  const held = heldLocks(events);
  for (const lock of new Set([...held, ...(over ? [] : order.queuesFor)]))
    await of.control.giveBack(lock, run, signal);
  const inDoubt = openActs(events);
  of.log(`${caller.name} abandons ${run}: ${why}; locks given back: ${held.join(", ") || "none"}`);
  if (over) await noteOnSheet(of, run, `Locks given back by ${caller.name}: ${why}`);
  else if (events.length > 0) await writeEnd(of, { run, why, held, inDoubt }, caller);
  return { run, ended: !over, locksGivenBack: held, inDoubt, sheet: of.sheets.placeOf(run).sheet };
}

type End = {
  readonly run: string;
  readonly why: string;
  readonly held: readonly string[];
  readonly inDoubt: readonly string[];
};

/** Again when an event of the run itself came in between: the chain goes on behind it. */
async function writeEnd(of: Oversight, end: End, caller: Caller): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const events = [...(await longest(of.stores, end.run))];
    const add = (type: EventType, data: JsonObject) => {
      const last = events.at(-1) ?? null;
      const time = Math.max(of.clock.now(), last?.time ?? 0);
      events.push(chainEvent(last, { run: end.run, time, type, by: caller.name, data }));
    };
    for (const lock of end.held) add("lock-released", { lock });
    const startedMs = events[0]?.time ?? of.clock.now();
    add("run-ended", {
      outcome: "cancelled",
      why: `abandoned by ${caller.name}: ${end.why}`,
      facts: { abandoned: true, locksGivenBack: end.held, inDoubt: end.inDoubt },
      durationMs: of.clock.now() - startedMs,
    });
    try {
      for (const store of of.stores) await store.append(end.run, events);
      return;
    } catch (error) {
      if (!(error instanceof PortError) || error.kind !== "terminal" || tries >= TRIES) throw error;
    }
  }
}

async function longest(stores: readonly LedgerStore[], run: string): Promise<readonly LedgerEvent[]> {
  let best: readonly LedgerEvent[] = [];
  for (const store of stores) {
    const events = await store.read(run);
    if (events.length > best.length) best = events;
  }
  return best;
}

function openActs(events: readonly LedgerEvent[]): string[] {
  const open = new Map<string, string>();
  for (const { type, data } of events) {
    const key = textIn(data, "key");
    if (type === "act-intended") open.set(key, textIn(data, "name"));
    if (type === "act-verified") open.delete(key);
  }
  return [...open.values()];
}

async function noteOnSheet({ sheets, log }: Oversight, run: string, note: string): Promise<void> {
  try {
    const text = (await sheets.read(run)) ?? "";
    await sheets.write(run, `${text}\n**${note}**\n`);
  } catch (error) {
    log(`the sheet of ${run} could not be written: ${String(error)}`);
  }
}
