/**
 * How long a run may keep its locks at the longest: reckoned from its plan, so that it is known, shown and approved before
 * anything is done.
 *
 * 1. Made of deadlines, holds and waits that code, inventory and profile state; no measured quantity is in it. It is part
 *    of the plan and of its hash.
 * 2. Generous: it is there for runs that hang or were forgotten. One that is merely slow must not meet it.
 */

/** An act has its deadline for a try and again for its proof; tries again, pauses and the way back take as much once more. */
const ACT_TIMES = 2;
const SLACK_TIMES = 2;

/** What reading and planning have, and no plan has less. */
export const LEAST_LOCK_MS = 10 * 60_000;

const MINUTE_MS = 60_000;

export class StepLengths {
  #sumMs = 0;

  /** Acts side by side take as long as the longest of them. */
  acts(deadlinesMs: readonly number[]): void {
    this.#sumMs += ACT_TIMES * Math.max(0, ...deadlinesMs);
  }

  other(ms: number): void {
    this.#sumMs += ms;
  }

  /** `peopleMs`: for how long people are waited for once. Whole minutes. */
  maximumMs(peopleMs: number): number {
    const ms = Math.max(LEAST_LOCK_MS, peopleMs + SLACK_TIMES * this.#sumMs);
    return Math.ceil(ms / MINUTE_MS) * MINUTE_MS;
  }
}
