/**
 * What a night can be aimed at: troubles that belong together, at the calls and with the actors for which some rule of the
 * product is there. Of all troubles there are too many pairs for chance alone to bring the right two to the right place.
 *
 * 1. An aim says what goes wrong and where, never what should become of it.
 * 2. It names kinds of calls and of faults; the runbooks and the inventory say which there are. One that fits nothing is
 *    passed over.
 */
import type { Inventory } from "../domain/inventory/schema.ts";
import { approvals } from "./approvals.ts";
import type { Fault } from "../simulation/faults.ts";
import type { Random } from "../simulation/random.ts";
import type { AwaitPoint } from "./courses.ts";
import { BY_PEOPLE, type Ground, isMomentary } from "./ground.ts";
import { PHASES, type PersonsAct, type Place, type Schedule, type ScheduledFault } from "./schedule.ts";

type Aim = {
  readonly at: RegExp;
  readonly kinds: readonly string[];
  /** Only these; `target` stands for all actors of the cloud that the service moves to. */
  readonly actors: "all" | "target" | "edge";
  readonly lengthsMs: readonly number[];
  /** So many of these troubles at one place. */
  readonly together: number;
};

const HOLD = /^(hold start|sleep|command|race)$/;

const TROUBLES: readonly Aim[] = [
  {
    // The target does not get, or does not keep, what the shift needs.
    at: /^((before|do|verify): (scale|set-weights)|sleep|hold report|read: .*)$/,
    kinds: [
      ..."killed pod-killed edge-cut data-down capacity-in-part capacity-late fails-late".split(" "),
      ..."lies-down unseen oscillates slow-backend".split(" "),
    ],
    actors: "target",
    lengthsMs: [1_500, 5_000, 40_000],
    together: 1,
  },
  {
    // A hold in which nobody can look.
    at: HOLD,
    kinds: ["control-down", "throttle", "server-error", "lost-request", "lost-reply"],
    actors: "edge",
    lengthsMs: [1_000, 1_500, 1_900, 2_500],
    together: 1,
  },
  {
    // A hold in which clients are served badly, and all is well again at its end.
    at: HOLD,
    kinds: ["slow-backend", "pod-killed", "edge-cut", "data-down", "killed", "surge"],
    actors: "all",
    lengthsMs: [500, 1_000, 1_500, 1_900],
    together: 1,
  },
  {
    // Somebody at a console, at the worst moment.
    at: /^((before|do|verify): .*|read: .*|peek|sleep)$/,
    kinds: ["changes-weights", "scales", "promotes"],
    actors: "all",
    lengthsMs: [50, 5_000, 40_000],
    together: 1,
  },
  {
    // An act of which nobody knows whether it has happened, and its worker is in trouble as well.
    at: /^do: .*$/,
    kinds: [
      ..."cut-off lost-reply lost-request server-error duplicate fails-late".split(" "),
      ..."reply-lost crash gone twin zombie-soon zombie-at-end".split(" "),
    ],
    actors: "all",
    lengthsMs: [500, 5_000],
    together: 2,
  },
  {
    // The move of the primary meets slow, dead and frozen members.
    at: /: (create-slot|set-synchronous|block-writes|stop-cleanly|promote|follow|drop-slot|unblock-writes)$/,
    kinds: [
      ..."frozen killed control-down promotion-fails lag replay-stalled standby-lost".split(" "),
      ..."replication-cut disk-full slot-lost throttle".split(" "),
    ],
    actors: "all",
    lengthsMs: [1_500, 15_000, 40_000],
    together: 1,
  },
];

/** Approvals: in time, too short, over already. */
const VALID_MS = [0, 20_000, 90_000, 86_400_000] as const;
const SAID_AFTER_MS = [0, 1_000, 20_000] as const;
const APPROVERS = ["olivia", "dana", "adam", "approver-1"] as const;

/** Adds its troubles, or its people, to a night in which nothing goes wrong yet. `points`: what a run of it comes by. */
export function aim(
  ground: Ground,
  random: Random,
  { night, points }: { readonly night: Schedule; readonly points: readonly AwaitPoint[] },
): Schedule {
  if (night.profile === BY_PEOPLE) return random.chance(0.7) ? consent(random, night) : night;
  if (random.chance(0.25)) return contest(ground, random, { night, points });
  const faults = [...night.faults];
  for (let troubles = 1 + random.below(2); troubles > 0; troubles -= 1)
    faults.push(...troublesOf(ground, random, { night, points, aim: random.pick(TROUBLES) }));
  return { ...night, faults };
}

