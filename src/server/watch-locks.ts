/**
 * Tells people of runs whose time for their locks is nearly over, and again when it is over.
 *
 * 1. Each of both is said once of each maximum; what could not be told is told at the next look.
 * 2. It is said what happens then: another run takes the locks by asking, or only people can take them.
 */
import type { LedgerEvent } from "../domain/ledger.ts";
import type { Clock } from "../ports/clock.ts";
import type { Message, Notify } from "../ports/notify.ts";
import { type OverTime, overTimes } from "./lock-table.ts";

export type LockWatchParts = {
  readonly clock: Clock;
  readonly notify: Notify;
  readonly log: (line: string) => void;
};

const TELL_WITHIN_MS = 5_000;

/** Answers what one look at the ledgers of all live runs does. */
export function watchLocks({ clock, notify, log }: LockWatchParts) {
  const told = new Set<string>();
  return async (ledgers: readonly (readonly LedgerEvent[])[]): Promise<void> => {
    const found = overTimes(ledgers, clock.now());
    const current = new Set(found.map(keyOf));
    for (const key of told) if (!current.has(key)) told.delete(key);
    for (const one of found) {
      const key = keyOf(one);
      if (told.has(key)) continue;
      const message = messageOf(one, clock.now());
      log(message.text);
      try {
        await notify.send(message, clock.within(TELL_WITHIN_MS));
        told.add(key);
      } catch (error) {
        log(`not told: ${String(error)}`);
      }
    }
  };
}

function keyOf({ run, untilMs, when }: OverTime): string {
  return `${run}/locks/${untilMs}/${when}`;
}

function messageOf(one: OverTime, nowMs: number): Message {
  const { run, locks, owner, untilMs, when, doing } = one;
  const severity = when === "soon" ? "warning" : "critical";
  const time =
    when === "soon"
      ? `has its locks (${locks.join(", ")}) for ${Math.ceil((untilMs - nowMs) / 1_000)} s more`
      : `is past its time for its locks (${locks.join(", ")})`;
  const text = `${run} ${time}: ${doing}; owner ${owner}. ${whatThen(one)} Next: ./wildcam run show ${run}`;
  return { key: keyOf(one), severity, to: "on-call", text };
}

function whatThen({ run, when, sealed }: OverTime): string {
  if (sealed)
    return `Nobody takes them by asking: it is in its pivot or goes back; an admin can, by ./wildcam run abandon ${run} --why TEXT or another run's --preempt.`;
  return when === "soon"
    ? "Then a run that asks or waits for them takes them, and nothing of this one is undone."
    : "A run that asks or waits for them takes them, and nothing of this one is undone.";
}
