/**
 * What must hold of a simulated world, whatever happened in it. Looks at the world and at what its clients were told, and
 * knows nothing of runbooks, engine or guards: who breaks a rule must not be the one who checks it.
 */
import type { Acknowledged } from "./clients.ts";
import { type ApprovedAct, Approvals } from "./rules/approved.ts";
import { Backwards } from "./rules/backwards.ts";
import { Blocked } from "./rules/blocked.ts";
import { callsAreBounded, retriesAreFew } from "./rules/calls.ts";
import { Commits } from "./rules/commits.ts";
import { Consent } from "./rules/consent.ts";
import { doubtIsSettled, eachOnce, isOlder, neverOlder, repeatsIn } from "./rules/effects.ts";
import { Holders } from "./rules/holders.ts";
import { Looks, type PodRates } from "./rules/looks.ts";
import { LostByVerdict } from "./rules/lost-by-verdict.ts";
import { type Growth, OutageOver } from "./rules/outage-over.ts";
import { type Pace, PaceRules } from "./rules/pace.ts";
import { Proved } from "./rules/proved.ts";
import { Reports } from "./rules/reports.ts";
import type { Rule } from "./rules/rule.ts";
import { brokenWeights, capacityCarries, fewDrained, somebodyServes } from "./rules/traffic.ts";
import {
  fencedFirst,
  forkBehindAll,
  noDivergedReader,
  nothingLost,
  oneWriter,
  quorumHolds,
} from "./rules/writers.ts";
import type { ModelEffect, WorldEvent } from "./world/events.ts";
import { generationsOf, type ModelWorld } from "./world/model-world.ts";

export type Violation = { readonly invariant: string; readonly what: string };

export type Limits = {
  /** Acknowledged WAL that a promotion may lose. */
  readonly rpoBytes: number;
  /** Standbys that a commit waits for. */
  readonly quorum: number;
  /** By how much a cloud may be asked for more than its pods were measured to serve. */
  readonly headroomPercent: number;
  readonly amplificationMost: number;
  readonly callsPerMinuteMost: number;
  /** Clouds that are drained on purpose at one time. */
  readonly drainedMost: number;
  /** How runs move. */
  readonly pace: Pace;
  readonly podRates: PodRates;
  /** How far clusters can grow. */
  readonly growth: Growth;
};

const STRICT: Limits = {
  rpoBytes: 0,
  quorum: 0,
  headroomPercent: 0,
  amplificationMost: 1.2,
  callsPerMinuteMost: 60_000,
  drainedMost: 1,
  pace: { stepMost: 100, dwellMs: 0, pivotMs: 20_000 },
  podRates: {},
  growth: {},
};

/** More of these say nothing new. */
const VIOLATIONS_MOST = 100;

/** Judges after every event of its world, of which it hears by itself; what is judged at the end is in `violationsOf`. */
export class Checker {
  readonly #found: Violation[] = [];
  readonly #approvals: Approvals;
  /** Told from outside: what each run needs people for, and what they said. */
  readonly consent: Consent;
  readonly pace: PaceRules;
  readonly blocked: Blocked;
  readonly reports: Reports;
  readonly holders = new Holders();
  readonly commits: Commits;
  readonly outage: OutageOver;
  readonly lost = new LostByVerdict();
  readonly #backwards: Backwards;
  readonly #proved: Proved;
  readonly #looks: Looks;
  readonly #rules: Partial<Record<WorldEvent["kind"], Rule[]>> = {};

