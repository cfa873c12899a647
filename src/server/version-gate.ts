/**
 * A run in flight goes on with what it began with, or not at all.
 *
 * Its course follows from the code, the inventory and the profile; under others a replay would take another course than
 * the one that was approved and begun. So a run that comes to a server with others is not executed: it is left waiting in
 * the durable engine, which tries it again and again, until what it needs is back or an admin abandons it. The same holds
 * while people have taken it over by hand: nobody may act beside them.
 *
 * Invariants
 * 1. The gate is passed before anything of the run is executed or journalled, so that a refusal leaves no trace in it.
 * 2. A refusal is never an end: nothing is failed, nothing undone, no lock given back.
 */
import type { LedgerEvent } from "../domain/ledger.ts";

export type Ground = {
  readonly codeVersion: string;
  readonly inventoryDigest: string;
  readonly profile: string;
};

export type Difference = {
  readonly what: "code" | "inventory" | "profile";
  readonly needs: string;
  readonly here: string;
};

/** What a run needs that is not here; empty when it can go on. */
export function differences(needs: Ground, here: Ground): Difference[] {
  const all: readonly Difference[] = [
    { what: "code", needs: needs.codeVersion, here: here.codeVersion },
    { what: "inventory", needs: needs.inventoryDigest, here: here.inventoryDigest },
    { what: "profile", needs: needs.profile, here: here.profile },
  ];
  return all.filter((one) => one.needs !== one.here);
}

/** From the run's first event. Null for runs of a code that did not record it, which only that code can go on with. */
export function groundOf(events: readonly LedgerEvent[]): Ground | null {
  const { codeVersion, inventoryDigest, profile } = events[0]?.data ?? {};
  if (typeof codeVersion !== "string" || typeof inventoryDigest !== "string") return null;
  return { codeVersion, inventoryDigest, profile: typeof profile === "string" ? profile : "" };
}

/** `needs code 1a2b, and here is 3c4d`. */
export function differenceWords(found: readonly Difference[]): string {
  return found
    .map(({ what, needs, here }) => `needs ${what} ${needs.slice(0, 16)}, and here is ${here.slice(0, 16)}`)
    .join("; ");
}

/** The run is not for this server now. Thrown into the durable engine, which tries again later. */
export class NotHere extends Error {
  constructor(run: string, why: string) {
    super(`${run} is not executed here: ${why}`);
    this.name = "NotHere";
  }
}
