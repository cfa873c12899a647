/**
 * What lies between a caller and whoever it calls: interfaces that throttle, fail, lose requests and replies, are slow, or
 * deliver twice, and planes that are down. It knows nothing of what is asked.
 *
 * 1. A caller hears something in the end: an answer, a typed error, or its own driver's time-out.
 * 2. What a caller gave up on may still arrive. Only effectors' keys and tokens make that harmless.
 */
import { ambiguous, refused, retryable } from "../../ports/errors.ts";
import { NEVER } from "../kernel.ts";
import type { Surroundings } from "./surroundings.ts";

/** `actor`: who is called. `through`: agents and planes that the call needs. `frozenBy`: whoever may be frozen. */
export type Way = {
  readonly actor: string;
  readonly through: readonly string[];
  readonly frozenBy: readonly string[];
};

export type Fate = { readonly afterMs: number; readonly fails: string | null };

const ANSWERS: Fate = { afterMs: 0, fails: null };

export class Calls {
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** How one reading call goes. */
  fateOfRead({ actor, through, frozenBy }: Way): Fate {
    const around = this.#around;
    around.emit({ kind: "call", actor });
    if (!around.anyFault) return ANSWERS;
    const timeOutMs = around.draw(around.ranges.callTimeoutMs);
    if (this.#isOut(through)) return { afterMs: 0, fails: `${actor} cannot be reached` };
    if (frozenBy.some((who) => around.has("frozen", who)))
      return { afterMs: timeOutMs, fails: `${actor} did not answer in time` };
    if (around.strikes("throttle", actor)) return { afterMs: 0, fails: `${actor} throttles` };
    if (around.strikes("server-error", actor)) return { afterMs: 0, fails: `${actor} answered 500` };
    if (around.strikes("lost-request", actor) || around.strikes("lost-reply", actor))
      return { afterMs: timeOutMs, fails: `${actor} did not answer in time` };
    if (!around.strikes("delay", actor)) return ANSWERS;
    const late = around.draw(around.ranges.delayedCallMs);
    if (late <= timeOutMs) return { afterMs: late, fails: null };
    return { afterMs: timeOutMs, fails: `${actor} did not answer in time` };
  }

  async read<T>(way: Way, signal: AbortSignal, answer: () => T): Promise<T> {
    const { afterMs, fails } = this.fateOfRead(way);
    if (afterMs > 0) await this.#wait(afterMs, signal);
    if (fails !== null) throw retryable(fails);
    return answer();
  }

  /** Waits for the slowest of several; the answers are put together then. */
  async waitFor(fates: readonly Fate[], signal: AbortSignal): Promise<void> {
    const afterMs = fates.reduce((most, fate) => Math.max(most, fate.afterMs), 0);
    if (afterMs > 0) await this.#wait(afterMs, signal);
  }

  async change<T>(way: Way, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const around = this.#around;
    const { actor, through, frozenBy } = way;
    around.emit({ kind: "call", actor });
    if (!around.anyFault) return await this.#unlessAborted(work(), signal);
    const timeOutMs = around.draw(around.ranges.callTimeoutMs);
    if (this.#isOut(through)) throw ambiguous(`${actor} cannot be reached`);
    if (through.some((who) => around.has("writes-refused", who)))
      throw refused(`the provider of ${actor} accepts no changes now`, { reason: "writes-refused" });
    const frozen = frozenBy.find((who) => around.has("frozen", who));
    if (frozen !== undefined)
      return await this.#givingUp(
        timeOutMs,
        signal,
        around.over("frozen", frozen).then(() => work()),
      );
    if (around.strikes("throttle", actor)) throw retryable(`${actor} throttles`);
    if (around.strikes("lost-request", actor)) return await this.#givingUp(timeOutMs, signal, forever());
    if (around.strikes("server-error", actor)) {
      if (around.random.chance(0.5)) await this.#givingUp(timeOutMs, signal, work());
      throw ambiguous(`${actor} answered 500`);
    }
    if (around.strikes("duplicate", actor)) this.#again(work);
    if (around.strikes("lost-reply", actor)) {
      await this.#givingUp(timeOutMs, signal, work());
      return await this.#givingUp(timeOutMs, signal, forever());
    }
    const lateMs = around.strikes("delay", actor) ? around.draw(around.ranges.delayedCallMs) : 0;
    const done = lateMs === 0 ? work() : around.kernel.sleep(lateMs).then(() => work());
    return await this.#givingUp(timeOutMs, signal, done);
  }

  /** The same request once more, somewhat later, from nobody who waits for its answer. */
  #again<T>(work: () => Promise<T>): void {
    const { kernel, ranges } = this.#around;
    const later = kernel.sleep(this.#around.draw(ranges.delayedCallMs)).then(() => work());
    later.catch(() => undefined);
  }

  #isOut(through: readonly string[]): boolean {
    const around = this.#around;
    return through.some((who) => around.has("control-down", who) || around.has("killed", who));
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#around.kernel.sleep(ms, signal);
    } catch {
      throw retryable("not answered within the caller's time");
    }
  }

  async #givingUp<T>(ms: number, signal: AbortSignal, work: Promise<T>): Promise<T> {
    return await Promise.race([this.#unlessAborted(work, signal), this.#timeOut(ms)]);
  }

  async #timeOut(ms: number): Promise<never> {
    await this.#around.kernel.sleep(ms);
    throw ambiguous("not answered in time");
  }

  async #unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal === NEVER) return await work;
    const { promise, reject } = Promise.withResolvers<never>();
    const give = () => reject(ambiguous("not answered within the caller's time"));
    if (signal.aborted) give();
    signal.addEventListener("abort", give);
    work.catch(() => undefined);
    try {
      return await Promise.race([work, promise]);
    } finally {
      signal.removeEventListener("abort", give);
    }
  }
}

function forever(): Promise<never> {
  return new Promise<never>(() => undefined);
}
