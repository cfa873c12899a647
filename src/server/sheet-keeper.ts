/**
 * Keeps each run's sheet: a ledger store that has the sheet written anew when it has taken events, at once behind an intent and
 * an end, else soon.
 *
 * 1. Beside the steps: only an act's intent waits for its sheet, and not for long. So a sheet says what is in flight before
 *    that can be half done, unless its place does not take it in time. What is no intent and no end is written soon: while
 *    a run began, sheets took a fifth of the server's processor time (profiled on 2 cores).
 * 2. A sheet that cannot be written fails no run. It is said, once until it works again, and tried with the next event.
 * 3. One write of a run at a time; what comes in meanwhile goes with the next. A sheet that is behind is safe: what it tells
 *    to type may be typed again.
 */
import type { LedgerEvent } from "../domain/ledger.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Sheets } from "../ports/sheets.ts";

export type SheetKeeping = {
  readonly store: LedgerStore;
  readonly sheets: Sheets;
  readonly clock: Clock;
  /** Null: the events are no run's. */
  readonly render: (events: readonly LedgerEvent[]) => string | null;
  readonly failed: (run: string, why: string) => void;
};

const INTENT_WAITS_MS = 200;
const SOON_MS = 300;

export function keepSheets(keeping: SheetKeeping): LedgerStore {
  const { store, clock } = keeping;
  const writer = new SheetWriter(keeping);
  return {
    name: store.name,
    append: async (run, events) => {
      await store.append(run, events);
      const isIntent = events.some(({ type }) => type === "act-intended");
      const isEnd = events.some(({ type }) => type === "run-ended");
      if (!isIntent && !isEnd) return writer.bringUpToDateSoon(run);
      const written = writer.bringUpToDate(run);
      if (!isIntent) return;
      const patience = new AbortController();
      const late = clock.sleep(INTENT_WAITS_MS, patience.signal).catch(() => undefined);
      await Promise.race([written, late]);
      patience.abort();
    },
    read: (run) => store.read(run),
    runs: () => store.runs(),
    close: async () => {
      await writer.finish();
      await store.close();
    },
  };
}

class SheetWriter {
  readonly #keeping: SheetKeeping;
  /** The write under way, and the one that will take what comes in meanwhile. */
  readonly #now = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();
  /** Runs whose sheet is to be written soon. */
  readonly #due = new Map<string, AbortController>();
  readonly #failing = new Set<string>();

  constructor(keeping: SheetKeeping) {
    this.#keeping = keeping;
  }

  /** What comes in until then goes with it; a write that is begun in between takes its place. */
  bringUpToDateSoon(run: string): void {
    if (this.#due.has(run)) return;
    const rest = new AbortController();
    this.#due.set(run, rest);
    this.#keeping.clock.sleep(SOON_MS, rest.signal).then(
      () => void this.bringUpToDate(run),
      () => undefined,
    );
  }

  /** What is still to be written is written now. Never rejects. */
  async finish(): Promise<void> {
    await Promise.all([...this.#due.keys()].map((run) => this.bringUpToDate(run)));
  }

  /** Resolves once a write that began after this call has ended. Never rejects. */
  bringUpToDate(run: string): Promise<void> {
    this.#due.get(run)?.abort();
    this.#due.delete(run);
    const waiting = this.#next.get(run);
    if (waiting !== undefined) return waiting;
    const next = this.#after(run, this.#now.get(run));
    this.#next.set(run, next);
    return next;
  }

  async #after(run: string, before: Promise<void> | undefined): Promise<void> {
    await before;
    const mine = this.#next.get(run);
    this.#next.delete(run);
    if (mine !== undefined) this.#now.set(run, mine);
    await this.#write(run);
    if (this.#now.get(run) === mine) this.#now.delete(run);
  }

  async #write(run: string): Promise<void> {
    const { store, sheets, render, failed } = this.#keeping;
    try {
      const text = render(await store.read(run));
      if (text !== null) await sheets.write(run, text);
      this.#failing.delete(run);
    } catch (error) {
      if (!this.#failing.has(run)) failed(run, error instanceof Error ? error.message : String(error));
      this.#failing.add(run);
    }
  }
}
