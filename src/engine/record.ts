/**
 * A run's events, chained as they happen and written to every store as they come, beside the run's own steps.
 *
 * Invariants
 * 1. Deterministic: times come from the journal's answers, so a replay makes the same chain; stores skip what they have.
 * 2. An act waits inside its own effect until all events so far, its intent among them, are in every store. Reads and
 *    checks do not wait: they change nothing, and waiting would double the length of a step (measured by the bench).
 * 3. What could not be stored stays pending and is tried again before the next act; a run does not end before its end is stored.
 */
import type { JsonObject } from "../domain/json.ts";
import { chainEvent, type EventType, type LedgerEvent } from "../domain/ledger.ts";
import type { Command, Journal, Settled, Work } from "../ports/journal.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import { gather } from "./gather.ts";

type Named<T> = { readonly name: string; readonly work: Work<T> };

export class Record {
  readonly #journal: Journal;
  readonly #stores: readonly LedgerStore[];
  #last: LedgerEvent | null = null;
  #pending: LedgerEvent[] = [];
  #storing: Promise<void> | null = null;
  #nowMs = 0;

  constructor(journal: Journal, stores: readonly LedgerStore[]) {
    this.#journal = journal;
    this.#stores = stores;
  }

  /** The time of the journal's last answer, ms since the epoch. */
  get nowMs(): number {
    return this.#nowMs;
  }

  note(type: EventType, data: JsonObject, by = "engine"): void {
    const draft = { run: this.#journal.run, time: this.#nowMs, type, by, data };
    this.#last = chainEvent(this.#last, draft);
    this.#pending.push(this.#last);
    this.#journal.publish(`event-${String(this.#last.index).padStart(6, "0")}`, { ...this.#last });
    // A failure shows again, to somebody who can act on it, at the next act.
    void this.#store().catch(() => undefined);
  }

  /** Takes the time of an answer that did not come through `effect`. */
  passed(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  /** For what changes nothing. */
  async effect<T>(name: string, work: Work<T>): Promise<Settled<T>> {
    return this.#only(await this.effects([{ name, work }]));
  }

  /** For what changes nothing, and at the same time a look at whether people have said something. */
  async hearing<T>(
    name: string,
    work: Work<T>,
    command: number,
  ): Promise<{ readonly settled: Settled<T>; readonly heard: Command | null }> {
    const [settled, heard] = await this.#journal.all<Settled<T> | Command | null>([
      this.#journal.effect(name, work),
      this.#journal.peek(command),
    ]);
    if (!isSettled(settled) || isSettled(heard)) throw new Error("the journal answered in another order");
    this.passed(settled.atMs);
    return { settled, heard: heard ?? null };
  }

  async effects<T>(effects: readonly Named<T>[]): Promise<Settled<T>[]> {
    const settled = await this.#journal.all(
      effects.map(({ name, work }) => this.#journal.effect(name, work)),
    );
    for (const { atMs } of settled) this.passed(atMs);
    return settled;
  }

  /** For what changes the world: none of it begins before every event so far is in every store. */
  actions<T>(effects: readonly Named<T>[]): Promise<Settled<T>[]> {
    const storedFirst =
      (work: Work<T>): Work<T> =>
      async (signal) => {
        await this.#allStored();
        return work(signal);
      };
    return this.effects(effects.map(({ name, work }) => ({ name, work: storedFirst(work) })));
  }

  /** Whether every event so far is in every store. */
  async stored(): Promise<boolean> {
    return this.#only(await this.actions([{ name: "store the ledger", work: async () => null }])).ok;
  }

  async #allStored(): Promise<void> {
    while (this.#pending.length > 0 || this.#storing !== null) await this.#store();
  }

  /** One write at a time; what comes in meanwhile goes with the next. */
  #store(): Promise<void> {
    if (this.#storing !== null) return this.#storing;
    // With nothing to write the other would have ended before it is kept here, and be kept for ever.
    if (this.#pending.length === 0) return Promise.resolve();
    this.#storing = this.#storePending();
    return this.#storing;
  }

  /**
   * Between the last look at what is pending and the end there is no turn in which something could be noted and be left. Where a
   * store fails the others get what was noted meanwhile all the same: it may be that the run waits for people.
   */
  async #storePending(): Promise<void> {
    try {
      while (this.#pending.length > 0) await this.#storeOnce([...this.#pending]);
    } finally {
      this.#storing = null;
    }
  }

  async #storeOnce(events: readonly LedgerEvent[]): Promise<void> {
    try {
      await gather(this.#stores.map((store) => () => store.append(this.#journal.run, events)));
      this.#pending = this.#pending.slice(events.length);
    } catch (error) {
      if (this.#pending.length === events.length) throw error;
    }
  }

  #only<T>(settled: readonly Settled<T>[]): Settled<T> {
    const [one] = settled;
    if (one === undefined) throw new Error("the journal answered nothing");
    return one;
  }
}

function isSettled<T>(answer: Settled<T> | Command | null | undefined): answer is Settled<T> {
  return typeof answer === "object" && answer !== null && "ok" in answer;
}
