/**
 * Where ledgers are written, at least two stores of them.
 *
 * Laws (held by `ledger-store.contract.ts`)
 * 1. Append-only and idempotent: events that the store has already are skipped when they are equal, and refused
 *    (`terminal`, nothing written) when another event stands at their index.
 * 2. `append` returns once the events would survive the process and the machine's crash.
 * 3. A torn last line, left by a crash in the middle of a write, is cut before the next append; nothing else is ever removed.
 * 4. What was appended is signed in the installation's name (`domain/ledger-head.ts`) before the next append of that run;
 *    an append that ends a run, or to `audit`, returns once it is. What is only found, and not given again, is never signed.
 * 5. Several servers may have one store, and several may write one run: what one appended all see, each event is there
 *    once, and a server that was frozen meanwhile sets nothing back.
 */
import type { LedgerEvent } from "../domain/ledger.ts";

export type LedgerStore = {
  readonly name: string;
  append(run: string, events: readonly LedgerEvent[]): Promise<void>;
  /** In order; empty when the run is not known. */
  read(run: string): Promise<LedgerEvent[]>;
  runs(): Promise<string[]>;
  /** Gives back what is held open; the store may be used again. */
  close(): Promise<void>;
};
