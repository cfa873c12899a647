/** Locks of a simulated installation: durable, by the rules of `domain/lock.ts`, in virtual time. */
import {
  askFor,
  FREE,
  giveBack,
  type Held,
  keepUntil,
  type LockState,
  type Moved,
  type Waiting,
} from "../domain/lock.ts";
import type { KeepAnswer, LockAnswer, LockGrant, LockRequest } from "../ports/journal.ts";

type Kept = { state: LockState; changed: PromiseWithResolvers<void> };

export type Superseded = (run: string, by: { readonly lock: string; readonly run: string }) => void;

export class Locks {
  /** Told of each lock that a run gives back by itself. */
  onRelease: (run: string, lock: string) => void = () => undefined;
  readonly #now: () => number;
  readonly #superseded: Superseded;
  readonly #kept = new Map<string, Kept>();

  /** `superseded` is told of each run that a lock was taken from. */
  constructor(now: () => number, superseded: Superseded) {
    this.#now = now;
    this.#superseded = superseded;
  }

  acquire(run: string, { lock, who, wait, preempt, forMs }: LockRequest): LockAnswer {
    const asked = { run, who, forMs, preempt, turn: wait ? run : null };
    const holder = this.#move(lock, (state) => askFor(state, asked, this.#now()));
    if (holder === null) throw new Error(`lock "${lock}" is nobody's after it was asked for`);
    if (holder.run === run) return this.#grant(holder);
    const { run: by, who: whose, sinceMs, untilMs } = holder;
    return {
      granted: false,
      queued: wait,
      holder: { run: by, who: whose, sinceMs, untilMs },
      atMs: this.#now(),
    };
  }

  /** Settles when the run holds it; asked again by whoever takes the run over. */
  async turn(run: string, lock: string): Promise<LockGrant> {
    const kept = this.#of(lock);
    while (kept.state.holder?.run !== run) await kept.changed.promise;
    return this.#grant(kept.state.holder);
  }

  keep(run: string, lock: string, untilMs: number | null): KeepAnswer {
    const holder = this.#move(lock, (state) => keepUntil(state, { run, untilMs }, this.#now()));
    const atMs = this.#now();
    return holder?.run === run ? { kept: true, atMs } : { kept: false, by: holder?.run ?? null, atMs };
  }

  /** Where another run holds it, only a place in the queue is given up. */
  release(run: string, lock: string): void {
    this.onRelease(run, lock);
    this.#move(lock, (state) => giveBack(state, run, this.#now()));
  }

  /** What is held now, by lock. */
  held(): ReadonlyMap<string, string> {
    const held = [...this.#kept].flatMap(([lock, { state }]) =>
      state.holder === null ? [] : [[lock, state.holder.run] as const],
    );
    return new Map(held);
  }

  /** Who waits for it, in order. */
  queue(lock: string): readonly Waiting[] {
    return this.#of(lock).state.queue;
  }

  #move(lock: string, by: (state: LockState) => Moved): Held | null {
    const kept = this.#of(lock);
    const { state, lost } = by(kept.state);
    const isGrant = state.epoch !== kept.state.epoch;
    kept.state = state;
    if (isGrant) {
      kept.changed.resolve();
      kept.changed = Promise.withResolvers();
    }
    if (lost !== null) this.#superseded(lost.run, { lock, run: lost.to });
    return state.holder;
  }

  #grant({ epoch, untilMs, takenFrom }: Held): LockGrant {
    return { granted: true, epoch, untilMs, takenFrom, atMs: this.#now() };
  }

  #of(lock: string): Kept {
    const known = this.#kept.get(lock) ?? { state: FREE, changed: Promise.withResolvers<void>() };
    this.#kept.set(lock, known);
    return known;
  }
}
