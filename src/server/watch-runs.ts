/**
 * The watchdog's loop: looks at every ledger that has no end, and says once of each stuck period that there is one.
 *
 * 1. A run is said to be stuck within a minute of becoming so: a look every 10 s, and 15 s of patience with a clock that
 *    differs or an event that is just being written.
 * 2. After the server's own start runs in flight first get time to go on: they were silent because it was down.
 * 3. What could not be told to people is told again at the next look; a look that fails is tried again.
 * 4. Of several servers every one looks, so that each can say of a run that it is stuck, and one tells people. When that
 *    one dies, the next tells what it finds: a notice may come twice, under the same key, and is never lost.
 * 5. The same look finds runs whose time for their locks is nearly over, or over (`watch-locks.ts`).
 */
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Notify } from "../ports/notify.ts";
import { ledgersInFlight } from "./ledgers-in-flight.ts";
import { watchLocks } from "./watch-locks.ts";
import { type Limits, type Stuck, stuckRuns } from "./watchdog.ts";

const LOOK_EVERY_MS = 10_000;
const PATIENCE_MS = 15_000;
const AFTER_START_MS = 30_000;
const LOOK_WITHIN_MS = 5_000;

export type WatchParts = {
  readonly store: LedgerStore;
  readonly clock: Clock;
  readonly notify: Notify;
  readonly limits: Limits;
  readonly log: (line: string) => void;
  /** Whether it is this server that speaks, where there are several; left out: it is the only one. */
  readonly speaks?: () => Promise<boolean>;
};

export type RunWatch = {
  /** Why and since when a run is stuck, as of the last look; null when it is not. */
  stuck(run: string): Stuck | null;
  /** Runs until the signal is aborted. */
  watch(signal: AbortSignal): Promise<void>;
  /** One look, as `watch` takes them. */
  look(): Promise<void>;
};

export function watchRuns({ store, clock, notify, limits, log, ...of }: WatchParts): RunWatch {
  const ended = new Set<string>();
  const flagged = new Map<string, { readonly stuck: Stuck; told: boolean }>();
  const startedMs = clock.now();
  const lookAtLocks = watchLocks({ clock, notify, log });

  async function tell(entry: { readonly stuck: Stuck; told: boolean }): Promise<void> {
    const { run, waitsFor, owner, untilMs, after } = entry.stuck;
    const lateS = Math.round((clock.now() - untilMs) / 1_000);
    const text = `${run} is stuck: it waits for ${waitsFor}, which was due ${lateS} s ago; owner ${owner}. Next: ./wildcam run show ${run}`;
    log(text);
    const message = { key: `${run}/stuck/${after}`, severity: "critical", to: "on-call", text } as const;
    await notify.send(message, clock.within(LOOK_WITHIN_MS));
    entry.told = true;
  }

  async function look(): Promise<void> {
    if (clock.now() < startedMs + AFTER_START_MS) return;
    const ledgers = await ledgersInFlight(store, ended);
    const speaks = (await of.speaks?.()) ?? true;
    const found = stuckRuns(ledgers, limits, clock.now() - PATIENCE_MS);
    for (const run of flagged.keys()) if (!found.some((one) => one.run === run)) flagged.delete(run);
    for (const stuck of found) {
      const before = flagged.get(stuck.run);
      // Another event since: that period is over, and this is a new one.
      const entry = before?.stuck.after === stuck.after ? before : { stuck, told: false };
      flagged.set(stuck.run, entry);
      if (speaks && !entry.told)
        await tell(entry).catch((error: unknown) => log(`not told: ${String(error)}`));
    }
    if (speaks) await lookAtLocks(ledgers);
  }

  return {
    stuck: (run) => flagged.get(run)?.stuck ?? null,
    look,
    watch: async (signal) => {
      while (!signal.aborted) {
        await look().catch((error: unknown) => log(`the watchdog could not look: ${String(error)}`));
        await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
      }
    },
  };
}
