/**
 * The durable memory of one run. The engine speaks to nothing else that lasts; nothing but a driver knows which
 * durable engine is behind it.
 *
 * Laws (held by `journal.contract.ts`)
 * 1. The code between two calls is repeated after every crash and must be deterministic; what a call has once
 *    answered it answers again, in the same order, without doing it again.
 * 2. An `effect` is done at least once. The step in flight may be repeated, also beside its own twin: only the
 *    effector's memory of keys makes it happen once. An effect never throws: its failure is an answer.
 * 3. `Pending` values are awaited by themselves or given to `all` or `race` of this journal, never to the native
 *    ones, which never complete over a durable engine's promises.
 * 4. Commands from outside are numbered from 0 and arrive in order, each once; `command(n)` waits for one and may be asked
 *    again, `peek(n)` answers null when it has not come yet.
 * 5. A lock is held until `release`, through crashes and waits; each grant has a higher epoch than all before. Asking
 *    again for what one holds answers the same grant. `preempt` takes it from whoever holds it; that run is told
 *    `superseded`, and its later `release` of it does nothing.
 * 6. A lock has a maximum: for `forMs` after its grant, then as `keep` says. Past it the lock stays with its run until
 *    another asks for it or waits for it: it then goes to the first in the queue, and the run that had it is told
 *    `superseded`, or reads so in the answer to its own `keep`. Whoever waits asks again when the holder's time is over;
 *    the place in the queue stays. A lock that is kept without a maximum never lapses.
 * 7. `publish` makes a value visible to whoever asks the durable engine about the run; it costs no waiting.
 */
import type { Json } from "../domain/json.ts";
import type { LockHolder } from "../domain/lock.ts";
import type { ErrorKind } from "./errors.ts";

export type EffectFailure = {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly facts: { readonly [key: string]: Json };
};

/** `atMs`: when the effect ended, ms since the epoch by the clock of whoever did it. */
export type Settled<T> =
  | { readonly ok: true; readonly atMs: number; readonly value: T }
  | { readonly ok: false; readonly atMs: number; readonly error: EffectFailure };

/** Who says it: the name that the token is for, and the human behind it, since one human may have two names. */
type Said = { readonly by: string; readonly human: string; readonly why: string; readonly atMs: number };

/** What people say to a run. */
export type PersonsCommand =
  | (Said & {
      readonly type: "approve";
      readonly hash: string;
      /** The first act has to begin before the one, every act outside of a pivot before the other; ms since the epoch. */
      readonly startByMs: number;
      readonly finishByMs: number;
    })
  | (Said & { readonly type: "reject" | "pause" | "resume" | "retry" | "skip" | "cancel" | "undo" })
  | (Said & { readonly type: "override"; readonly guard: string });

/** What people, watchers and locks say to a run. */
export type Command =
  | PersonsCommand
  | { readonly type: "breach"; readonly step: number; readonly why: string; readonly atMs: number }
  | { readonly type: "superseded"; readonly lock: string; readonly run: string; readonly atMs: number };

export type LockRequest = {
  readonly lock: string;
  readonly who: string;
  readonly wait: boolean;
  readonly preempt: boolean;
  /** How long it cannot be taken, from its grant on, unless `keep` says otherwise. */
  readonly forMs: number;
};

/** `untilMs`: from then on it may be taken. `takenFrom`: the run that had it and did not give it back. */
export type LockGrant = {
  readonly granted: true;
  readonly epoch: number;
  readonly untilMs: number | null;
  readonly takenFrom: string | null;
  readonly atMs: number;
};

export type LockAnswer =
  | LockGrant
  | { readonly granted: false; readonly queued: boolean; readonly holder: LockHolder; readonly atMs: number };

/** `by`: the run that has it; null when nobody does. */
export type KeepAnswer =
  | { readonly kept: true; readonly atMs: number }
  | { readonly kept: false; readonly by: string | null; readonly atMs: number };

export type Pending<T> = PromiseLike<T>;

export type Work<T> = (signal: AbortSignal) => Promise<T>;

export type Journal = {
  readonly run: string;
  effect<T>(name: string, work: Work<T>): Pending<Settled<T>>;
  sleep(ms: number): Pending<void>;
  command(number: number): Pending<Command>;
  peek(number: number): Pending<Command | null>;
  /** Answers at once. `wait: true` takes a place in its queue, first in, first out; `preempt` goes past it. */
  lock(request: LockRequest): Pending<LockAnswer>;
  /** Where `lock` answered `queued`: the grant, once it is this run's turn. */
  turn(lock: string): Pending<LockGrant>;
  /** From when on a lock that this run holds may be taken, ms since the epoch; null: never by asking. */
  keep(lock: string, untilMs: number | null): Pending<KeepAnswer>;
  /** Gives it back, or gives up the place in its queue. */
  release(lock: string): Pending<void>;
  publish(name: string, value: Json): void;
  all<T>(pending: readonly Pending<T>[]): Pending<T[]>;
  /** The first to settle, by its index; the others go on. */
  race(pending: readonly Pending<unknown>[]): Pending<number>;
};
