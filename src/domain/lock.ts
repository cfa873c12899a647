/**
 * The rules of a lock: who has it, who is next, and until when it cannot be taken. Pure, so that every implementation
 * keeps the same rules and only has to keep the state.
 *
 * Invariants
 * 1. Each grant has a higher epoch than all before; the epoch is never reset.
 * 2. First in, first out: whatever frees a lock, or finds it past its maximum, grants it to the first in its queue. Only
 *    preemption goes past the queue.
 * 3. A maximum that is over takes nothing by itself: the run keeps the lock until another asks for it or waits for it.
 *    Then the epoch rises, and whoever had it is to be told.
 * 4. A lock without a maximum (`untilMs: null`) is given back or preempted, and never lapses.
 * 5. Asking again for what one holds answers the same grant, and leaves its maximum as it is.
 */

/** `untilMs`: from then on it may be taken, ms since the epoch; null: never by asking. */
export type LockHolder = {
  readonly run: string;
  readonly who: string;
  readonly sinceMs: number;
  readonly untilMs: number | null;
};

/** `takenFrom`: the run that had it and did not give it back. */
export type Held = LockHolder & { readonly epoch: number; readonly takenFrom: string | null };

/** `forMs`: how long it is its own at first. `turn`: how its implementation reaches whoever waits. */
export type Waiting = {
  readonly run: string;
  readonly who: string;
  readonly forMs: number;
  readonly turn: string;
};

export type LockState = {
  readonly epoch: number;
  readonly holder: Held | null;
  readonly queue: readonly Waiting[];
};

/** `lost`: a run that has to be told that it lost the lock. `turn`: whose turn in the queue has come. */
export type Moved = {
  readonly state: LockState;
  readonly lost: { readonly run: string; readonly to: string } | null;
  readonly turn: Waiting | null;
};

export type LockAsked = Omit<Waiting, "turn"> & { readonly turn: string | null; readonly preempt: boolean };

export const FREE: LockState = { epoch: 0, holder: null, queue: [] };

/** Whether it is this run's afterwards is said by the state's holder. `turn: null` takes no place in the queue. */
export function askFor(state: LockState, asked: LockAsked, nowMs: number): Moved {
  const { holder } = state;
  if (holder?.run === asked.run) return unmoved(state);
  const others = state.queue.filter(({ run }) => run !== asked.run);
  if (holder === null || asked.preempt) {
    const lost = holder === null ? null : { run: holder.run, to: asked.run };
    return { state: granted({ ...state, queue: others }, asked, nowMs), lost, turn: null };
  }
  const inLine = asked.turn === null ? state.queue : lineUp(state.queue, { ...asked, turn: asked.turn });
  if (!isOver(holder, nowMs)) return unmoved({ ...state, queue: inLine });
  const next = inLine[0] ?? { ...asked, turn: "" };
  return {
    state: granted({ ...state, queue: inLine.filter(({ run }) => run !== next.run) }, next, nowMs),
    lost: { run: holder.run, to: next.run },
    turn: next.run === asked.run ? null : next,
  };
}

/** Sets until when the run's own lock cannot be taken. One that is over already goes to whoever waits. */
export function keepUntil(
  state: LockState,
  { run, untilMs }: { readonly run: string; readonly untilMs: number | null },
  nowMs: number,
): Moved {
  const { holder } = state;
  if (holder?.run !== run) return unmoved(state);
  const kept = { ...holder, untilMs };
  // The run reads in the answer that it has lost it.
  if (isOver(kept, nowMs) && state.queue.length > 0) return handOn({ ...state, holder: kept }, nowMs);
  return unmoved({ ...state, holder: kept });
}

/** Gives it back; a run that only waits for it gives up its place. */
export function giveBack(state: LockState, run: string, nowMs: number): Moved {
  const queue = state.queue.filter((waiting) => waiting.run !== run);
  if (state.holder?.run !== run) return unmoved({ ...state, queue });
  return handOn({ ...state, holder: null, queue }, nowMs);
}

function handOn(state: LockState, nowMs: number): Moved {
  const [next, ...queue] = state.queue;
  if (next === undefined) return unmoved(state);
  return { state: granted({ ...state, queue }, next, nowMs), lost: null, turn: next };
}

function isOver({ untilMs }: LockHolder, nowMs: number): boolean {
  return untilMs !== null && untilMs <= nowMs;
}

/** A run that asks again keeps its place; it is reached in its new way. */
function lineUp(queue: readonly Waiting[], { run, who, forMs, turn }: Waiting): readonly Waiting[] {
  const own = { run, who, forMs, turn };
  return queue.some((waiting) => waiting.run === run)
    ? queue.map((waiting) => (waiting.run === run ? own : waiting))
    : [...queue, own];
}

function granted(state: LockState, to: Omit<Waiting, "turn">, nowMs: number): LockState {
  const { run, who, forMs } = to;
  const epoch = state.epoch + 1;
  const takenFrom = state.holder?.run ?? null;
  return { ...state, epoch, holder: { run, who, sinceMs: nowMs, untilMs: nowMs + forMs, epoch, takenFrom } };
}

function unmoved(state: LockState): Moved {
  return { state, lost: null, turn: null };
}
