/**
 * The durable memory of whoever carries acts out, as `ports/token.ts` has it: a known key gets its first answer, whoever asks
 * while it is being done waits for it, an older token is refused. Each effector knows only what it was given itself.
 */
import type { Json } from "../../domain/json.ts";
import type { Section } from "../../domain/snapshot.ts";
import { ambiguous, type PortError, refused, retryable } from "../../ports/errors.ts";
import type { EffectAnswer, Token } from "../../ports/token.ts";
import type { ModelEffect } from "./events.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * What happens at a try of an act: `fails` does nothing and throws; `loses-answer` does it, then throws; `forgets` does it,
 * is cut off before the effector has noted its key, and says that it may be tried again.
 */
export type Trouble =
  | { readonly kind: "fails"; readonly error: PortError }
  | { readonly kind: "loses-answer" }
  | { readonly kind: "forgets" };

export type Work<T> = {
  readonly op: string;
  readonly target: string;
  readonly params: Json;
  readonly section: Section;
  readonly caller: number;
  takesMs(): number;
  /** Somebody else has to end something first. */
  isHeldUp(): boolean;
  /** The target's state without what is measured. */
  state(): string;
  apply(): "done" | "found";
  answer(): T;
};

export type EffectorHooks = {
  /** Told of each try. */
  trouble(op: string): Trouble | null;
  remembers(): boolean;
  /** Called right before and after each effect. */
  aroundEffect(): void;
  done(effect: ModelEffect): void;
  /** It was cut off in the middle of what it did. */
  isGone(): boolean;
};

const LOOK_EVERY_MS = 10;
const HELD_UP_MOST_MS = 10_000;

export class Effector<T> {
  readonly name: string;
  readonly #around: Surroundings;
  readonly #hooks: EffectorHooks;
  readonly #answers = new Map<string, T>();
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #highest = new Map<string, { readonly epoch: number; readonly sequence: number }>();
  /** One at a time, in the order in which they came. */
  #turn: Promise<void> = Promise.resolve();

  constructor(name: string, around: Surroundings, hooks: EffectorHooks) {
    this.name = name;
    this.#around = around;
    this.#hooks = hooks;
  }

  async deliver(token: Token, work: Work<T>): Promise<EffectAnswer<T>> {
    const trouble = this.#hooks.trouble(work.op);
    if (trouble?.kind === "fails") throw trouble.error;
    if (this.#hooks.remembers()) {
      while (this.#underWay.has(token.key)) await this.#underWay.get(token.key);
      const known = this.#answers.get(token.key);
      if (known !== undefined) return { result: "repeated", answer: known };
      this.#refuseOlder(token);
    }
    const highest = this.#highest.get(token.lock);
    if (highest === undefined || isOlder(highest, token)) this.#highest.set(token.lock, token);
    const ms = work.takesMs();
    if (ms === 0 && !work.isHeldUp()) return this.#perform(token, work, trouble);
    return await this.#inTurn(token.key, async () => {
      await this.#take(ms, work);
      return this.#perform(token, work, trouble);
    });
  }

  #refuseOlder(token: Token): void {
    const highest = this.#highest.get(token.lock);
    if (highest !== undefined && isOlder(token, highest))
      throw refused("the token is older than one that was seen", { reason: "stale-token" });
  }

  #perform(token: Token, work: Work<T>, trouble: Trouble | null): EffectAnswer<T> {
    const { op, target, params, caller } = work;
    const before = work.state();
    this.#hooks.aroundEffect();
    const result = work.apply();
    this.#hooks.aroundEffect();
    const atMs = this.#around.kernel.nowMs;
    const effect = { ...token, op, atMs, effector: this.name, target, params, before, after: work.state() };
    if (result === "done") this.#hooks.done(effect);
    this.#around.emit({ kind: result === "done" ? "effect" : "found", effect, caller });
    if (trouble?.kind === "forgets") throw retryable("cut off in the middle");
    const answer = work.answer();
    this.#answers.set(token.key, answer);
    if (trouble?.kind === "loses-answer") throw ambiguous("the answer was lost");
    return { result, answer };
  }

  async #inTurn<R>(key: string, work: () => Promise<R>): Promise<R> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    this.#underWay.set(key, promise);
    try {
      await before;
      return await work();
    } finally {
      this.#underWay.delete(key);
      resolve();
    }
  }

  async #take(ms: number, work: Work<T>): Promise<void> {
    const { kernel } = this.#around;
    await kernel.sleep(ms);
    const untilMs = kernel.nowMs + HELD_UP_MOST_MS;
    while (work.isHeldUp()) {
      if (kernel.nowMs >= untilMs) throw retryable("clients' transactions are still open");
      await kernel.sleep(LOOK_EVERY_MS);
    }
    if (this.#hooks.isGone()) throw ambiguous("it was cut off while it did it");
  }
}

function isOlder(
  one: { readonly epoch: number; readonly sequence: number },
  than: { readonly epoch: number; readonly sequence: number },
): boolean {
  return one.epoch < than.epoch || (one.epoch === than.epoch && one.sequence < than.sequence);
}
