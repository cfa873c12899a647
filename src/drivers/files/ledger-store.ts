/**
 * A ledger store in a folder: one file of JSON lines a run, and beside it the run's signed head. Several servers may have
 * the same folder, and two of them may be at the same run for a while: one that was frozen, and who took over from it.
 *
 * 1. Appends of one run go one after another; what the file holds already is skipped when equal and refused otherwise.
 *    What others have appended meanwhile is read before anything is judged by what the file holds.
 * 2. A line counts once it is synced. It is written at the place that the events before it leave for it, never behind
 *    whatever is there: a run's events are the same whoever executes it, so that two servers that write one event write the
 *    same bytes in the same place. There is no lock, because one that is held by a frozen server would stop the run.
 *    A torn last line is what a crash left of an append that nobody was told of: cut, once it is sure that nobody writes it.
 * 3. The head follows each append before the next one begins, but no append waits for its own head, because acts wait
 *    for appends: only one that ends a run does, so that a record that is whole is also signed to its end, and those of
 *    the ledger `audit`, whose events nobody gives again.
 * 4. Only what was given is signed, never what was found: what a crash left without a head is signed once the engine
 *    gives it again. A head never goes back.
 */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type LedgerHead, signHead, type Signer } from "../../domain/ledger-head.ts";
import { hasEnd, isAuditLedger, type LedgerEvent, ledgerLine } from "../../domain/ledger.ts";
import { retryable, terminal } from "../../ports/errors.ts";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import { openHead, signedIndex, writeHead } from "./head-file.ts";
import { parseLedger } from "./parse-ledger.ts";
import { EVENTS_ENDING, HEAD_ENDING, RUN_NAME } from "./read-ledger.ts";

const { O_CREAT, O_WRONLY } = constants;

/** A write under way is over by then; what is still torn was left by a crash. */
const SETTLE_MS = 25;

/** The file as it was last seen or left. */
type Content = { readonly events: LedgerEvent[]; wholeBytes: number; bytes: number };

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
  #content: Content | null = null;
  // Kept open while the run lasts: opening anew for each event made a step a third longer (measured by the bench).
  #handle: FileHandle | null = null;
  #headHandle: FileHandle | null = null;
  #unsynced = false;
  /** How far the head's file goes; null until it was looked at. */
  #signed: { readonly index: number; readonly stamp: string } | null = null;
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
    await (hasEnd(events) || isAuditLedger(this.#run) ? signed : stored);
  }

  read(): Promise<LedgerEvent[]> {
    return this.#inTurn(async () => [...(await this.#load()).events]);
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
    const { events: held } = await this.#loadWhole();
    const fresh = events.filter((event) => !this.#holds(held, event));
    const [first] = fresh;
    if (first !== undefined) {
      const last = held.at(-1);
      if (first.index !== held.length || (last !== undefined && first.previous !== last.hash))
        throw terminal(
          `${this.#file} ends at event ${held.length - 1}; event ${first.index} does not follow`,
        );
      await this.#write(fresh);
    }
    const given = events.at(-1);
    if (given !== undefined && given.index > (this.#given?.index ?? -1)) this.#given = given;
    if (hasEnd(held)) await this.#letGo();
  }

  async #sign(): Promise<void> {
    const given = this.#given;
    if (given === null || given.index <= (this.#signed?.index ?? -1)) return;
    // Another server may be further: a head never goes back.
    const stamp = await stampOf(this.#headHandle, this.#headFile);
    if (this.#signed?.stamp !== stamp)
      this.#signed = { index: await signedIndex(this.#headFile, this.#signer), stamp };
    if (given.index <= this.#signed.index) return;
    try {
      this.#headHandle ??= await openHead(this.#headFile);
      await writeHead(this.#headHandle, headOf(given, this.#signer));
      if (hasEnd([given])) await this.#headHandle.datasync();
      this.#signed = { index: given.index, stamp: await stampOf(this.#headHandle, this.#headFile) };
    } catch (error) {
      await this.#letGo();
      throw retryable(`the head of the ledger cannot be written to ${this.#headFile}: ${wordsOf(error)}`);
    }
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

  async #load(): Promise<Content> {
    if (this.#content !== null) {
      const bytes = await sizeOf(this.#handle, this.#file);
      if (bytes === this.#content.bytes) return this.#content;
      this.#content = null;
      this.#unsynced = true;
    }
    const bytes = await readOrEmpty(this.#file);
    const { events, wholeBytes } = parseLedger(bytes, this.#file);
    // Lines that a failed write left may be in the machine's memory alone, and so may another server's: held means synced.
    if (this.#unsynced) await sync(this.#file);
    this.#unsynced = false;
    this.#content = { events, wholeBytes, bytes: bytes.length };
    return this.#content;
  }

  /** Without a torn end. */
  async #loadWhole(): Promise<Content> {
    const before = await this.#load();
    if (before.bytes === before.wholeBytes) return before;
    await pause(SETTLE_MS);
    const after = await this.#load();
    if (after.bytes === after.wholeBytes || after.bytes !== before.bytes) return after;
    await truncate(this.#file, after.wholeBytes);
    this.#content = { ...after, bytes: after.wholeBytes };
    return this.#content;
  }

  async #write(events: readonly LedgerEvent[]): Promise<void> {
    const content = this.#content ?? (await this.#load());
    try {
      if (this.#handle === null) {
        await mkdir(dirname(this.#file), { recursive: true });
        this.#handle = await open(this.#file, O_CREAT | O_WRONLY, 0o600);
      }
      const bytes = Buffer.from(events.map(lineOf).join(""));
      await writeAt(this.#handle, bytes, content.wholeBytes);
      await this.#handle.datasync();
      content.events.push(...events);
      content.wholeBytes += bytes.length;
      content.bytes = Math.max(content.bytes, content.wholeBytes);
    } catch (error) {
      // Half of it may be there: the file is read again before the next append.
      this.#content = null;
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

async function writeAt(handle: FileHandle, bytes: Buffer, place: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, place + done);
    done += bytesWritten;
  }
}

async function sizeOf(handle: FileHandle | null, file: string): Promise<number> {
  return (await statOrNull(handle, file))?.size ?? 0;
}

/** Differs once somebody has written the file. */
async function stampOf(handle: FileHandle | null, file: string): Promise<string> {
  const found = await statOrNull(handle, file);
  return found === null ? "" : `${found.mtimeMs}`;
}

async function statOrNull(handle: FileHandle | null, file: string) {
  try {
    return await (handle === null ? stat(file) : handle.stat());
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw retryable(`${file} cannot be looked at: ${wordsOf(error)}`);
  }
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
