/**
 * A ledger store in a folder: one file of JSON lines a run.
 *
 * 1. Appends of one run go one after another; what the file holds already is skipped when equal and refused otherwise.
 * 2. A line counts once it is synced. A torn last line is what a crash left of an append that nobody was told of: cut.
 */
import { type FileHandle, mkdir, open, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LedgerEvent } from "../../domain/ledger.ts";
import { retryable, terminal } from "../../ports/errors.ts";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import { parseLedger } from "./parse-ledger.ts";

const RUN_NAME = /^[a-z0-9][a-z0-9-]{0,99}$/;

export function fileLedgerStore(folder: string): LedgerStore {
  const files = new Map<string, RunFile>();
  const fileOf = (run: string) => {
    if (!RUN_NAME.test(run)) throw terminal(`"${run}" is no name of a run`);
    const kept = files.get(run) ?? new RunFile(join(folder, `${run}.jsonl`));
    files.set(run, kept);
    return kept;
  };
  return {
    name: folder,
    append: async (run, events) => fileOf(run).append(events),
    read: async (run) => fileOf(run).read(),
    runs: async () => {
      const names = await readdir(folder).catch((): string[] => []);
      const ledgers = names
        .filter((name) => name.endsWith(".jsonl"))
        .map((name) => name.slice(0, -".jsonl".length));
      return ledgers.filter((run) => RUN_NAME.test(run)).sort();
    },
    close: async () => {
      for (const file of files.values()) await file.close();
    },
  };
}

class RunFile {
  readonly #file: string;
  #events: LedgerEvent[] | null = null;
  // Kept open while the run lasts: opening anew for each event made a step a third longer (measured by the bench).
  #handle: FileHandle | null = null;
  #unsynced = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  append(events: readonly LedgerEvent[]): Promise<void> {
    return this.#inTurn(() => this.#append(events));
  }

  read(): Promise<LedgerEvent[]> {
    return this.#inTurn(async () => [...(await this.#load())]);
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#letGo());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #append(events: readonly LedgerEvent[]): Promise<void> {
    const held = await this.#load();
    const fresh = events.filter((event) => !this.#holds(held, event));
    const [first] = fresh;
    if (first === undefined) return;
    if (first.index !== held.length) {
      throw terminal(`${this.#file} ends at event ${held.length - 1}; event ${first.index} does not follow`);
    }
    await this.#write(fresh);
    held.push(...fresh);
    if (held.at(-1)?.type === "run-ended") await this.#letGo();
  }

  #holds(held: readonly LedgerEvent[], event: LedgerEvent): boolean {
    const twin = held[event.index];
    if (twin === undefined) return false;
    if (twin.hash === event.hash) return true;
    throw terminal(`${this.#file} holds another event ${event.index}`, {
      held: twin.hash,
      given: event.hash,
    });
  }

  async #load(): Promise<LedgerEvent[]> {
    if (this.#events !== null) return this.#events;
    const { events, wholeBytes, torn } = parseLedger(await readOrEmpty(this.#file), this.#file);
    if (torn) await truncate(this.#file, wholeBytes);
    // Lines that a failed write left may be in the machine's memory alone: held means synced.
    if (this.#unsynced) await sync(this.#file);
    this.#unsynced = false;
    this.#events = events;
    return events;
  }

  async #write(events: readonly LedgerEvent[]): Promise<void> {
    try {
      if (this.#handle === null) {
        await mkdir(dirname(this.#file), { recursive: true });
        this.#handle = await open(this.#file, "a", 0o600);
      }
      await this.#handle.appendFile(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
      await this.#handle.datasync();
    } catch (error) {
      // Half of it may be there: the file is read again before the next append.
      this.#events = null;
      this.#unsynced = true;
      await this.#letGo();
      throw retryable(`the ledger cannot be written to ${this.#file}: ${wordsOf(error)}`);
    }
  }

  async #letGo(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    // A handle that cannot be closed is one that a failed disk took; what was synced counts, the rest is tried again.
    await handle?.close().catch(() => undefined);
  }
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw retryable(`the ledger ${file} cannot be read: ${wordsOf(error)}`);
  }
}

async function truncate(file: string, bytes: number): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.truncate(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, "a");
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
