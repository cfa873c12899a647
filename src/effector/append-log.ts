/**
 * A file of lines that only grows: what an effector must still know after a crash.
 *
 * 1. `append` resolves only when its line is on disk (written and synced). Lines that arrive during a sync share the next one.
 * 2. A last line cut short by a crash was never acknowledged: it is cut off at opening, and everything before it is kept.
 *    Any other line that cannot be read stops the opening: going on without it could repeat an act.
 * 3. After a failed write the file is cut back to its last good length, so that a full disk can be mended and appending goes on.
 *    After a failed sync nobody knows what is on disk (the kernel may drop the pages): the log refuses everything until a restart.
 *
 * It must not know what its lines mean.
 */
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { reasonOf } from "./reason.ts";
import { syncFolder } from "./sync-folder.ts";

/** The little that the log needs of a file; tests put a crashing one in its place. */
export type LogFile = Readonly<{
  read: () => Promise<Uint8Array>;
  append: (bytes: Uint8Array) => Promise<void>;
  sync: () => Promise<void>;
  truncate: (length: number) => Promise<void>;
  close: () => Promise<void>;
}>;

/** The file cannot be used as it is: the message says which line, why, and what to do about it. */
export class EffectorFileError extends Error {
  override readonly name = "EffectorFileError";
}

/** Opens (and creates, with its folder) a file for appending. */
export async function openLogFile(path: string): Promise<LogFile> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, "a+", 0o600);
  await syncFolder(dirname(path));
  return {
    read: () => handle.readFile(),
    append: (bytes) => handle.appendFile(bytes),
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
}

export type OpenedLog<Row> = Readonly<{ log: AppendLog; rows: readonly Row[]; tornBytes: number }>;

/**
 * Opens the log and reads its rows with `parse`, which throws on a line that it cannot take.
 * `tornBytes` is the length of the cut-off end, 0 when the file was whole.
 * @throws EffectorFileError on a line that cannot be read, other than a torn last one.
 */
export async function openAppendLog<Row>(
  path: string,
  parse: (line: string) => Row,
  openFile: (path: string) => Promise<LogFile> = openLogFile,
): Promise<OpenedLog<Row>> {
  const file = await openFile(path);
  try {
    const bytes = await file.read();
    const rows: Row[] = [];
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      rows.push(readLine(path, rows.length + 1, () => parse(decode(bytes.subarray(start, end)))));
      start = end + 1;
    }
    const rest = bytes.subarray(start);
    if (rest.length === 0) return { log: new AppendLog(path, file, start), rows, tornBytes: 0 };
    // A whole record can lack nothing but its newline (no proper beginning of a JSON object is itself JSON): keep it.
    const whole = readWhole(() => parse(decode(rest)));
    if (whole.ok) await file.append(Uint8Array.of(newline));
    else await file.truncate(start);
    await file.sync();
    return whole.ok
      ? { log: new AppendLog(path, file, bytes.length + 1), rows: [...rows, whole.row], tornBytes: 0 }
      : { log: new AppendLog(path, file, start), rows, tornBytes: rest.length };
  } catch (error) {
    await file.close();
    throw error;
  }
}

type Waiting = Readonly<{ bytes: Uint8Array; resolve: () => void; reject: (error: unknown) => void }>;

export class AppendLog {
  readonly #path: string;
  readonly #file: LogFile;
  #length: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #refusal: EffectorFileError | null = null;

  constructor(path: string, file: LogFile, length: number) {
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /** Resolves once the line (given without its newline) is on disk. Rejects when it is not, and is then not in the file either. */
  append(line: string): Promise<void> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes: new TextEncoder().encode(`${line}\n`), resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** Waits for lines under way, then closes the file. */
  async close(): Promise<void> {
    this.#refusal ??= new EffectorFileError(`${this.#path} is closed`);
    await this.#flushing;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#commit(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#flushing = null;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const bytes = Buffer.concat(batch.map((one) => one.bytes));
    try {
      await this.#file.append(bytes);
    } catch (error) {
      await this.#cutBack(error);
      throw new EffectorFileError(
        `cannot write ${this.#path}: ${reasonOf(error)}. Nothing of it was kept; mend the disk and try again.`,
      );
    }
    try {
      await this.#file.sync();
    } catch (error) {
      throw this.#refuse(`cannot sync ${this.#path}: ${reasonOf(error)}`);
    }
    this.#length += bytes.length;
  }

  async #cutBack(cause: unknown): Promise<void> {
    try {
      await this.#file.truncate(this.#length);
    } catch (error) {
      throw this.#refuse(
        `cannot write ${this.#path}: ${reasonOf(cause)}; nor cut it back: ${reasonOf(error)}`,
      );
    }
  }

  #refuse(what: string): EffectorFileError {
    this.#refusal ??= new EffectorFileError(
      `${what}. What is on disk is unknown: mend the disk, then restart this process.`,
    );
    return this.#refusal;
  }
}

const newline = 10;

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function readLine<Row>(path: string, lineNumber: number, read: () => Row): Row {
  try {
    return read();
  } catch (error) {
    throw new EffectorFileError(
      `${path} line ${lineNumber} cannot be read: ${reasonOf(error)}. Without it an act could be done twice. ` +
        "Restore the line from a copy; or, once no run is unfinished, move the file away and start again.",
    );
  }
}

function readWhole<Row>(read: () => Row): { ok: true; row: Row } | { ok: false } {
  try {
    return { ok: true, row: read() };
  } catch {
    return { ok: false };
  }
}
