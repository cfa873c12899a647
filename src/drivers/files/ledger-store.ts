/**
 * A ledger store in a folder: one file of JSON lines a run, and beside it the run's signed head.
 *
 * 1. Appends of one run go one after another; what the file holds already is skipped when equal and refused otherwise.
 * 2. A line counts once it is synced. A torn last line is what a crash left of an append that nobody was told of: cut.
 * 3. The head follows each append before the next one begins, but no append waits for its own head, because acts wait
 *    for appends: only one that ends a run does, so that a record that is whole is also signed to its end, and those of
 *    the ledger `audit`, whose events nobody gives again.
 * 4. Only what was given is signed, never what was found: what a crash left without a head is signed once the engine
 *    gives it again. A head never goes back.
 */
import { type FileHandle, mkdir, open, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type LedgerHead, signHead, type Signer } from "../../domain/ledger-head.ts";
import { AUDIT_LEDGER, hasEnd, type LedgerEvent, ledgerLine } from "../../domain/ledger.ts";
import { retryable, terminal } from "../../ports/errors.ts";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import { openHead, signedIndex, writeHead } from "./head-file.ts";
import { parseLedger } from "./parse-ledger.ts";
import { EVENTS_ENDING, HEAD_ENDING, RUN_NAME } from "./read-ledger.ts";

/** What stores share: an event is spelled once and signed once, whichever store comes first. */
const lines = new WeakMap<LedgerEvent, string>();
const heads = new WeakMap<LedgerEvent, LedgerHead>();

export function fileLedgerStore(folder: string, signer: Signer): LedgerStore {
  const files = new Map<string, RunFile>();
  const fileOf = (run: string) => {
    if (!RUN_NAME.test(run)) throw terminal(`"${run}" is no name of a run`);
    const kept = files.get(run) ?? new RunFile(folder, run, signer);
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
        .filter((name) => name.endsWith(EVENTS_ENDING))
        .map((name) => name.slice(0, -EVENTS_ENDING.length));
      return ledgers.filter((run) => RUN_NAME.test(run)).sort();
    },
    close: async () => {
      for (const file of files.values()) await file.close();
    },
  };
}

class RunFile {
  readonly #run: string;
  readonly #file: string;
  readonly #headFile: string;
  readonly #signer: Signer;
  #events: LedgerEvent[] | null = null;
  // Kept open while the run lasts: opening anew for each event made a step a third longer (measured by the bench).
  #handle: FileHandle | null = null;
  #headHandle: FileHandle | null = null;
  #unsynced = false;
  /** How far the head's file goes; null until it was looked at. */
  #signed: number | null = null;
  /** The last event that was given and stored. */
  #given: LedgerEvent | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(folder: string, run: string, signer: Signer) {
    this.#run = run;
    this.#file = join(folder, `${run}${EVENTS_ENDING}`);
    this.#headFile = join(folder, `${run}${HEAD_ENDING}`);
    this.#signer = signer;
  }

  async append(events: readonly LedgerEvent[]): Promise<void> {
    const stored = this.#inTurn(() => this.#append(events));
    const signed = stored.then(() => this.#inTurn(() => this.#sign()));
    // One that fails is tried again before the next append, which fails with it.
    signed.catch(() => undefined);
    await (hasEnd(events) || this.#run === AUDIT_LEDGER ? signed : stored);
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
    await this.#sign();
    const held = await this.#load();
    const fresh = events.filter((event) => !this.#holds(held, event));
    const [first] = fresh;
    if (first !== undefined && first.index !== held.length) {
      throw terminal(`${this.#file} ends at event ${held.length - 1}; event ${first.index} does not follow`);
    }
    if (first !== undefined) await this.#write(fresh);
    held.push(...fresh);
    const last = events.at(-1);
    if (last !== undefined && last.index > (this.#given?.index ?? -1)) this.#given = last;
    if (hasEnd(held)) await this.#letGo();
  }

  async #sign(): Promise<void> {
    const given = this.#given;
    if (given === null) return;
    this.#signed ??= await signedIndex(this.#headFile, this.#signer);
    if (given.index <= this.#signed) return;
    try {
      this.#headHandle ??= await openHead(this.#headFile);
      await writeHead(this.#headHandle, headOf(given, this.#signer));
      if (hasEnd([given])) await this.#headHandle.datasync();
    } catch (error) {
      await this.#letGo();
      throw retryable(`the head of the ledger cannot be written to ${this.#headFile}: ${wordsOf(error)}`);
    }
    this.#signed = given.index;
    if (hasEnd([given])) await this.#letGo();
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
      await this.#handle.appendFile(events.map(lineOf).join(""));
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
    const handles = [this.#handle, this.#headHandle];
    this.#handle = null;
    this.#headHandle = null;
    // A handle that cannot be closed is one that a failed disk took; what was synced counts, the rest is tried again.
    for (const handle of handles) await handle?.close().catch(() => undefined);
  }
}

function lineOf(event: LedgerEvent): string {
  const line = lines.get(event) ?? ledgerLine(event);
  lines.set(event, line);
  return line;
}

function headOf(event: LedgerEvent, signer: Signer): LedgerHead {
  const kept = heads.get(event);
  if (kept?.installation === signer.installation) return kept;
  const { run, index, hash } = event;
  const head = signHead(signer, { run, index, hash, time: Date.now() });
  heads.set(event, head);
  return head;
}

async function readOrEmpty(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
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
