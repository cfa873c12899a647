/** The ledgers of runs that have no end yet. */
import type { LedgerEvent } from "../domain/ledger.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";

/** `ended`: those whose end has been seen, which are not read again; it is added to. */
export async function ledgersInFlight(
  store: Pick<LedgerStore, "runs" | "read">,
  ended: Set<string>,
): Promise<(readonly LedgerEvent[])[]> {
  const ledgers: (readonly LedgerEvent[])[] = [];
  for (const run of await store.runs()) {
    if (ended.has(run)) continue;
    // A damaged ledger is `ledger verify`'s to name; it must not keep others from being looked at.
    const events = await store.read(run).catch(() => []);
    if (events.at(-1)?.type === "run-ended") ended.add(run);
    else if (events[0]?.type === "run-started") ledgers.push(events);
  }
  return ledgers;
}
