/**
 * A durable engine in memory, at least as nasty as the real one: workers die at any call and others take over, steps in
 * flight are repeated, also beside their own twin, replies are lost, and frozen workers wake up late.
 *
 * 1. A run is its log. An attempt executes the run's code from the beginning; calls that the log has are answered from it.
 * 2. One attempt is current. Only what it finishes enters the log; a stale attempt is never answered again, whatever it
 *    still does to the world.
 * 3. Calls are counted as they are really made, not replayed: "the n-th call" is a place at which something can go wrong.
 * 4. Locks and commands outlive every attempt.
 */
import { z } from "zod";
import type { Json } from "../domain/json.ts";
import { PortError } from "../ports/errors.ts";
import type { Command, EffectFailure, Journal, Pending, Settled, Work } from "../ports/journal.ts";
import { Attempt } from "./attempt.ts";
import { type Kernel, NEVER } from "./kernel.ts";
import type { Locks } from "./locks.ts";

/** Where in a call something happens: before its work begins, while it is under way, behind its work and not yet logged. */
export type Phase = "before" | "during" | "behind";

/** A call as it is really made. `outcome` is known behind it. */
export type Call = {
  readonly at: number;
  readonly name: string;
  readonly phase: Phase;
  readonly outcome: string | null;
};

/** What goes wrong at the n-th call. A frozen worker wakes after some more steps of the run, or after its end. */
export type Trouble =
  | { readonly kind: "crash"; readonly at: number; readonly when: "before" | "after" }
  | { readonly kind: "lost-reply"; readonly at: number }
  | { readonly kind: "twin"; readonly at: number }
  | { readonly kind: "zombie"; readonly at: number; readonly wakes: "soon" | "at-end" };

/** Everything that can go wrong at one call. */
export const TROUBLES: readonly ((at: number) => Trouble)[] = [
  (at) => ({ kind: "crash", at, when: "before" }),
  (at) => ({ kind: "crash", at, when: "after" }),
  (at) => ({ kind: "lost-reply", at }),
  (at) => ({ kind: "twin", at }),
  (at) => ({ kind: "zombie", at, wakes: "soon" }),
  (at) => ({ kind: "zombie", at, wakes: "at-end" }),
];

export type Body<T> = (journal: Journal, attempt: Attempt) => Promise<T>;

export type RunOptions = {
  readonly kernel: Kernel;
  readonly locks: Locks;
  readonly troubles: readonly Trouble[];
  /** Told of each call three times; may kill, freeze or double the worker that makes it. */
  readonly onCall?: (call: Call) => void;
  readonly onPublish: (name: string, value: Json) => void;
};

const jsonObject = z.record(z.string(), z.json());

const TAKE_OVER_MS = 50;
const WAKES_AFTER_STEPS = 3;
const EFFECT = "effect ";
const isEffect = (name: string): boolean => name.startsWith(EFFECT);

export class DurableRun {
  /** Names of the calls that were really made, in order. */
  readonly calls: string[] = [];
  readonly run: string;
  readonly #options: RunOptions;
  readonly #log = new Map<number, unknown>();
  readonly #commands: Command[] = [];
  #wakeWaiters: (() => void)[] = [];
  #current: Attempt | null = null;
  #attempts = 0;
  #begin: (() => void) | null = null;
  #frozen: { readonly thaw: () => void; readonly atEntries: number }[] = [];

  constructor(run: string, options: RunOptions) {
    this.run = run;
    this.#options = options;
  }