  constructor(world: ModelWorld, now: () => number, limits: Partial<Limits> = {}) {
    const all = { ...STRICT, ...limits };
    const { rpoBytes, headroomPercent, amplificationMost, callsPerMinuteMost, drainedMost } = all;
    const { databases } = world;
    const approvals = new Approvals((cluster) => world.clusters[cluster]?.replicas ?? null);
    this.#approvals = approvals;
    this.consent = new Consent(now, approvals);
    this.pace = new PaceRules(all.pace, { approvals, now });
    this.blocked = new Blocked(world, { pivotMs: all.pace.pivotMs, now });
    this.commits = new Commits({ approvals, now, pivotMs: all.pace.pivotMs });
    this.reports = new Reports(world, approvals);
    this.outage = new OutageOver(world, all.growth);
    this.#backwards = new Backwards(world, approvals);
    this.#proved = new Proved(world, approvals);
    this.#looks = new Looks(world, { approvals, rates: all.podRates, now });
    for (const rule of [
      oneWriter(databases),
      fencedFirst(databases),
      nothingLost(databases, rpoBytes),
      forkBehindAll(databases),
      quorumHolds(databases, all.quorum),
      noDivergedReader(databases),
      capacityCarries(world, { headroomPercent, now }),
      somebodyServes(world),
      neverOlder(),
      eachOnce(world),
      doubtIsSettled(),
      // What is planned is known to those behind it.
      approvals.rule,
      this.consent.rule,
      this.#backwards.rule,
      this.#proved.rule,
      ...this.#looks.rules,
      ...this.pace.rules,
      this.blocked.rule,
      this.holders.rule,
      this.commits.rule,
      this.reports.rule,
      this.outage.rule,
      this.lost.rule,
      retriesAreFew(amplificationMost),
      callsAreBounded(now, callsPerMinuteMost),
      fewDrained(world, drainedMost),
    ])
      for (const kind of rule.kinds) (this.#rules[kind] ??= []).push(rule);
    world.onEvent = (event) => this.after(event);
  }

  after(event: WorldEvent): void {
    const rules = this.#rules[event.kind];
    if (rules === undefined) return;
    for (const rule of rules) {
      const what = rule.after(event);
      if (what !== null) this.#note({ invariant: rule.invariant, what });
    }
  }

  /** What people or the policy have approved for that run: its acts in their order. */
  approve(run: string, acts: readonly ApprovedAct[]): void {
    this.#approvals.approve(run, acts);
    this.reports.approve(run, acts);
  }

  /** People had that run pass over so many acts of its plan. */
  skip(run: string, acts: number): void {
    this.#approvals.skip(run, acts);
    this.#proved.skip(run);
    this.pace.skip(run);
    this.reports.skip(run);
  }

  /** From here on that run goes back to this point, and no further. */
  goodPoint(run: string): void {
    this.#backwards.goodPoint(run);
    this.reports.goodPoint(run);
    this.commits.goodPoint(run);
  }

  /** It says that it goes back over so many acts. */
  goesBack(run: string, acts: number): void {
    this.#backwards.goesBack(run);
    this.commits.goesBack(run, acts);
  }

  /** Of what it was to take back, people had that run leave this one as it stands. */
  leaves(run: string, act: ApprovedAct): void {
    this.#backwards.leaves(run, act);
  }

  /** Something beside the world's own faults went wrong: a worker, or a call. */
  disturbed(): void {
    this.blocked.disturbed();
    this.commits.disturbed();
  }

  /** People had that run go on against a guard. */
  override(run: string): void {
    this.#looks.override(run);
  }

  /** In the order in which they were seen, each once. */
  violations(): Violation[] {
    return [...this.#found, ...this.outage.violations()];
  }

  #note(violation: Violation): void {
    if (this.#found.length >= VIOLATIONS_MOST) return;
    const { invariant, what } = violation;
    if (this.#found.some((one) => one.invariant === invariant && one.what === what)) return;
    this.#found.push(violation);
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

/** What can be told from the end alone, without having watched. */
export function violationsOf({ world, acknowledged, held, conflicts }: Seen): Violation[] {
  return [
    ...olderAcknowledged(acknowledged),
    ...world.databases.splits.map((what) => ({ invariant: "S2", what })),
    ...lostAtTheEnd(world, acknowledged),
    ...world.edge.policies.flatMap((weights) => {
      const what = brokenWeights(weights);
      return what === null ? [] : [{ invariant: "S6", what }];
    }),
    ...olderEffects(world.done),
    ...repeatedEffects(world),
    ...conflicts.map((what) => ({ invariant: "S12", what })),
    ...[...held].map(([lock, run]) => ({ invariant: "L2", what: `${lock} is still held by ${run}` })),
  ];
}

/** S1: once a higher timeline has acknowledged, no other member ever does, and no two ever at one time. */
function olderAcknowledged(acknowledged: readonly Acknowledged[]): Violation[] {
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
function lostAtTheEnd({ databases }: ModelWorld, acknowledged: readonly Acknowledged[]): Violation[] {
  const promised = Math.max(0, ...acknowledged.map(({ position }) => position));
  // Whoever rose by itself or by a hand beside the product's own is not the one to have it.
  const primaries = Object.values(databases.members).filter(
    ({ running, primary, notByUs }) => running && primary && !notByUs,
  );
  if (primaries.length === 0) return [];
  const kept = Math.max(...primaries.map(({ position }) => position));
  return kept >= promised
    ? []
    : [{ invariant: "S3", what: `${promised} was acknowledged, the primary has ${kept}` }];
}

/** S7. */
function olderEffects(done: readonly ModelEffect[]): Violation[] {
  const highest = new Map<string, ModelEffect>();
  for (const effect of done) {
    const place = `${effect.effector} ${effect.lock}`;
    const last = highest.get(place);
    if (last !== undefined && isOlder(effect, last))
      return [{ invariant: "S7", what: `${effect.key} took effect after ${last.key}` }];
    highest.set(place, effect);
  }
  return [];
}

/** S8: by keys, and by what the world itself counts. */
function repeatedEffects(world: ModelWorld): Violation[] {
  const { done, policy, clusters, otherChanges, began } = world;
  const twice = done.filter(repeatsIn(world));
  const replicas = generationsOf(clusters) - began.generations;
  const counted = [
    ["weights", policy.version - began.version - otherChanges.weights, "set-weights"],
    ["replicas", replicas - otherChanges.replicas, "scale"],
  ] as const;
  return [
    ...twice.map(({ key }) => ({ invariant: "S8", what: `${key} took effect twice` })),
    ...counted
      .map(([what, changes, op]) => ({ what, changes, effects: done.filter((one) => one.op === op).length }))
      .filter(({ changes, effects }) => changes !== effects)
      .map(({ what, changes, effects }) => ({
        invariant: "S8",
        what: `${what} changed ${changes} times by ${effects} effects`,
      })),
  ];
}
