/**
 * An effector's durable memory: what makes edge and agents refuse what is older and never do one step twice, however
 * often, late or twinned the orchestrator asks.
 *
 * 1. A key is carried out at most once: a known key gets the first answer again (`repeated`), also after a restart;
 *    a key whose first attempt is under way waits for it.
 * 2. Per lock the highest (epoch, sequence) seen only rises, durably, *before* the work begins; an unknown key below it
 *    is `refused`. Equal positions are branches of one step, and run side by side.
 * 3. An act begins only when every older act under its lock has ended, so that no older effect lands after a newer one.
 *    The older one is told by its `superseded` signal, and one that has not begun yet is refused.
 * 4. An answer leaves only when its record is on disk. If the record could not be written, the caller gets the error, and
 *    the next attempt writes it before it answers.
 * 5. Work that throws records nothing as done, and the key may be tried again. So may one that a crash cut short: its work
 *    is told `triedBefore`, and settles by reading the world whether the aim stands because of it.
 *
 * It must not know what the acts do. One process has the file at a time.
 */
import { EffectorFileError, openAppendLog, openLogFile, type AppendLog, type LogFile } from "./append-log.ts";
import { parseEffect, parseStarted, type EffectRecord, type StartedRecord } from "./records.ts";
import {
  comparePositions,
  isByHand,
  parseByHandToken,
  parseToken,
  type Position,
  type Token,
} from "./token.ts";

/** What the work is told: whether an earlier attempt of this key began without a recorded end, and when a newer act waits for it. */
export type Attempt = Readonly<{ triedBefore: boolean; superseded: AbortSignal }>;

/** What the work says: it did it, it found the aim standing already, or it declines (which is not remembered under the key). */
export type Outcome<Answer> =
  | Readonly<{ result: "done" | "found"; answer: Answer }>
  | Readonly<{ result: "refused"; reason: string }>;

/** `highest` is the highest position seen under the token's lock; reason `stale-token` means that the token is below it. */
export type Applied<Answer> =
  | Readonly<{ result: "done" | "found"; answer: Answer }>
  | Readonly<{ result: "repeated"; first: "done" | "found"; answer: Answer }>
  | Readonly<{ result: "refused"; reason: string; highest: Position }>;

export type Act<Answer> = Readonly<{
  op: string;
  token: Token;
  work: (attempt: Attempt) => Promise<Outcome<Answer>>;
}>;

export type EffectorMemoryOptions<Answer> = Readonly<{
  /** Path of `effects/<effector>.ndjson`. Its twin `.started` stands beside it. */
  file: string;
  effector: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Reads an answer back from the file; `(value) => value` where nobody looks inside. Throws on what it cannot take. */
  parseAnswer: (value: unknown) => Answer;
  openFile?: (path: string) => Promise<LogFile>;
}>;

/** The key was used before for something else: the caller's mistake, so nothing was done. */
export class KeyReusedError extends Error {
  override readonly name = "KeyReusedError";
}

/**
 * Opens the memory, creating its files where they are missing.
 * @throws EffectorFileError when a file is damaged (other than by a torn last line) or belongs to another effector.
 */
export async function openEffectorMemory<Answer>(
  options: EffectorMemoryOptions<Answer>,
): Promise<EffectorMemory<Answer>> {
  const { file, effector, openFile = openLogFile } = options;
  const own = <Row extends StartedRecord>(row: Row): Row => {
    if (row.effector !== effector)
      throw new Error(`it belongs to effector ${row.effector}, not to ${effector}`);
    return row;
  };
  const effects = await openAppendLog(
    file,
    (line) => withAnswer(own(parseEffect(line)), options.parseAnswer),
    openFile,
  );
  const startedFile = `${file.replace(/\.ndjson$/, "")}.started`;
  try {
    const started = await openAppendLog(startedFile, (line) => own(parseStarted(line)), openFile);
    return new EffectorMemory(options, effects, started);
  } catch (error) {
    await effects.log.close();
    throw error;
  }
}

type Opened<Row> = Readonly<{ log: AppendLog; rows: readonly Row[]; tornBytes: number }>;
type First<Answer> = Readonly<{ result: "done" | "found"; answer: Answer }>;
type EffectRow<Answer> = Readonly<{ effect: EffectRecord; first: First<Answer> | null }>;
/** `written` is null while the record is not on disk and nobody is writing it. */
type Settled<Answer> = Readonly<{ op: string; first: First<Answer>; line: string }> & {
  written: Promise<void> | null;
};
type Flight = Readonly<{ op: string; token: Token; superseding: AbortController; ended: Promise<void> }>;

export class EffectorMemory<Answer> {
  /** Bytes of torn lines that were cut off at opening; worth a line in the log when not 0. */
  readonly tornBytes: number;
  readonly #options: EffectorMemoryOptions<Answer>;
  readonly #effects: AppendLog;
  readonly #started: AppendLog;
  readonly #highest = new Map<string, Position>();
  readonly #settled = new Map<string, Settled<Answer>>();
  readonly #begun = new Map<string, string>();
  readonly #flights = new Map<string, Flight>();
  #closed = false;

  constructor(
    options: EffectorMemoryOptions<Answer>,
    effects: Opened<EffectRow<Answer>>,
    started: Opened<StartedRecord>,
  ) {
    this.#options = options;
    this.#effects = effects.log;
    this.#started = started.log;
    this.tornBytes = effects.tornBytes + started.tornBytes;
    for (const row of started.rows) {
      this.#begun.set(row.key, row.op);
      this.#raise(row);
    }
    for (const { effect, first } of effects.rows) {
      this.#raise(effect);
      if (first !== null)
        this.#settled.set(effect.key, { op: effect.op, first, line: "", written: Promise.resolve() });
    }
  }

