/**
 * S7: who has no lock begins nothing. A run that gave a lock back asks for no effect under it; one whose lock was taken may end
 * the step that it is at, and begins no further one.
 *
 * Told from outside, by whoever keeps the locks. What a worker does that another has replaced is not the run's doing.
 */
import type { WorldEvent } from "../world/events.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";

export class Holders {
  readonly rule: Rule;
  readonly #released = new Set<string>();
  /** By run whose lock was taken: the steps that it has asked for since. */
  readonly #lost = new Map<string, Set<string>>();

  constructor() {
    this.rule = { invariant: "S7", kinds: ["asked"], after: (event) => this.#after(event) };
  }

  released(run: string, lock: string): void {
    this.#released.add(`${run} ${lock}`);
  }

  taken(run: string): void {
    if (!this.#lost.has(run)) this.#lost.set(run, new Set());
  }

  #after(event: WorldEvent): string | null {
    if (event.kind !== "asked" || event.stale) return null;
    const { key, lock } = event;
    const run = runOf(key);
    if (this.#released.has(`${run} ${lock}`))
      return `${key} was asked for when ${run} had given ${lock} back`;
    const steps = this.#lost.get(run);
    if (steps === undefined) return null;
    const [step = ""] = key.slice(key.lastIndexOf("/") + 1).split(".");
    steps.add(step);
    return steps.size <= 1 ? null : `${key} was asked for when ${run} had lost its locks and ended a step`;
  }
}
