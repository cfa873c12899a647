/** Locks of a simulated installation: durable, first in, first out, with an epoch that rises with each grant. */
import type { LockAnswer, LockGrant, LockHolder, LockRequest } from "../ports/journal.ts";

type Holder = LockHolder & { readonly epoch: number };
type Waiting = { readonly run: string; readonly who: string };
type State = { epoch: number; holder: Holder | null; queue: Waiting[]; changed: PromiseWithResolvers<void> };

export type Superseded = (run: string, by: { readonly lock: string; readonly run: string }) => void;

export class Locks {
  readonly #now: () => number;
  readonly #superseded: Superseded;
  readonly #states = new Map<string, State>();

  /** `superseded` is told of each run that a lock was taken from. */
  constructor(now: () => number, superseded: Superseded) {
    this.#now = now;
    this.#superseded = superseded;
  }

  acquire(run: string, { lock, who, wait, preempt }: LockRequest): LockAnswer {
    const state = this.#state(lock);
    const { holder } = state;
    if (holder === null) return this.#grant(state, run, who);
    if (holder.run === run) return { granted: true, epoch: holder.epoch, atMs: this.#now() };
    if (preempt) {
      const answer = this.#grant(state, run, who);
      this.#superseded(holder.run, { lock, run });
      return answer;
    }
    if (wait && !state.queue.some((waiting) => waiting.run === run)) state.queue.push({ run, who });
    const { run: by, who: whose, sinceMs } = holder;
    return { granted: false, queued: wait, holder: { run: by, who: whose, sinceMs }, atMs: this.#now() };
  }

  /** Settles when the run holds it; asked again by whoever takes the run over. */
  async turn(run: string, lock: string): Promise<LockGrant> {
    const state = this.#state(lock);
    while (state.holder?.run !== run) await state.changed.promise;
    return { granted: true, epoch: state.holder.epoch, atMs: this.#now() };
  }

  /** Where another run holds it, only a place in the queue is given up. */
  release(run: string, lock: string): void {
    const state = this.#state(lock);
    state.queue = state.queue.filter((waiting) => waiting.run !== run);
    if (state.holder?.run !== run) return;
    state.holder = null;
    const next = state.queue.shift();
    if (next !== undefined) this.#grant(state, next.run, next.who);
  }

  /** What is held now, by lock. */
  held(): ReadonlyMap<string, string> {
    const held = [...this.#states].flatMap(([lock, { holder }]) =>
      holder === null ? [] : [[lock, holder.run] as const],
    );
    return new Map(held);
  }

  #grant(state: State, run: string, who: string): LockGrant {
    state.epoch += 1;
    state.holder = { run, who, sinceMs: this.#now(), epoch: state.epoch };
    state.changed.resolve();
    state.changed = Promise.withResolvers();
    return { granted: true, epoch: state.epoch, atMs: this.#now() };
  }

  #state(lock: string): State {
    const known = this.#states.get(lock) ?? {
      epoch: 0,
      holder: null,
      queue: [],
      changed: Promise.withResolvers<void>(),
    };
    this.#states.set(lock, known);
    return known;
  }
}
