/**
 * Has holds watched whose watcher died with its server. A hold is watched where it began; with several servers the one that
 * speaks watches every hold besides, so that none is ever without a watcher that lives.
 *
 * 1. Watching twice does no harm: the edge's account is the same for both, and of two words about a breach the run hears
 *    one.
 * 2. A look that fails is taken again.
 */
import type { LedgerEvent } from "../domain/ledger.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import { ledgersInFlight } from "./ledgers-in-flight.ts";

const LOOK_EVERY_MS = 1_000;

export type HoldsParts = {
  readonly store: LedgerStore;
  readonly clock: Clock;
  /** Whether this server does so now. */
  readonly speaks: () => Promise<boolean>;
  /** Watches the hold that the run stands in, if it does; answers at once for one that is watched here already. */
  readonly adopt: (events: readonly LedgerEvent[]) => void;
  readonly log: (line: string) => void;
};

export function watchHolds({ store, clock, speaks, adopt, log }: HoldsParts) {
  const ended = new Set<string>();

  async function look(): Promise<void> {
    if (!(await speaks())) return;
    for (const events of await ledgersInFlight(store, ended)) adopt(events);
  }

  return {
    look,
    /** Runs until the signal is aborted. */
    watch: async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        await look().catch((error: unknown) => log(`holds could not be looked at: ${String(error)}`));
        await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
      }
    },
  };
}
