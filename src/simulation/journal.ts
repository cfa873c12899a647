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
import type { Kernel } from "./kernel.ts";
import type { Locks } from "./locks.ts";

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
  readonly trouble: Trouble | null;
  readonly onPublish: (name: string, value: Json) => void;
};

const jsonObject = z.record(z.string(), z.json());

const TAKE_OVER_MS = 50;
const WAKES_AFTER_STEPS = 3;

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
  #thaw: { readonly thaw: () => void; readonly atEntries: number } | null = null;

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
        const attempt = new Attempt(this.#attempts, this.#options.kernel);
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
    this.#thaw?.thaw();
    this.#thaw = null;
  }

  /** The worker is gone at once, and another takes over. */
  kill(afterMs = TAKE_OVER_MS): void {
    this.#current?.die();
    this.#takeOver(afterMs);
  }

  #takeOver(afterMs = TAKE_OVER_MS): void {
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
      effect: (name, work) => call(`effect ${name}`, () => this.#settle(work)),
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
    const { kernel } = this.#options;
    const held = this.#log.get(index);
    const untilMs = typeof held === "number" ? held : kernel.now() + Math.max(0, Math.ceil(ms));
    if (held === undefined) {
      const at = this.calls.push(`sleep ${ms}`) - 1;
      this.#log.set(index, untilMs);
      if (this.#options.trouble?.at === at) {
        // Whatever is to go wrong: while nothing is done there is nothing to repeat or to come late.
        await kernel.sleep((untilMs - kernel.now()) / 2);
        if (attempt === this.#current) this.kill();
      }
    }
    await kernel.sleep(untilMs - kernel.now());
    if (attempt !== this.#current) await never();
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
      return { ok: true, value: await work(new AbortController().signal), atMs: kernel.now() };
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
    const { trouble } = this.#options;
    const due = trouble !== null && trouble.at === at ? trouble : null;
    const value = due === null ? await work() : await this.#troubled(attempt, due, work);
    if (attempt !== this.#current) return await never();
    this.#log.set(index, { value });
    if (this.#thaw !== null && this.#log.size >= this.#thaw.atEntries) this.wakeZombies();
    return value;
  }

  async #troubled<T>(attempt: Attempt, trouble: Trouble, work: () => Promise<T>): Promise<T> {
    switch (trouble.kind) {
      case "crash": {
        if (trouble.when === "after") await work();
        this.kill();
        return await never();
      }
      case "lost-reply": {
        attempt.loseReply();
        const answer = await work();
        attempt.keepReplies();
        return answer;
      }
      case "twin": {
        const answer = work();
        this.#takeOver(0);
        return await answer;
      }
      case "zombie": {
        const { promise, resolve } = Promise.withResolvers<void>();
        const soon = this.#log.size + WAKES_AFTER_STEPS;
        this.#thaw = { thaw: resolve, atEntries: trouble.wakes === "soon" ? soon : Number.POSITIVE_INFINITY };
        attempt.freeze(promise);
        this.#takeOver();
        return await work();
      }
    }
  }
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
