/**
 * The installation's own ledger, `audit`: every attempt that was refused and every change of people.
 *
 * 1. One writer: this object. Where there are several servers, each writes a ledger of its own. Events are chained in the order in which they come, after a restart
 *    behind the last one that any store has; a store that fell behind is brought up first.
 * 2. `record` answers once the event is in every store, or throws: what must leave a trace does not happen without.
 * 3. `refused` never throws: that the record cannot be written is said in the log, and the refusal stands all the same.
 * 4. A flood fills no disk. Of each person so many attempts in a window have an event each, the rest one together
 *    with their count; all who are nobody share one window. A crash loses at most the counts of open windows.
 * 5. What callers wrote is not repeated here, but for names that were checked first: no body, no address, no header.
 */
import type { Json, JsonObject } from "../domain/json.ts";
import { AUDIT_LEDGER, chainEvent, type EventType, type LedgerEvent } from "../domain/ledger.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";

export type Attempt = {
  /** Null: nobody's token, or none. */
  readonly by: string | null;
  /** The token was in force. */
  readonly known: boolean;
  readonly tried: string;
  readonly target: string | null;
  readonly code: string;
  readonly why: string;
  readonly from: string;
};

export type AuditParts = {
  readonly stores: readonly LedgerStore[];
  readonly clock: Clock;
  /** The ledger's name; left out: that of the only server. */
  readonly ledger?: string;
  readonly log: (line: string) => void;
};

type Window = { startedMs: number; written: number; counted: Map<string, number>; readonly bounds: Bounds };
type Bounds = { readonly lengthMs: number; readonly most: number };

const KNOWN: Bounds = { lengthMs: 60_000, most: 20 };
const OUTSIDE: Bounds = { lengthMs: 600_000, most: 10 };
const NOBODY = "nobody";

export class Audit {
  readonly #parts: AuditParts;
  readonly #windows = new Map<string, Window>();
  /** What the next event follows; null when it has to be looked up. */
  #tail: { readonly last: LedgerEvent | null } | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  get #ledger(): string {
    return this.#parts.ledger ?? AUDIT_LEDGER;
  }

  async record(type: EventType, by: string, data: JsonObject): Promise<void> {
    const turn = this.#turn.then(() => this.#append(type, by, data));
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async refused(attempt: Attempt): Promise<void> {
    const by = attempt.by ?? NOBODY;
    await this.#closeWindows((window) => this.#isOver(window));
    const key = `${by}/${attempt.known}`;
    const window = this.#windows.get(key) ?? this.#open(attempt.known ? KNOWN : OUTSIDE);
    this.#windows.set(key, window);
    if (window.written >= window.bounds.most) {
      window.counted.set(attempt.code, (window.counted.get(attempt.code) ?? 0) + 1);
      return;
    }
    window.written += 1;
    const { tried, target, code, why, from } = attempt;
    await this.#try("attempt-refused", by, { tried, target, code, why, from });
  }

  /** Writes the counts of all windows that are over; of all, when the server leaves. */
  async flush(options: { readonly leaving: boolean }): Promise<void> {
    await this.#closeWindows((window) => options.leaving || this.#isOver(window));
  }

  /** The last event of that type; null when there is none. */
  async last(type: EventType): Promise<LedgerEvent | null> {
    const longest = await this.#longest();
    return longest.findLast((event) => event.type === type) ?? null;
  }

  #open(bounds: Bounds): Window {
    return { startedMs: this.#parts.clock.now(), written: 0, counted: new Map(), bounds };
  }

  #isOver({ startedMs, bounds }: Window): boolean {
    return this.#parts.clock.now() - startedMs >= bounds.lengthMs;
  }

  async #closeWindows(closes: (window: Window) => boolean): Promise<void> {
    for (const [key, window] of this.#windows) {
      if (!closes(window)) continue;
      this.#windows.delete(key);
      if (window.counted.size === 0) continue;
      const [by = NOBODY] = key.split("/");
      const codes = Object.fromEntries(window.counted);
      const count = [...window.counted.values()].reduce((sum, each) => sum + each, 0);
      await this.#try("attempts-counted", by, { count, codes, sinceMs: window.startedMs });
    }
  }

  async #try(type: EventType, by: string, data: Readonly<Record<string, Json>>): Promise<void> {
    try {
      await this.record(type, by, data);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#parts.log(`not in the audit ledger (${why}): ${type} by ${by}: ${JSON.stringify(data)}`);
    }
  }

  async #append(type: EventType, by: string, data: JsonObject): Promise<void> {
    const { last } = this.#tail ?? (await this.#lookUp());
    // Until it is in every store, nobody knows where the chain ends.
    this.#tail = null;
    const event = chainEvent(last, { run: this.#ledger, time: this.#parts.clock.now(), type, by, data });
    for (const store of this.#parts.stores) await store.append(this.#ledger, [event]);
    this.#tail = { last: event };
  }

  async #lookUp(): Promise<{ readonly last: LedgerEvent | null }> {
    const longest = await this.#longest();
    for (const store of this.#parts.stores) await store.append(this.#ledger, longest);
    return { last: longest.at(-1) ?? null };
  }

  async #longest(): Promise<readonly LedgerEvent[]> {
    let longest: readonly LedgerEvent[] = [];
    for (const store of this.#parts.stores) {
      const events = await store.read(this.#ledger);
      if (events.length > longest.length) longest = events;
    }
    return longest;
  }
}
