/**
 * S11: an effect of a run whose approved plan is known is the next one of that plan, or takes back one of that run's own; or it
 * is one that people left out while nobody knew whether it had happened, and that lands behind what came after it. What was
 * approved is told from outside, as plain data.
 */
import { canonicalJson } from "../../domain/canonical.ts";
import type { Json } from "../../domain/json.ts";
import type { ModelEffect, WorldEvent } from "../world/events.ts";
import { params } from "./parse-effect.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";

export type ApprovedAct = { readonly op: string; readonly target: string; readonly params: Json };

type Known = {
  readonly acts: readonly ApprovedAct[];
  /** Acts of earlier steps; those seen of the step at hand. */
  base: number;
  seen: number;
  sequence: number;
  /** Acts that people had it pass over. */
  skipped: number;
  /** Those acts, each as text: one of them may still land. */
  readonly leftOut: Set<string>;
  /** An effect that was found again under its own key is still that one act. */
  readonly keys: Set<string>;
  /** For each target, how it was before each of the run's effects. */
  readonly befores: Map<string, Set<string>>;
  /** Its planned acts so far. */
  readonly done: Set<string>;
  /** Targets that somebody brought by hand to the very state that the plan has for them: nobody can tell whose it is. */
  readonly lookAlike: Set<string>;
};

export class Approvals {
  readonly rule: Rule;
  readonly #runs = new Map<string, Known>();
  /** Somebody moved the primary by hand since the product looked last. */
  #unseen = false;
  /** Of the effect at hand. */
  #atHand: ModelEffect | null = null;
  readonly #replicasOf: (cluster: string) => number | null;

  /** `replicasOf`: how many a cluster is set to have now. */
  constructor(replicasOf: (cluster: string) => number | null) {
    this.#replicasOf = replicasOf;
    this.rule = {
      invariant: "S11",
      kinds: ["effect", "found", "looked", "writable", "by-hand"],
      after: (event) => this.#after(event),
    };
  }

  /** The acts in their order. A later approval of the same run stands for the earlier. */
  approve(run: string, acts: readonly ApprovedAct[]): void {
    const known = this.#runs.get(run);
    // Whoever goes on with the run after a crash says the same once more.
    if (known !== undefined && isSamePlan(known.acts, acts)) return;
    const befores = known?.befores ?? new Map<string, Set<string>>();
    this.#runs.set(run, {
      acts,
      base: 0,
      seen: 0,
      sequence: -1,
      skipped: 0,
      leftOut: new Set(),
      keys: new Set(),
      befores,
      done: new Set(),
      lookAlike: known?.lookAlike ?? new Set(),
    });
  }

  /** People had it pass over so many acts. */
  skip(run: string, acts: number): void {
    const known = this.#runs.get(run);
    if (known !== undefined) known.skipped += acts;
  }

  /** Whether the effect that was just told is one of its run's plan, and not one that takes something back. */
  isPlanned(effect: ModelEffect): boolean {
    return this.#atHand === effect;
  }

  #after(event: WorldEvent): string | null {
    // What a person's hand moves behind the last look cannot be known, and agents compare nothing but tokens.
    if (event.kind === "looked" && event.at === "databases") this.#unseen = false;
    if (event.kind === "writable" && event.by === "hand") this.#unseen = true;
    this.#atHand = null;
    if (event.kind === "by-hand") this.#compare(event);
    if (event.kind !== "effect" && event.kind !== "found") return null;
    const why = this.#judge(event.effect, event.kind === "effect");
    return this.#unseen && event.effect.target.startsWith("database/") ? null : why;
  }

  /** Whether somebody did by hand what that run was to do there. */
  looksAlike(run: string, target: string): boolean {
    return this.#runs.get(run)?.lookAlike.has(target) === true;
  }

  #compare({ target, state }: WorldEvent & { readonly kind: "by-hand" }): void {
    for (const { acts, lookAlike } of this.#runs.values())
      if (acts.some((act) => act.target === target && aimOf(act) === state)) lookAlike.add(target);
  }

  #judge(effect: ModelEffect, changed: boolean): string | null {
    const known = this.#runs.get(runOf(effect.key));
    if (known === undefined || known.keys.has(effect.key)) return null;
    const isOurs =
      known.befores.get(effect.target)?.has(effect.after) === true ||
      takesBack(known, effect) ||
      known.lookAlike.has(effect.target);
    if (effect.sequence < known.sequence && known.leftOut.delete(textOf(effect))) {
      remember(known, effect, changed);
      return null;
    }
    if (effect.sequence > known.sequence) {
      known.base += known.seen;
      known.seen = 0;
      known.sequence = effect.sequence;
    }
    const planned = this.#planned(known, effect);
    if (planned) {
      this.#atHand = effect;
      take(known, effect, changed);
    }
    return planned || isOurs || !changed
      ? null
      : `${effect.key} did ${effect.op} at ${effect.target}, which is not next in its approved plan`;
  }

  #stands({ op, params: raw }: ApprovedAct): boolean {
    if (op !== "scale") return false;
    const { cluster, replicas } = params(raw);
    return typeof cluster === "string" && this.#replicasOf(cluster) === replicas;
  }

  #planned(known: Known, effect: ModelEffect): boolean {
    const branch = Number(/\.(\d+)$/.exec(effect.key)?.[1] ?? 0);
    const wanted = textOf(effect);
    const passedOver: (string | null)[] = [];
    // Those before it in its own step are at work beside it, and may have been refused.
    let mayPass = known.skipped + branch;
    for (let at = known.base; at <= known.base + mayPass; at += 1) {
      const act = known.acts[at];
      if (act === undefined) break;
      // One whose aim stood already may be proved without its effector ever having been reached.
      if (at < known.base + branch || textOf(act) !== wanted) {
        const mayStand = MAY_STAND.has(act.op) || this.#stands(act);
        if (mayStand) mayPass += 1;
        passedOver.push(mayStand ? null : textOf(act));
        continue;
      }
      const passed = at - known.base - branch;
      for (const one of passedOver.slice(0, passed)) if (one !== null) known.leftOut.add(one);
      known.skipped -= Math.min(passed, known.skipped);
      known.base += passed;
      return true;
    }
    return false;
  }
}

