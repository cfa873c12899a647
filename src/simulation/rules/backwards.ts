/**
 * S11, of the way back: what a run takes back it takes back in the reverse of the order in which it did it. An act stays while a
 * later one of the same stretch stands on it. Acts side by side have no order among themselves. What people had it leave as it
 * stands holds nothing up: they said to go on below it.
 */
import type { ModelEffect, WorldEvent } from "../world/events.ts";
import type { ModelWorld } from "../world/model-world.ts";
import { type ApprovedAct, type Approvals, isSameAct, nameOf, takenBackBy } from "./approved.ts";
import { isInForce } from "./in-force.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";

export class Backwards {
  readonly rule: Rule;
  readonly #world: ModelWorld;
  readonly #approvals: Approvals;
  /** By run: its planned effects since the last good point, in their order. */
  readonly #done = new Map<string, ModelEffect[]>();

  readonly #goingBack = new Set<string>();

  constructor(world: ModelWorld, approvals: Approvals) {
    this.#world = world;
    this.#approvals = approvals;
    this.rule = { invariant: "S11", kinds: ["effect"], after: (event) => this.#after(event) };
  }

  goodPoint(run: string): void {
    this.#done.delete(run);
    this.#goingBack.delete(run);
  }

  /** What takes effect from here on without taking something back was asked for before, and comes late. */
  goesBack(run: string): void {
    this.#goingBack.add(run);
  }

  /** People had it leave that one as it stands, and take back what came before. */
  leaves(run: string, act: ApprovedAct): void {
    const done = this.#done.get(run) ?? [];
    const left = done.findLastIndex((one) => isSameAct(one, act));
    this.#done.set(
      run,
      done.filter((_, at) => at !== left),
    );
  }

  #after(event: WorldEvent): string | null {
    if (event.kind !== "effect") return null;
    const { effect } = event;
    const run = runOf(effect.key);
    const done = this.#done.get(run) ?? [];
    if (this.#approvals.isPlanned(effect)) {
      // Nothing leads back over a promotion; that is another rule.
      if (effect.op === "promote") this.#done.delete(run);
      else if (!this.#goingBack.has(run)) this.#done.set(run, [...done, effect]);
      return null;
    }
    const taken = done.findLastIndex((one) => nameOf(one) === takenBackBy(effect));
    const below = done[taken];
    if (below === undefined) return null;
    this.#done.set(
      run,
      done.filter((one) => one !== below),
    );
    const above = done.slice(taken + 1).find((one) => this.#standsOn(one, below));
    return above === undefined
      ? null
      : `${effect.key} takes back ${below.key} while ${above.key}, which came after it, still stands`;
  }

  #standsOn(one: ModelEffect, below: ModelEffect): boolean {
    return one.sequence > below.sequence && isInForce(this.#world, one);
  }
}
