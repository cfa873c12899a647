/**
 * Virtual time. Everything in a simulated world that takes time sleeps here, and nothing else in it waits.
 *
 * 1. Time passes only when nothing else can happen: every promise that can go on has gone on before the next timer. Plain
 *    timers settle no promise, so the next timer may follow one at once; if one does settle something, it says `stir`.
 * 2. Timers that are due at one moment fire in the order in which they were set, so a run is a function of its inputs.
 * 3. A world in which nobody waits for time while its work is not done is stuck, which is an error and no hang.
 */
export type Timer = {
  readonly atMs: number;
  readonly order: number;
  readonly plain: boolean;
  readonly fire: () => void;
  cancelled: boolean;
};

/** So many plain timers in a row at the most, so that the real loop (a test's own time limit) is never starved. */
const PLAIN_IN_A_ROW = 10_000;
/** After so many turns the real loop has one as well, for the same reason; a whole turn of it costs more than a step here. */
const TURNS_IN_A_ROW = 500;

/**
 * A signal that is never aborted, for work that is its worker's own. Nobody listens to it: listening costs more than most of
 * the calls that are made with it.
 */
export const NEVER: AbortSignal = new AbortController().signal;

/** Tells of an abort that is still to come. */
function whenAborted(signal: AbortSignal, told: () => void): void {
  if (signal !== NEVER) signal.addEventListener("abort", told, { once: true });
}

export class Stuck extends Error {
  override readonly name = "Stuck";
}

export class Kernel {
  nowMs: number;
  /** Timers that have fired. */
  fired = 0;
  readonly #timers: Timer[] = [];
  #order = 0;
  #stirred = false;

  /** `startMs`: the virtual time at which it begins, ms since the epoch. */
  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  /** Resolves after `ms`, or rejects with the signal's reason as soon as that is aborted. */
  sleep(ms: number, signal: AbortSignal = NEVER): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(reasonOf(signal));
        return;
      }
      const timer = this.at(this.nowMs + Math.max(0, ms), resolve);
      whenAborted(signal, () => {
        timer.cancelled = true;
        reject(reasonOf(signal));
      });
    });
  }

  /** A signal that aborts after `ms`, and as soon as `also` does. */
  within(ms: number, also: AbortSignal = NEVER): AbortSignal {
    if (also.aborted) return also;
    const controller = new AbortController();
    whenAborted(also, () => controller.abort(also.reason));
    this.at(this.nowMs + ms, () => controller.abort(new Error(`not done within ${ms} ms`)));
    return controller.signal;
  }

  at(atMs: number, fire: () => void): Timer {
    return this.#set(atMs, fire, false);
  }

  /** As `at`, for what settles no promise: many of these cost no turn of the real loop. */
  plain(atMs: number, fire: () => void): Timer {
    return this.#set(atMs, fire, true);
  }

  /** Said by a plain timer that has settled a promise after all: whoever waited for it goes on before the next timer. */
  stir(): void {
    this.#stirred = true;
  }

  #set(atMs: number, fire: () => void, plain: boolean): Timer {
    const timer: Timer = { atMs, order: this.#order, plain, fire, cancelled: false };
    this.#order += 1;
    push(this.#timers, timer);
    return timer;
  }

  /**
   * Lets the world go on until `work` has settled, and answers it. Throws Stuck when nothing is left that could settle it.
   * `patienceMs`: no more time than that passes at once, because somebody outside of this world is to say something first.
   */
  async run<T>(work: Promise<T>, patienceMs = Number.POSITIVE_INFINITY): Promise<T> {
    let settled = false;
    void work
      .catch(() => undefined)
      .then(() => {
        settled = true;
      });
    for (let turn = 0; ; turn += 1) {
      // The first one too: called from outside of every promise, the next tick would come before the promises.
      const outsiders = patienceMs !== Number.POSITIVE_INFINITY || turn % TURNS_IN_A_ROW === 0;
      await (outsiders ? looped() : quiet());
      if (settled) return await work;
      const [next] = this.#timers;
      if (
        patienceMs !== Number.POSITIVE_INFINITY &&
        (next === undefined || next.atMs - this.nowMs > patienceMs)
      )
        continue;
      this.#stepOn(patienceMs);
    }
  }

  /** Lets everything happen that happens within `ms`. */
  async pass(ms: number): Promise<void> {
    await this.run(this.sleep(ms));
  }

  /** One timer, and those that may follow it at once. */
  #stepOn(patienceMs: number): void {
    this.#stirred = false;
    let fired = this.#step();
    if (fired === null) throw new Stuck("nothing waits for time, and the work is not done");
    for (let row = 1; row < PLAIN_IN_A_ROW && fired.plain && !this.#stirred; row += 1) {
      const [next] = this.#timers;
      if (next === undefined || next.atMs - this.nowMs > patienceMs) return;
      fired = this.#step();
      if (fired === null) return;
    }
  }

  #step(): Timer | null {
    for (let next = pop(this.#timers); next !== undefined; next = pop(this.#timers)) {
      if (next.cancelled) continue;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.fired += 1;
      next.fire();
      return next;
    }
    return null;
  }
}

/** After every promise that can go on has gone on: Node takes the next tick only when none of them is left. */
function quiet(): Promise<void> {
  // oxlint-disable-next-line no-restricted-globals -- the order of Node's own queues, on which virtual time rests
  return new Promise((resolve) => process.nextTick(resolve));
}

/** As `quiet`, and whatever comes from outside of this world has had its turn as well. */
function looped(): Promise<void> {
  // oxlint-disable-next-line no-restricted-globals -- the one turn of the real loop on which virtual time rests
  return new Promise((resolve) => setImmediate(resolve));
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("aborted");
}

/** A binary heap by time, then by the order in which timers were set. */
function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(heap, at, parent)) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  heap[0] = last;
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    const least = left + 1 < heap.length && isBefore(heap, left + 1, left) ? left + 1 : left;
    if (least >= heap.length || !isBefore(heap, least, at)) return first;
    swap(heap, at, least);
    at = least;
  }
}

function isBefore(heap: readonly Timer[], one: number, other: number): boolean {
  const a = heap[one];
  const b = heap[other];
  if (a === undefined || b === undefined) return false;
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}

function swap(heap: Timer[], one: number, other: number): void {
  const kept = heap[one];
  const moved = heap[other];
  if (kept === undefined || moved === undefined) return;
  heap[one] = moved;
  heap[other] = kept;
}