  /** Executes `body` as often as it takes, and answers what the attempt that came to its end returned. */
  execute<T>(body: Body<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = (attempt: Attempt, end: () => void) => {
        if (attempt !== this.#current) return;
        this.#current = null;
        end();
      };
      this.#begin = () => {
        const attempt = new Attempt(this.#attempts, this.#options.kernel, this.run);
        this.#attempts += 1;
        this.#current = attempt;
        body(this.#journal(attempt), attempt).then(
          (value) => ended(attempt, () => resolve(value)),
          (error: unknown) => ended(attempt, () => reject(error instanceof Error ? error : new Error("?"))),
        );
      };
      this.#begin();
    });
  }

  get attempts(): number {
    return this.#attempts;
  }

  tell(command: Command): void {
    this.#commands.push(command);
    const waiters = this.#wakeWaiters;
    this.#wakeWaiters = [];
    for (const wake of waiters) wake();
  }

  /** Wakes a worker that was to sleep until the run's end. */
  wakeZombies(): void {
    for (const { thaw } of this.#frozen) thaw();
    this.#frozen = [];
  }

  #wakeDue(): void {
    if (this.#frozen.length === 0) return;
    for (const { thaw, atEntries } of this.#frozen) if (this.#log.size >= atEntries) thaw();
    this.#frozen = this.#frozen.filter(({ atEntries }) => this.#log.size < atEntries);
  }

  /** The worker is gone at once, and another takes over. */
  kill(afterMs = TAKE_OVER_MS): void {
    this.#current?.die();
    this.#takeOver(afterMs);
  }

  /** Another worker begins at once, beside the one that goes on with what it is doing. */
  double(): void {
    this.#takeOver(0);
  }

  /** The worker stands still in the middle of what it does, another takes over, and the first one wakes up late. */
  freeze(wakes: "soon" | "at-end"): void {
    if (this.#current === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const atEntries = wakes === "soon" ? this.#log.size + WAKES_AFTER_STEPS : Number.POSITIVE_INFINITY;
    this.#frozen.push({ thaw: resolve, atEntries });
    this.#current.freeze(promise);
    this.#takeOver();
  }

  /** The next reply that the world gives to the current worker does not come back. */
  loseReply(): void {
    this.#current?.loseReply();
  }

  #takeOver(afterMs = TAKE_OVER_MS): void {
    if (this.#current !== null) this.#current.isStale = true;
    this.#current = null;
    const { kernel } = this.#options;
    kernel.at(kernel.now() + afterMs, () => this.#begin?.());
  }

  #journal(attempt: Attempt): Journal {
    let cursor = 0;
    const next = () => {
      cursor += 1;
      return cursor - 1;
    };
    const call = <T>(name: string, work: () => Promise<T>): Promise<T> =>
      this.#call(attempt, { index: next(), name, work });
    return {
      run: this.run,
      effect: (name, work) => call(`${EFFECT}${name}`, () => this.#settle(work)),
      sleep: (ms) => this.#sleep(attempt, next(), ms),
      command: (number) => call(`command ${number}`, () => this.#command(number)),
      peek: (number) => call(`peek ${number}`, async () => this.#commands[number] ?? null),
      lock: (request) =>
        call(`lock ${request.lock}`, async () => this.#options.locks.acquire(this.run, request)),
      turn: (lock) => call(`turn ${lock}`, () => this.#options.locks.turn(this.run, lock)),
      keep: (lock, untilMs) =>
        call(`keep ${lock}`, async () => this.#options.locks.keep(this.run, lock, untilMs)),
      release: (lock) => call(`release ${lock}`, async () => this.#options.locks.release(this.run, lock)),
      publish: (name, value) => {
        if (attempt === this.#current) this.#options.onPublish(name, value);
      },
      all: <T>(pending: readonly Pending<T>[]) => Promise.all(pending),
      race: (pending) =>
        call("race", () => Promise.race(pending.map(async (one, index) => (await one, index)))),
    };
  }

  /** A timer's end is fixed when it is first asked for, and outlives every attempt. */
  async #sleep(attempt: Attempt, index: number, ms: number): Promise<void> {
    if (attempt !== this.#current) await never();
    const { kernel } = this.#options;
    const held = this.#log.get(index);
    const untilMs = typeof held === "number" ? held : kernel.now() + Math.max(0, Math.ceil(ms));
    if (held === undefined) {
      const name = `sleep ${ms}`;
      const at = this.calls.push(name) - 1;
      this.#log.set(index, untilMs);
      // Whatever is to go wrong: while nothing is done there is nothing to repeat or to come late.
      if (this.#options.troubles.some((trouble) => trouble.at === at)) {
        await kernel.sleep((untilMs - kernel.now()) / 2);
        if (attempt === this.#current) this.kill();
      }
      await this.#watched({ at, name, untilMs, attempt });
    }
    await kernel.sleep(untilMs - kernel.now());
    if (attempt !== this.#current) await never();
  }

  async #watched(of: {
    readonly at: number;
    readonly name: string;
    readonly untilMs: number;
    readonly attempt: Attempt;
  }): Promise<void> {
    const { kernel, onCall } = this.#options;
    if (onCall === undefined) return;
    const { at, name, untilMs, attempt } = of;
    onCall({ at, name, phase: "before", outcome: null });
    await kernel.sleep((untilMs - kernel.now()) / 2);
    if (attempt !== this.#current) return await never();
    onCall({ at, name, phase: "during", outcome: null });
    await kernel.sleep(untilMs - kernel.now());
    if (attempt !== this.#current) return await never();
    onCall({ at, name, phase: "behind", outcome: "ok" });
  }

  async #command(number: number): Promise<Command> {
    for (;;) {
      const command = this.#commands[number];
      if (command !== undefined) return command;
      await new Promise<void>((wake) => this.#wakeWaiters.push(wake));
    }
  }

  async #settle<T>(work: Work<T>): Promise<Settled<T>> {
    const { kernel } = this.#options;
    try {
      return { ok: true, value: await work(NEVER), atMs: kernel.now() };
    } catch (error) {
      const known = error instanceof PortError;
      const { kind, message } = known ? error : { kind: "ambiguous" as const, message: String(error) };
      const facts = known ? plain(error.facts) : {};
      return { ok: false, atMs: kernel.now(), error: { kind, message, facts } };
    }
  }

  async #call<T>(
    attempt: Attempt,
    { index, name, work }: { readonly index: number; readonly name: string; readonly work: () => Promise<T> },
  ): Promise<T> {
    if (attempt !== this.#current) return await never();
    const held = this.#log.get(index);
    if (isEntry<T>(held)) return held.value;
    const at = this.calls.push(name) - 1;
    const { onCall, troubles } = this.#options;
    onCall?.({ at, name, phase: "before", outcome: null });
    if (attempt.isDead) return await never();
    for (const trouble of troubles) if (trouble.at === at) this.#strike(attempt, trouble);
    if (attempt.isDead) return await never();
    if (onCall !== undefined) {
      attempt.midway(() => {
        if (attempt === this.#current) onCall({ at, name, phase: "during", outcome: null });
      });
    }
    const answer = work();
    if (troubles.some((trouble) => trouble.at === at && trouble.kind === "twin")) this.double();
    const value = await answer;
    // Other calls ask nobody in the world: a look for words answers before the effect beside it has asked.
    if (isEffect(name)) attempt.keepReplies();
    if (attempt !== this.#current) return await never();
    if (onCall !== undefined) this.#answered({ at, name, attempt, value });
    const diesBehind = troubles.some(
      (trouble) => trouble.at === at && trouble.kind === "crash" && trouble.when === "after",
    );
    if (diesBehind) this.kill();
    if (attempt !== this.#current) return await never();
    this.#log.set(index, { value });
    this.#wakeDue();
    return value;
  }

  #answered(of: {
    readonly at: number;
    readonly name: string;
    readonly attempt: Attempt;
    readonly value: unknown;
  }): void {
    const { at, name, attempt, value } = of;
    attempt.passMidway();
    if (attempt === this.#current)
      this.#options.onCall?.({ at, name, phase: "behind", outcome: outcomeOf(value) });
  }

  /** What happens before the work begins; a twin comes as soon as it has. */
  #strike(attempt: Attempt, trouble: Trouble): void {
    switch (trouble.kind) {
      case "crash":
        if (trouble.when === "before") this.kill();
        return;
      case "lost-reply":
        attempt.loseReply();
        return;
      case "zombie":
        this.freeze(trouble.wakes);
        return;
      case "twin":
        return;
    }
  }
}

/** How an effect ended, in the words of its error; other calls cannot fail. */
function outcomeOf(value: unknown): string {
  if (typeof value !== "object" || value === null || !("ok" in value) || value.ok !== false) return "ok";
  const error = "error" in value ? value.error : null;
  return typeof error === "object" && error !== null && "kind" in error ? String(error.kind) : "failed";
}

function isEntry<T>(held: unknown): held is { readonly value: T } {
  return typeof held === "object" && held !== null && "value" in held;
}

/** What JSON would keep of the facts. */
function plain(facts: Readonly<Record<string, unknown>>): EffectFailure["facts"] {
  return jsonObject.parse(JSON.parse(JSON.stringify(facts)));
}

function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}
