/**
 * One attempt at a run: a worker that executes its code from the beginning and is answered from the run's log. What it
 * asks of the world passes through here, so that a worker can die, freeze or lose a reply at any such call.
 *
 * 1. A dead attempt asks nothing more of the world, and what it asked and was not done yet never arrives.
 * 2. A frozen one asks late: what it had decided before it froze reaches the world after others have gone on.
 * 3. A stale attempt that lives (a twin, a zombie) still reaches the world. Only effectors can refuse it.
 */
import { ambiguous, retryable } from "../ports/errors.ts";
import type { Kernel } from "./kernel.ts";

const CALL_MS = 1;

export class Attempt {
  readonly number: number;
  /** Whose attempt it is; nobody's where something else looks at the world. */
  readonly run: string;
  readonly #kernel: Kernel;
  /** Another attempt has taken its place; it may go on with what it is at. */
  isStale = false;
  #dead = false;
  #frozen: Promise<void> | null = null;
  #losesReply = false;
  #midway: (() => void)[] = [];

  constructor(number: number, kernel: Kernel, run = "") {
    this.number = number;
    this.run = run;
    this.#kernel = kernel;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** Told once: when the world has been asked and its answer is still on its way, at the latest by `passMidway`. */
  midway(told: () => void): void {
    this.#midway.push(told);
  }

  passMidway(): void {
    const told = this.#midway;
    if (told.length === 0) return;
    this.#midway = [];
    for (const tell of told) tell();
  }

  die(): void {
    this.#dead = true;
  }

  /** Until `thaw` resolves. */
  freeze(thaw: Promise<void>): void {
    this.#frozen = thaw;
  }

  /** The next call's reply does not come back. */
  loseReply(): void {
    this.#losesReply = true;
  }

  keepReplies(): void {
    this.#losesReply = false;
  }

  read<T>(call: () => Promise<T>): Promise<T> {
    return this.#call(call, () => retryable("the reply was lost"));
  }

  change<T>(call: () => Promise<T>): Promise<T> {
    return this.#call(call, () => ambiguous("the reply was lost"));
  }

  async #call<T>(call: () => Promise<T>, lost: () => Error): Promise<T> {
    await this.#kernel.sleep(CALL_MS);
    await this.#alive();
    const loses = this.#losesReply;
    this.#losesReply = false;
    const answer = await call();
    this.passMidway();
    await this.#kernel.sleep(CALL_MS);
    await this.#alive();
    if (loses) throw lost();
    return answer;
  }

  async #alive(): Promise<void> {
    if (this.#dead) await new Promise<never>(() => undefined);
    if (this.#frozen !== null) await this.#frozen;
  }
}
