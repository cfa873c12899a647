/**
 * S9: a run builds on nothing that it has not seen stand. Between an act of its plan and the next step's lies at least one
 * look at which the act's aim stood in the world, whoever of its workers had that look.
 *
 * A look that may have been told old things counts: then nobody could know better. What was asked for when people had the run
 * pass over what it was at is theirs, also where it comes late.
 */
import type { LookedAt, ModelEffect, WorldEvent } from "../world/events.ts";
import type { ModelWorld } from "../world/model-world.ts";
import type { Approvals } from "./approved.ts";
import { standsAsWanted } from "./in-force.ts";
import { params } from "./parse-effect.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";
import { mayBeToldOld } from "./told-old.ts";

type Unseen = { readonly key: string; readonly sequence: number; readonly at: LookedAt; stands(): boolean };

export class Proved {
  readonly rule: Rule;
  readonly #world: ModelWorld;
  readonly #approvals: Approvals;
  readonly #unseen = new Map<string, Unseen[]>();
  /** Keys, by run: what was asked for so far, and what of it people had passed over. */
  readonly #asked = new Map<string, Set<string>>();
  readonly #passedOver = new Set<string>();

  constructor(world: ModelWorld, approvals: Approvals) {
    this.#world = world;
    this.#approvals = approvals;
    this.rule = {
      invariant: "S9",
      kinds: ["asked", "looked", "effect", "found"],
      after: (event) => this.#after(event),
    };
  }

  /** People had that run pass over what it was at. */
  skip(run: string): void {
    this.#unseen.delete(run);
    for (const key of this.#asked.get(run) ?? []) this.#passedOver.add(key);
  }

  #after(event: WorldEvent): string | null {
    if (event.kind === "asked") this.#ask(event.key);
    if (event.kind === "looked") this.#see(event.run, event.at);
    if (event.kind !== "effect" && event.kind !== "found") return null;
    if (!this.#approvals.isPlanned(event.effect)) return null;
    const why = this.#build(event.effect);
    // What was found stood before; whoever looked then has seen it.
    if (event.kind === "effect" && !this.#passedOver.has(event.effect.key)) this.#open(event.effect);
    return why;
  }

  #ask(key: string): void {
    const run = runOf(key);
    const asked = this.#asked.get(run) ?? new Set();
    this.#asked.set(run, asked.add(key));
  }

  #see(run: string, at: LookedAt): void {
    const open = this.#unseen.get(run);
    if (open === undefined) return;
    const old = mayBeToldOld(this.#world);
    const left = open.filter((one) => one.at !== at || !(old || one.stands()));
    if (left.length === 0) this.#unseen.delete(run);
    else this.#unseen.set(run, left);
  }

  #build({ key, sequence }: ModelEffect): string | null {
    const below = this.#unseen.get(runOf(key))?.find((one) => one.sequence < sequence);
    return below === undefined
      ? null
      : `${key} took effect, and no look had shown that what ${below.key} did stands`;
  }

  /** Of earlier steps it is said once. */
  #open(effect: ModelEffect): void {
    const { key, sequence } = effect;
    const beside = (this.#unseen.get(runOf(key)) ?? []).filter((one) => one.sequence >= sequence);
    const { op, target } = effect;
    const wanted = params(effect.params);
    const stands = () => standsAsWanted(this.#world, { op, target, wanted });
    this.#unseen.set(runOf(key), [...beside, { key, sequence, at: lookOf(effect), stands }]);
  }
}

function lookOf({ op }: ModelEffect): LookedAt {
  if (op === "set-weights") return "policy";
  return op === "scale" ? "clusters" : "databases";
}
