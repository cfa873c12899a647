/** S7 to S9: no effector goes back, each effect happens once, and what is in doubt is looked at before anything builds on it. */
import type { Section } from "../../domain/snapshot.ts";
import type { LookedAt, ModelEffect, WorldEvent } from "../world/events.ts";
import type { ModelWorld } from "../world/model-world.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";

/** At each effector, under one lock, nothing older takes effect after something newer. */
export function neverOlder(): Rule {
  const highest = new Map<string, ModelEffect>();
  return {
    invariant: "S7",
    kinds: ["effect"],
    after(event) {
      if (event.kind !== "effect") return null;
      const { effect } = event;
      const place = `${effect.effector} ${effect.lock}`;
      const last = highest.get(place);
      if (last !== undefined && isOlder(effect, last))
        return `${effect.key} (${effect.op}) took effect at ${effect.effector} after ${last.key}`;
      highest.set(place, effect);
      return null;
    },
  };
}

export function isOlder(one: ModelEffect, than: ModelEffect): boolean {
  return one.epoch < than.epoch || (one.epoch === than.epoch && one.sequence < than.sequence);
}

/** By keys, and by what the world itself counts. */
export function eachOnce(world: ModelWorld): Rule {
  const isRepeated = repeatsIn(world);
  const began = changesOf(world);
  const effects = { weights: 0, replicas: 0 };
  return {
    invariant: "S8",
    kinds: ["effect"],
    after(event) {
      if (event.kind !== "effect") return null;
      const { key, op } = event.effect;
      if (isRepeated(event.effect)) return `${key} took effect twice`;
      if (op === "set-weights") effects.weights += 1;
      else if (op === "scale") effects.replicas += 1;
      else return null;
      const changes = changesOf(world);
      if (changes.weights - began.weights !== effects.weights)
        return `weights changed ${changes.weights - began.weights} times by ${effects.weights} effects`;
      if (changes.replicas - began.replicas !== effects.replicas)
        return `replicas changed ${changes.replicas - began.replicas} times by ${effects.replicas} effects`;
      return null;
    },
  };
}

/** Whether an effect is one that was there before, of those that it is asked about in their order. */
export function repeatsIn(world: ModelWorld): (effect: ModelEffect) => boolean {
  const keys = new Map<string, ModelEffect>();
  /** By target. */
  const last = new Map<string, ModelEffect>();
  return (effect) => {
    const first = keys.get(effect.key);
    const isLast = last.get(effect.target) === first;
    keys.set(effect.key, effect);
    last.set(effect.target, effect);
    if (first === undefined) return false;
    return !(isLast && wasUndone(first, effect)) && !isMadeAnew(world, first, effect);
  };
}

/** What the first had done at a server is gone by itself: it died, and no effect came between. */
function wasUndone(first: ModelEffect, again: ModelEffect): boolean {
  return again.target.startsWith("database/") && runs(first.after) && !runs(again.before);
}

function runs(state: string): boolean {
  return state.includes('"running":true');
}

/**
 * An effector that was cut off before it had noted the key is asked once more. Where somebody moved the primary by hand in
 * between, what the first had done at the database is gone, and nobody could know: agents compare nothing but tokens.
 */
function isMadeAnew({ databases }: ModelWorld, first: ModelEffect, again: ModelEffect): boolean {
  const between = (atMs: number) => first.atMs <= atMs && atMs <= again.atMs;
  return again.target.startsWith("database/") && databases.movedByHandMs.some(between);
}

/** Versions and generations, but for those that no effect made. */
function changesOf(world: ModelWorld): { readonly weights: number; readonly replicas: number } {
  const { otherChanges, policy, clusters } = world;
  let replicas = -otherChanges.replicas;
  for (const { generation } of Object.values(clusters)) replicas += generation;
  return { weights: policy.version - otherChanges.weights, replicas };
}

const SHOWS: Readonly<Record<LookedAt, Section>> = {
  policy: "traffic",
  clusters: "traffic",
  verdicts: "traffic",
  databases: "databases",
};

type Doubt = { readonly key: string; readonly sequence: number; readonly section: Section; since: number };

/** A run that was left in doubt does nothing further before one of its workers has read that section, or was told after all. */
export function doubtIsSettled(): Rule {
  const doubts = new Map<string, Doubt[]>();
  const lastRead = new Map<string, number>();
  let now = 0;
  return {
    invariant: "S9",
    kinds: ["answered", "looked", "effect"],
    after(event) {
      now += 1;
      if (event.kind === "looked") lastRead.set(`${event.run} ${SHOWS[event.at]}`, now);
      if (event.kind === "answered" && !event.stale) noteAnswer(doubts, event, now);
      return event.kind === "effect" ? builtOnDoubt(doubts, lastRead, event) : null;
    },
  };
}

function noteAnswer(
  doubts: Map<string, Doubt[]>,
  event: WorldEvent & { readonly kind: "answered" },
  since: number,
): void {
  const { key, section, ambiguous } = event;
  const run = runOf(key);
  const open = (doubts.get(run) ?? []).filter((doubt) => doubt.key !== key);
  if (ambiguous) open.push({ key, sequence: sequenceOf(key), section, since });
  if (open.length === 0) doubts.delete(run);
  else doubts.set(run, open);
}

function builtOnDoubt(
  doubts: Map<string, Doubt[]>,
  lastRead: ReadonlyMap<string, number>,
  { effect }: WorldEvent & { readonly kind: "effect" },
): string | null {
  const run = runOf(effect.key);
  const open = doubts.get(run);
  if (open === undefined) return null;
  const left = open.filter(({ section, since }) => (lastRead.get(`${run} ${section}`) ?? -1) < since);
  if (left.length === 0) doubts.delete(run);
  else doubts.set(run, left);
  const doubt = left.find(({ sequence }) => sequence < effect.sequence);
  return doubt === undefined ? null : `${effect.key} took effect while ${doubt.key} was in doubt`;
}

/** Branches of one step share it. */
function sequenceOf(key: string): number {
  return Number.parseInt(key.slice(key.lastIndexOf("/") + 1), 10);
}
