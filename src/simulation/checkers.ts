/**
 * What must hold of a simulated world, whatever happened in it. Looks at the world and at what its clients were told, and
 * knows nothing of runbooks, engine or guards: who breaks a rule must not be the one who checks it.
 */
import type { Acknowledged } from "./clients.ts";
import type { WorldEvent } from "./world/events.ts";
import type { ModelEffect, ModelWorld } from "./world/model-world.ts";

export type Violation = { readonly invariant: string; readonly what: string };

/** Judges after every event of its world, which it hears of by itself; what is judged at the end only is in `violationsOf`. */
export class Checker {
  readonly #found: Violation[] = [];

  constructor(world: ModelWorld) {
    world.onEvent = (event) => this.after(event);
  }

  after(_event: WorldEvent): void {
    // Filled by the rules below.
  }

  violations(): Violation[] {
    return [...this.#found];
  }
}

export type Seen = {
  readonly world: ModelWorld;
  readonly acknowledged: readonly Acknowledged[];
  /** Locks that are still held, by lock. */
  readonly held: ReadonlyMap<string, string>;
  /** Events that a store was given at a place where it has another. */
  readonly conflicts: readonly string[];
};

export function violationsOf({ world, acknowledged, held, conflicts }: Seen): Violation[] {
  return [
    ...oneWriter(acknowledged),
    ...world.databases.splits.map((what) => ({ invariant: "S2", what })),
    ...nothingLost(world, acknowledged),
    ...world.policies.flatMap((weights) => wholeWeights(weights)),
    ...neverOlder(world.done),
    ...eachOnce(world),
    ...conflicts.map((what) => ({ invariant: "S12", what })),
    ...[...held].map(([lock, run]) => ({ invariant: "L2", what: `${lock} is still held by ${run}` })),
  ];
}

/** S1: once a higher timeline has acknowledged, no other member ever does, and no two ever at one time. */
function oneWriter(acknowledged: readonly Acknowledged[]): Violation[] {
  let last: Acknowledged | null = null;
  for (const one of acknowledged) {
    const older = last !== null && one.timeline < last.timeline;
    const beside = last !== null && one.atMs === last.atMs && one.cloud !== last.cloud;
    if (last !== null && (older || beside)) {
      const what = `${one.cloud} acknowledged on timeline ${one.timeline} at ${one.atMs}, ${last.cloud} on ${last.timeline} at ${last.atMs}`;
      return [{ invariant: "S1", what }];
    }
    last = one;
  }
  return [];
}

/** S3: the primary at the end has all that any client was promised. */
function nothingLost({ databases }: ModelWorld, acknowledged: readonly Acknowledged[]): Violation[] {
  const promised = Math.max(0, ...acknowledged.map(({ position }) => position));
  const primaries = Object.values(databases.members).filter(({ running, primary }) => running && primary);
  if (primaries.length === 0) return [];
  const kept = Math.max(...primaries.map(({ position }) => position));
  return kept >= promised
    ? []
    : [{ invariant: "S3", what: `${promised} was acknowledged, the primary has ${kept}` }];
}

/** S6. */
function wholeWeights(weights: Readonly<Record<string, number>>): Violation[] {
  const points = Object.values(weights);
  const sum = points.reduce((total, one) => total + one, 0);
  if (sum === 100 && points.every((one) => Number.isInteger(one) && one >= 0)) return [];
  return [{ invariant: "S6", what: `weights ${JSON.stringify(weights)}` }];
}

/** S7: under one lock nothing older takes effect after something newer. */
function neverOlder(done: readonly ModelEffect[]): Violation[] {
  const highest = new Map<string, ModelEffect>();
  for (const effect of done) {
    const last = highest.get(effect.lock);
    const older =
      last !== undefined &&
      (effect.epoch < last.epoch || (effect.epoch === last.epoch && effect.sequence < last.sequence));
    if (older) return [{ invariant: "S7", what: `${effect.key} took effect after ${last.key}` }];
    highest.set(effect.lock, effect);
  }
  return [];
}

/** S8: by keys, and by what the world itself counts. */
function eachOnce({ done, policy, clusters }: ModelWorld): Violation[] {
  const twice = done.filter(({ key }, index) => done.findIndex((other) => other.key === key) !== index);
  const counted = [
    ["weights", policy.version - 1, done.filter(({ op }) => op === "set-weights").length],
    [
      "replicas",
      Object.values(clusters).reduce((sum, { generation }) => sum + generation - 1, 0),
      done.filter(({ op }) => op === "scale").length,
    ],
  ] as const;
  return [
    ...twice.map(({ key }) => ({ invariant: "S8", what: `${key} took effect twice` })),
    ...counted
      .filter(([, changes, effects]) => changes !== effects)
      .map(([what, changes, effects]) => ({
        invariant: "S8",
        what: `${what} changed ${changes} times by ${effects} effects`,
      })),
  ];
}
