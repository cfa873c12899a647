/**
 * A journal in memory, with time that passes only in sleeps. For tests of engine and runbooks: what it records is
 * not durable, and every effect can be made to run twice, as a durable engine does with the step in flight.
 */
import type { Json } from "../../domain/json.ts";
import { PortError } from "../../ports/errors.ts";
import type { Command, Journal, LockAnswer, Pending, Settled, Work } from "../../ports/journal.ts";

export type LockState = { epoch: number; holder: string | null };

export type MemoryJournalOptions = {
  readonly run: string;
  /** Shared by the journals of one installation. */
  readonly locks?: Map<string, LockState>;
  readonly clock: TestClock;
  /** Runs each effect's work a second time and answers the second result. */
  readonly repeats?: boolean;
  /** A race waits for its commands rather than let a longer sleep than this pass; by default every sleep passes. */
  readonly patienceMs?: number;
  readonly onPublish?: (name: string, value: Json) => void;
};

/** Virtual time, ms since the epoch. */
export class TestClock {
  nowMs = 1_700_000_000_000;

  now(): number {
    return this.nowMs;
  }

  /** Nothing in memory takes so long that a deadline would pass. */
  within(_ms: number): AbortSignal {
    return new AbortController().signal;
  }

  async sleep(ms: number): Promise<void> {
    this.nowMs += ms;
  }
}

export type MemoryJournal = Journal & { readonly effects: string[]; tell(command: Command): void };

export function memoryJournal(options: MemoryJournalOptions): MemoryJournal {
  const {
    clock,
    run,
    locks = new Map<string, LockState>(),
    repeats = false,
    patienceMs = Number.POSITIVE_INFINITY,
    onPublish = () => undefined,
  } = options;
  const effects: string[] = [];
  const commands: Command[] = [];
  const awaited = new Map<number, (command: Command) => void>();
  const perform = async <T>(work: Work<T>): Promise<Settled<T>> => {
    try {
      return { ok: true, value: await work(new AbortController().signal), atMs: clock.now() };
    } catch (error) {
      const failure = error instanceof PortError ? error : new PortError("ambiguous", String(error));
      return {
        ok: false,
        atMs: clock.now(),
        error: { kind: failure.kind, message: failure.message, facts: {} },
      };
    }
  };
  return {
    run,
    effects,
    tell: (command) => {
      const number = commands.push(command) - 1;
      awaited.get(number)?.(command);
    },
    effect: async <T>(name: string, work: Work<T>) => {
      effects.push(name);
      clock.nowMs += 1;
      const first = await perform(work);
      return repeats ? await perform(work) : first;
    },
    sleep: (ms) => new Sleep(ms, clock),
    command: (number) => {
      const ready = commands[number];
      return ready === undefined
        ? new Promise((resolve) => awaited.set(number, resolve))
        : Promise.resolve(ready);
    },
    lock: async ({ lock }): Promise<LockAnswer> => {
      const state = locks.get(lock) ?? { epoch: 0, holder: null };
      if (state.holder !== null && state.holder !== run) {
        return {
          granted: false,
          holder: { run: state.holder, who: "somebody", sinceMs: 0 },
          atMs: clock.now(),
        };
      }
      locks.set(lock, { epoch: state.epoch + 1, holder: run });
      return { granted: true, epoch: state.epoch + 1, atMs: clock.now() };
    },
    release: async (lock) => {
      const state = locks.get(lock);
      if (state?.holder === run) state.holder = null;
    },
    publish: (name, value) => onPublish(name, value),
    all: async <T>(pending: readonly Pending<T>[]) => {
      const values: T[] = [];
      for (const one of pending) values.push(await one);
      return values;
    },
    race: (pending) => firstOf(pending, patienceMs),
  };
}

/** A sleep passes only when somebody waits for it; so a race with a command that is there takes no time. */
class Sleep implements PromiseLike<void> {
  readonly ms: number;
  readonly #clock: TestClock;
  #passed: Promise<void> | null = null;

  constructor(ms: number, clock: TestClock) {
    this.ms = ms;
    this.#clock = clock;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a pending value is awaited like a promise
  then<A, B>(
    resolve?: ((value: void) => A | PromiseLike<A>) | null,
    reject?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ) {
    this.#passed ??= this.#clock.sleep(this.ms);
    return this.#passed.then(resolve, reject);
  }
}

/** What has settled already wins; then the sleep among them passes, if it is no longer than the patience. */
async function firstOf(pending: readonly Pending<unknown>[], patienceMs: number): Promise<number> {
  for (const [index, one] of pending.entries()) {
    if (one instanceof Promise && (await settledNow(one))) return index;
  }
  for (const [index, one] of pending.entries()) {
    if (!(one instanceof Sleep) || one.ms > patienceMs) continue;
    await one;
    return index;
  }
  const open = pending.map(async (one, index) =>
    one instanceof Sleep ? await new Promise<number>(() => undefined) : (await one, index),
  );
  return await Promise.race(open);
}

async function settledNow(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open");
  return (await Promise.race([promise, Promise.resolve(open)])) !== open;
}