/** As an effect has kept it; null where it is more than one value. */
function aimOf({ op, params: raw }: ApprovedAct): string | null {
  if (op === "scale") return JSON.stringify(params(raw)["replicas"]);
  return op === "set-weights" ? JSON.stringify(params(raw)["weights"]) : null;
}

/** Behind it nothing is taken back that stands before it. */
const COMMITS = "promote";

function take(known: Known, effect: ModelEffect, changed: boolean): void {
  known.seen += 1;
  known.keys.add(effect.key);
  if (effect.op === COMMITS) {
    known.befores.clear();
    known.done.clear();
  }
  remember(known, effect, changed);
}

/** Settings: their aim may stand by itself. */
const MAY_STAND: ReadonlySet<string> = new Set([
  "create-slot",
  "drop-slot",
  "set-synchronous",
  "unblock-writes",
]);

/** What takes which back, at a database: its other settings may have changed by themselves since. */
const TAKES_BACK: Readonly<Record<string, string>> = {
  "drop-slot": "create-slot",
  "create-slot": "drop-slot",
  "unblock-writes": "block-writes",
  "start-as-primary": "stop-cleanly",
  "set-synchronous": "set-synchronous",
  follow: "follow",
  attach: "detach",
};

/** Of an act that was tried and failed nobody knows how much of it has happened: it is taken back like one that was done. */
function takesBack(known: Known, { op, target, params }: ModelEffect): boolean {
  const taken = TAKES_BACK[op];
  if (taken === undefined) return false;
  const name = nameOf({ op: taken, target, params });
  const next = known.acts.slice(known.base + known.seen, known.base + known.seen + BESIDE_MOST);
  return known.done.has(name) || next.some((act) => nameOf(act) === name);
}

/** Acts of one step, side by side. */
const BESIDE_MOST = 4;

/** The name of what that one would take back; weights and replicas are taken back by setting them again. */
export function takenBackBy({ op, target, params: raw }: ApprovedAct): string {
  return nameOf({ op: TAKES_BACK[op] ?? op, target, params: raw });
}

/** A slot's acts are about that slot. */
export function nameOf({ op, target, params }: ApprovedAct): string {
  const isAboutSlot = op === "create-slot" || op === "drop-slot";
  const slot =
    isAboutSlot && typeof params === "object" && params !== null && "slot" in params ? params["slot"] : null;
  return canonicalJson([op, target, slot ?? null]);
}

/** It may be taken back. */
function remember(known: Known, effect: ModelEffect, changed: boolean): void {
  known.done.add(nameOf(effect));
  if (!changed) return;
  const befores = known.befores.get(effect.target) ?? new Set<string>();
  befores.add(effect.before);
  known.befores.set(effect.target, befores);
}

export function isSameAct(one: ApprovedAct, other: ApprovedAct): boolean {
  return textOf(one) === textOf(other);
}

function isSamePlan(one: readonly ApprovedAct[], other: readonly ApprovedAct[]): boolean {
  return one.length === other.length && one.every((act, at) => textOf(act) === textOf(other[at] ?? act));
}

function textOf({ op, target, params: of }: ApprovedAct): string {
  return canonicalJson({ op, target, params: of });
}
