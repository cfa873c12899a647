/**
 * S11: an effect of a run whose approved plan is known is the next one of that plan, or takes back one of that run's own. What
 * was approved is told from outside, as plain data.
 */
import { canonicalJson } from "../../domain/canonical.ts";
import type { Json } from "../../domain/json.ts";
import type { ModelEffect } from "../world/events.ts";
import type { Rule } from "./rule.ts";

export type ApprovedAct = { readonly op: string; readonly target: string; readonly params: Json };

type Known = {
  readonly acts: readonly ApprovedAct[];
  /** Acts of earlier steps; those seen of the step at hand. */
  base: number;
  seen: number;
  sequence: number;
  /** Acts that people had it pass over. */
  skipped: number;
  /** An effect that was found again under its own key is still that one act. */
  readonly keys: Set<string>;
  /** For each target, how it was before each of the run's effects. */
  readonly befores: Map<string, Set<string>>;
};

export class Approvals {
  readonly rule: Rule;
  readonly #runs = new Map<string, Known>();

  constructor() {
    this.rule = {
      invariant: "S11",
      kinds: ["effect", "found"],
      after: (event) =>
        event.kind === "effect" || event.kind === "found"
          ? this.#judge(event.effect, event.kind === "effect")
          : null,
    };
  }

  /** The acts in their order. A later approval of the same run stands for the earlier. */
  approve(run: string, acts: readonly ApprovedAct[]): void {
    const known = this.#runs.get(run);
    // Whoever goes on with the run after a crash says the same once more.
    if (known !== undefined && canonicalJson(known.acts.map(plain)) === canonicalJson(acts.map(plain)))
      return;
    const befores = known?.befores ?? new Map<string, Set<string>>();
    this.#runs.set(run, { acts, base: 0, seen: 0, sequence: -1, skipped: 0, keys: new Set(), befores });
  }

  /** People had it pass over so many acts. */
  skip(run: string, acts: number): void {
    const known = this.#runs.get(run);
    if (known !== undefined) known.skipped += acts;
  }

  #judge(effect: ModelEffect, changed: boolean): string | null {
    const known = this.#runs.get(effect.key.slice(0, effect.key.lastIndexOf("/")));
    if (known === undefined || known.keys.has(effect.key)) return null;
    const isOurs = known.befores.get(effect.target)?.has(effect.after) === true;
    if (effect.sequence > known.sequence) {
      known.base += known.seen;
      known.seen = 0;
      known.sequence = effect.sequence;
    }
    const planned = this.#planned(known, effect);
    if (planned) {
      known.seen += 1;
      known.keys.add(effect.key);
    }
    if (planned && changed) remember(known, effect);
    return planned || isOurs || !changed
      ? null
      : `${effect.key} did ${effect.op} at ${effect.target}, which is not next in its approved plan`;
  }

  #planned(known: Known, effect: ModelEffect): boolean {
    const branch = Number(/\.(\d+)$/.exec(effect.key)?.[1] ?? 0);
    const wanted = canonicalJson(plain(effect));
    for (let at = known.base + branch; at <= known.base + branch + known.skipped; at += 1) {
      const act = known.acts[at];
      if (act === undefined || canonicalJson(plain(act)) !== wanted) continue;
      const passed = at - known.base - branch;
      known.skipped -= passed;
      known.base += passed;
      return true;
    }
    return false;
  }
}

function remember(known: Known, { target, before }: ModelEffect): void {
  const befores = known.befores.get(target) ?? new Set<string>();
  befores.add(before);
  known.befores.set(target, befores);
}

function plain({ op, target, params }: ApprovedAct): ApprovedAct {
  return { op, target, params };
}
