/** What a server looks at when something is due, and how it finds out that a run has ended. */
import { heldLocks } from "../domain/event-data.ts";
import type { Inventory } from "../domain/inventory/schema.ts";
import { isAuditLedger, type LedgerEvent } from "../domain/ledger.ts";
import type { Look, RunsEnd } from "../domain/schedule.ts";
import { viewOf } from "../engine/views.ts";
import { readSnapshot, type World } from "../engine/world.ts";
import { blindLook, lookOf } from "../loops/schedule/look.ts";
import type { Automation } from "../ports/automation.ts";
import { PortError } from "../ports/errors.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import { lockTable } from "./lock-table.ts";

export type ScheduleEyes = {
  readonly inventory: Inventory;
  readonly world: World;
  readonly automation: Pick<Automation, "show">;
  readonly store: LedgerStore;
  /** Runs that have ended and given back their locks: their ledgers are not read again. */
  readonly over: Set<string>;
};

/** For so long a service has to have been steady. */
const STEADY_MS = 15 * 60_000;

export async function lookAround(eyes: ScheduleEyes, signal: AbortSignal): Promise<Look> {
  const { inventory, world, automation } = eyes;
  const { service, clouds, clusters } = inventory;
  const { goodPercent, latency, fastWindow } = service.objective;
  const objective = { goodPercent, latencyMs: latency };
  const sinceMs = world.clock.now() - STEADY_MS;
  try {
    const facts = await readSnapshot(world, signal);
    const windows = await world.edge.windows(
      { sinceMs, afterMs: sinceMs, everyMs: fastWindow, ms: fastWindow },
      signal,
    );
    const held = lockTable(await ledgersUnderWay(eyes));
    const past = { windows, expected: Math.floor(STEADY_MS / fastWindow) };
    const seen = { facts, held, past, automation: await automation.show(signal) };
    return lookOf(seen, { clouds: Object.keys(clouds), clusters, objective });
  } catch (error) {
    return blindLook(error instanceof Error ? error.message : String(error));
  }
}

async function ledgersUnderWay({ store, over }: ScheduleEyes): Promise<(readonly LedgerEvent[])[]> {
  const ledgers: (readonly LedgerEvent[])[] = [];
  for (const run of await store.runs()) {
    if (isAuditLedger(run) || over.has(run)) continue;
    // A damaged ledger is `ledger verify`'s to name; it must not keep every drill from beginning.
    const events = await store.read(run).catch((error: unknown) => {
      if (error instanceof PortError && error.kind === "retryable") throw error;
      return [];
    });
    if (events.at(-1)?.type === "run-ended" && heldLocks(events).length === 0) over.add(run);
    else ledgers.push(events);
  }
  return ledgers;
}

export async function endIn(store: LedgerStore, run: string): Promise<RunsEnd | null> {
  // A record that cannot be read now says nothing of the run's end.
  const view = viewOf(await store.read(run).catch(() => []));
  return view === null || view.endedAtMs === null ? null : { state: view.state, why: view.why };
}