function troublesOf(
  { faults, inventory }: Ground,
  random: Random,
  of: { readonly night: Schedule; readonly points: readonly AwaitPoint[]; readonly aim: Aim },
): ScheduledFault[] {
  const { at, kinds, actors, lengthsMs, together } = of.aim;
  const target = of.night.input["to"];
  const isOne: Readonly<Record<Aim["actors"], (actor: string) => boolean>> = {
    all: () => true,
    target: (actor) => cloudOf(actor, inventory) === target,
    edge: (actor) => actor === "edge",
  };
  const fits = faults.filter(({ kind, actor }) => kinds.includes(kind) && isOne[actors](actor));
  const places = of.points.filter(({ call }) => at.test(call));
  if (fits.length === 0 || places.length === 0) return [];
  const place = placeAt(random, random.pick(places));
  const byKind = Map.groupBy(fits, ({ kind }) => kind);
  return Array.from({ length: together }, () => {
    const fault: Fault = random.pick(byKind.get(random.pick([...byKind.keys()])) ?? fits);
    const lasts = isMomentary(fault) ? null : { ms: random.pick(lengthsMs) };
    return { ...fault, at: place, lasts };
  });
}

function placeAt(random: Random, { call, times }: AwaitPoint): Place {
  return { call, nth: 1 + random.below(times), phase: random.pick(PHASES) };
}

function cloudOf(actor: string, { clusters }: Inventory): string | null {
  const [kind = "", name = ""] = actor.split("/");
  return kind === "cluster" ? (clusters[name]?.cloud ?? null) : name;
}

/** People who say yes to another plan, to their own run, too early and for too short a time; and one who has it wait. */
function consent(random: Random, night: Schedule): Schedule {
  const at = { call: "tell approvers", nth: 1, phase: "behind" } as const;
  const given = Array.from(
    { length: 1 + random.below(3) },
    (): PersonsAct => ({
      does: "say",
      word: "approve",
      by: random.pick(APPROVERS),
      rightHash: random.chance(0.6),
      forMs: random.pick(VALID_MS),
      at,
      afterMs: random.pick(SAID_AFTER_MS),
      twice: random.chance(0.3),
    }),
  );
  const also = random.chance(0.5) ? night.people : [];
  const waits = random.chance(0.5) ? [pauseAt({ call: "do: scale", nth: 1, phase: "before" })] : [];
  return { ...night, people: [...given, ...also, ...waits] };
}

function pauseAt(at: Place): PersonsAct {
  return {
    does: "say",
    word: "pause",
    by: "dana",
    rightHash: true,
    forMs: 0,
    at,
    afterMs: 0,
    twice: false,
  };
}

/** Somebody wants the same things for a run of their own, waits for them or takes them, while the first is in trouble. */
function contest(
  ground: Ground,
  random: Random,
  { night, points }: { readonly night: Schedule; readonly points: readonly AwaitPoint[] },
): Schedule {
  const acts = points.filter(({ call }) => /^(do|verify): |^sleep$/.test(call));
  const runbook = random.pick(["manual-failover", "rollback"] as const);
  const { from = "", to = "" } = night.input;
  const waits = random.chance(0.5);
  const start: PersonsAct = {
    does: "start",
    by: "dana",
    order: { runbook, input: { from: to, to: from, database: "move" } },
    wait: waits,
    preempt: !waits,
    at: placeAt(random, random.pick(acts)),
    afterMs: 0,
    twice: false,
  };
  const kind = random.pick(["fails-for-good", "zombie-soon", "zombie-at-end", "twin", "crash"]);
  const troubles = ground.faults
    .filter((fault) => fault.kind === kind && random.chance(0.7))
    .map((fault): ScheduledFault => {
      const at = { ...placeAt(random, random.pick(acts)), phase: "before" as const };
      return { ...fault, at, lasts: isMomentary(fault) ? null : { calls: 1 } };
    });
  const people = [...approvals(ground, night.runbook, night.profile), start];
  return { ...night, faults: [...night.faults, ...troubles], people };
}