  /** The highest position seen under the lock, or null when it was never seen. */
  highest(lock: string): Position | null {
    return this.#highest.get(lock) ?? null;
  }

  /** The token that came with a request, be it a run's or a person's. Throws TokenError. */
  tokenOf(value: unknown): Token {
    return isByHand(value) ? parseByHandToken(value, (lock) => this.highest(lock)) : parseToken(value);
  }

  /**
   * Carries the act out under the rules above.
   * @throws what the work throws; KeyReusedError; EffectorFileError when the record cannot be written.
   */
  async apply(act: Act<Answer>): Promise<Applied<Answer>> {
    const { op, token } = act;
    for (;;) {
      if (this.#closed) throw new EffectorFileError(`the memory of ${this.#options.effector} is closed`);
      const flight = this.#flights.get(token.key);
      const settled = this.#settled.get(token.key);
      const firstOp = flight?.op ?? settled?.op ?? this.#begun.get(token.key);
      if (firstOp !== undefined && firstOp !== op) {
        throw new KeyReusedError(
          `key ${token.key} was used for ${firstOp} before, and cannot be used for ${op}`,
        );
      }
      if (flight !== undefined) await flight.ended;
      else if (settled !== undefined) return this.#repeat(act, settled);
      else if (this.#isStale(token)) return this.#refuse(act, "stale-token");
      else return this.#fly(act);
    }
  }

  /** Waits for the acts under way, then closes the files; later acts are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#flights.size > 0) for (const flight of this.#flights.values()) await flight.ended;
    await this.#effects.close();
    await this.#started.close();
  }

  // From here to the flight's registration nothing may wait: two twins would both pass.
  async #fly(act: Act<Answer>): Promise<Applied<Answer>> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const superseding = new AbortController();
    const older = [...this.#flights.values()].filter(
      (other) => other.token.lock === act.token.lock && comparePositions(other.token, act.token) < 0,
    );
    this.#flights.set(act.token.key, { op: act.op, token: act.token, superseding, ended });
    this.#raise(act.token);
    for (const other of older) other.superseding.abort();
    try {
      const triedBefore = await this.#begin(act);
      for (const other of older) await other.ended;
      if (this.#isStale(act.token)) return await this.#refuse(act, "stale-token");
      const outcome = await act.work({ triedBefore, superseded: superseding.signal });
      return outcome.result === "refused"
        ? await this.#refuse(act, outcome.reason)
        : await this.#settle(act, outcome);
    } finally {
      this.#flights.delete(act.token.key);
      end();
    }
  }

  async #begin({ op, token }: Act<Answer>): Promise<boolean> {
    const triedBefore = this.#begun.has(token.key);
    await this.#started.append(JSON.stringify(this.#stamp(op, token)));
    this.#begun.set(token.key, op);
    return triedBefore;
  }

  async #settle({ op, token }: Act<Answer>, { result, answer }: First<Answer>): Promise<Applied<Answer>> {
    const line = JSON.stringify({ ...this.#stamp(op, token), result, answer: answer ?? null });
    // The answer as a restart would read it, so that a repeat never differs, and nothing unreadable is ever written.
    const { first } = withAnswer(parseEffect(line), this.#options.parseAnswer);
    if (first === null) throw new TypeError(`the record of ${op} holds no answer`);
    const settled: Settled<Answer> = { op, first, line, written: null };
    this.#settled.set(token.key, settled);
    await this.#record(settled);
    return first;
  }

  async #repeat({ op, token }: Act<Answer>, settled: Settled<Answer>): Promise<Applied<Answer>> {
    await this.#record(settled);
    const { result: first, answer } = settled.first;
    await this.#effects.append(
      JSON.stringify({ ...this.#stamp(op, token), result: "repeated", first, answer: answer ?? null }),
    );
    return { result: "repeated", first, answer };
  }

  async #refuse({ op, token }: Act<Answer>, reason: string): Promise<Applied<Answer>> {
    const highest = this.#highest.get(token.lock) ?? token;
    const facts = { epoch: highest.epoch, sequence: highest.sequence };
    await this.#effects.append(
      JSON.stringify({ ...this.#stamp(op, token), result: "refused", reason, highest: facts }),
    );
    return { result: "refused", reason, highest: facts };
  }

  /** Writes the record once, however many wait for it; after a failure the next one who asks tries again. */
  #record(settled: Settled<Answer>): Promise<void> {
    settled.written ??= this.#effects.append(settled.line).catch((error: unknown) => {
      settled.written = null;
      throw error;
    });
    return settled.written;
  }

  #raise({ lock, epoch, sequence }: Token): void {
    const highest = this.#highest.get(lock);
    if (highest === undefined || comparePositions({ epoch, sequence }, highest) > 0)
      this.#highest.set(lock, { epoch, sequence });
  }

  #isStale(token: Token): boolean {
    const highest = this.#highest.get(token.lock);
    return highest !== undefined && comparePositions(token, highest) < 0;
  }

  #stamp(op: string, { key, epoch, sequence, lock }: Token): StartedRecord {
    return { time: this.#options.now(), effector: this.#options.effector, op, key, epoch, sequence, lock };
  }
}

function withAnswer<Answer>(
  effect: EffectRecord,
  parseAnswer: (value: unknown) => Answer,
): EffectRow<Answer> {
  const first = effect.result === "done" || effect.result === "found";
  return { effect, first: first ? { result: effect.result, answer: parseAnswer(effect.answer) } : null };
}
