/**
 * What a night can be aimed at: troubles that belong together, at the calls and with the actors for which some rule of the
 * product is there. Of all troubles there are too many pairs for chance alone to bring the right two to the right place.
 *
 * 1. An aim says what goes wrong and where, never what should become of it.
 * 2. It names kinds of calls and of faults; the runbooks and the inventory say which there are. One that fits nothing is
 *    passed over.
 */
import type { Inventory } from "../domain/inventory/schema.ts";
import { RUNBOOK_NAMES } from "../domain/runbook-names.ts";
import { approvals } from "./approvals.ts";
import type { Fault } from "../simulation/faults.ts";
import type { Random } from "../simulation/random.ts";
import type { AwaitPoint } from "./courses.ts";
import { BY_PEOPLE, type Ground, isMomentary } from "./ground.ts";
import { anyInput } from "./inputs.ts";
import {
  type Order,
  PHASES,
  type PersonsAct,
  type Place,
  type Schedule,
  type ScheduledFault,
} from "./schedule.ts";

type Aim = {
  readonly at: RegExp;
  /** All of them, where it does not say. */
  readonly phases?: readonly Place["phase"][];
  readonly kinds: readonly string[];
  /** `target`: those of the cloud that the service moves to; `near`: those whom the call is about. */
  readonly actors: "all" | "target" | "near" | "edge";
  /** One of these comes as well, whoever has it. */
  readonly and?: readonly string[];
  readonly lengthsMs: readonly number[];
  /** So many of these troubles at one place. */
  readonly together: number;
};

const HOLD = /^(hold start|sleep|command|race)$/;

const TROUBLES: readonly Aim[] = [
  {
    // The target does not get, or does not keep, what the shift needs.
    at: /^((before|do|verify): (scale|set-weights)|sleep|hold report|read: .*)$/,
    kinds:
      "killed pod-killed edge-cut data-down capacity-in-part capacity-late fails-late lies-down lies-degraded unseen oscillates slow-backend".split(
        " ",
      ),
    actors: "target",
    lengthsMs: [1_500, 5_000, 40_000],
    together: 1,
  },
  {
    // Pods die between the look that counted them and the shift that needs them, before any observer notices.
    at: /^(verify: scale|before: set-weights|hold report)$/,
    kinds: ["killed", "pod-killed"],
    actors: "target",
    lengthsMs: [1_500, 40_000],
    together: 2,
  },
  {
    // Observers call the target ill, right before it is to get more.
    at: /^(hold report|sleep|verify: scale|before: set-weights)$/,
    kinds: ["lies-degraded", "lies-down", "unseen", "oscillates"],
    actors: "target",
    lengthsMs: [5_000, 40_000],
    together: 1,
  },
  {
    // Nobody does the run's work for a while, and meanwhile its target falls ill.
    at: /^do: set-weights$/,
    phases: ["before"],
    kinds: ["lies-degraded", "lies-down", "killed"],
    actors: "target",
    and: ["gone"],
    // Still there when somebody takes over.
    lengthsMs: [60_000],
    together: 1,
  },
  {
    // Somebody changes the very thing between the look and the act.
    at: /^do: set-weights$/,
    phases: ["before"],
    kinds: ["changes-weights"],
    actors: "all",
    lengthsMs: [40_000],
    together: 1,
  },
  {
    // The same, for pods.
    at: /^do: scale$/,
    phases: ["before"],
    kinds: ["scales"],
    actors: "all",
    lengthsMs: [40_000],
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
    // A hold in which clients are served badly, and all is well again at its end. One cloud that fails does not make it so:
    // the edge tries another.
    at: HOLD,
    kinds: ["surge"],
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
    phases: ["before"],
    kinds: "lost-reply lost-request server-error duplicate delay throttle frozen fails-late".split(" "),
    actors: "near",
    and: "cut-off reply-lost crash gone twin zombie-soon zombie-at-end fails-for-good".split(" "),
    lengthsMs: [500, 5_000],
    together: 1,
  },
  {
    // The move of the primary meets slow, dead and frozen members.
    at: /: (create-slot|set-synchronous|block-writes|stop-cleanly|promote|follow|drop-slot|unblock-writes)$/,
    kinds:
      "frozen killed control-down promotion-fails lag replay-stalled standby-lost replication-cut disk-full slot-lost throttle".split(
        " ",
      ),
    actors: "all",
    lengthsMs: [1_500, 15_000, 120_000],
    together: 1,
  },
  {
    // The fence and what comes around it: nobody knows whether it has happened.
    at: /^do: (promote|stop-cleanly|block-writes)$/,
    phases: ["before"],
    kinds: ["lost-request", "lost-reply", "server-error"],
    actors: "near",
    lengthsMs: [5_000, 15_000],
    together: 1,
  },
  {
    // The fence is asked for, and the request does not arrive.
    at: /^do: stop-cleanly$/,
    phases: ["before"],
    kinds: ["lost-request"],
    actors: "near",
    lengthsMs: [5_000, 15_000],
    together: 1,
  },
  {
    // The point of no return is reached, and for long nothing tells whether it was passed.
    at: /^do: promote$/,
    phases: ["before"],
    kinds: ["frozen", "promotion-fails"],
    actors: "near",
    lengthsMs: [15_000, 40_000],
    together: 1,
  },
  {
    // The point of no return is refused to one try, while another lies somewhere and comes late.
    at: /^do: promote$/,
    phases: ["before"],
    kinds: ["fails-for-good"],
    actors: "all",
    and: ["zombie-soon", "zombie-at-end", "twin"],
    lengthsMs: [200, 1_500],
    together: 1,
  },
  {
    // Whoever is to be promoted falls behind when everything is ready.
    at: /: (block-writes|stop-cleanly)$/,
    kinds: ["standby-lost", "lag", "replay-stalled", "disk-full"],
    actors: "target",
    lengthsMs: [1_500, 15_000],
    together: 1,
  },
  {
    // Behind it nothing goes on, for longer than a pivot may take.
    at: /^do: (follow|drop-slot|unblock-writes)$/,
    phases: ["before"],
    kinds: ["frozen", "killed"],
    actors: "near",
    lengthsMs: [15_000, 100_000],
    together: 1,
  },
  {
    // The worker is gone in the middle of the pivot.
    at: /^(do|verify): (block-writes|stop-cleanly)$/,
    kinds: ["gone", "crash", "zombie-soon"],
    actors: "all",
    lengthsMs: [],
    together: 1,
  },
  {
    // An act's effector is cut off again and again, or will not do it.
    at: /^do: .*$/,
    phases: ["before"],
    kinds: ["cut-off", "fails-for-good"],
    actors: "all",
    lengthsMs: [500, 5_000, 15_000],
    together: 1,
  },
];

/** Approvals: in time, too short, over already. */
const VALID_MS = [0, 1_000, 20_000, 90_000, 86_400_000] as const;
const SAID_AFTER_MS = [0, 1_000, 20_000] as const;
const APPROVERS = ["olivia", "dana", "adam", "approver-1"] as const;

/** Adds its troubles, or its people, to a night in which nothing goes wrong yet. `points`: what a run of it comes by. */
export function aim(
  ground: Ground,
  random: Random,
  { night, points }: { readonly night: Schedule; readonly points: readonly AwaitPoint[] },
): Schedule {
  if (night.profile === BY_PEOPLE) return random.chance(0.7) ? consent(random, night) : night;
  if (random.chance(0.2)) return contest(ground, random, { night, points });
  if (random.chance(0.15)) return impatience(ground, random, { night, points });
  const faults = [...night.faults];
  for (let troubles = 1 + random.below(3); troubles > 0; troubles -= 1)
    faults.push(...troublesOf(ground, random, { night, points, aim: random.pick(TROUBLES) }));
  return { ...night, faults };
}

function troublesOf(
  { faults, inventory }: Ground,
  random: Random,
  of: { readonly night: Schedule; readonly points: readonly AwaitPoint[]; readonly aim: Aim },
): ScheduledFault[] {
  const { at, kinds, actors, lengthsMs, together } = of.aim;
  const places = of.points.filter(({ call }) => at.test(call));
  if (places.length === 0) return [];
  const place = placeAt(random, random.pick(places), of.aim.phases);
  const { input } = of.night;
  const isOne: Readonly<Record<Aim["actors"], (actor: string) => boolean>> = {
    all: () => true,
    target: (actor) => isTarget(input, cloudOf(actor, inventory)),
    near: (actor) => isNear(place.call, input, actor),
    edge: (actor) => actor === "edge",
  };
  const draw = (from: readonly Fault[]): ScheduledFault[] => {
    if (from.length === 0) return [];
    const byKind = Map.groupBy(from, ({ kind }) => kind);
    const fault = random.pick(byKind.get(random.pick([...byKind.keys()])) ?? from);
    return [{ ...fault, at: place, lasts: isMomentary(fault) ? null : { ms: random.pick(lengthsMs) } }];
  };
  const fits = faults.filter(({ kind, actor }) => kinds.includes(kind) && isOne[actors](actor));
  const also = faults.filter(({ kind }) => of.aim.and?.includes(kind) === true);
  return [...Array.from({ length: together }, () => fits), also].flatMap(draw);
}

/** Of an outage, whoever is left. */
function isTarget({ to, cloud }: Schedule["input"], at: string | null): boolean {
  return cloud === undefined ? at === to : at !== null && at !== cloud;
}

/** Whom an act is done at: the edge, a cluster, the member that is moved from or to. */
function isNear(call: string, input: Schedule["input"], actor: string): boolean {
  const op = call.slice(call.indexOf(": ") + 2);
  if (op === "set-weights") return actor === "edge";
  if (op === "scale") return actor.startsWith("cluster/");
  if (input["cloud"] !== undefined)
    return /^(database|agent)\//.test(actor) && (op === "rebuild" || !actor.endsWith(`/${input["cloud"]}`));
  const cloud = AT_SOURCE.has(op) ? input["from"] : input["to"];
  return actor === `database/${cloud}` || actor === `agent/${cloud}`;
}

const AT_SOURCE: ReadonlySet<string> = new Set(["block-writes", "stop-cleanly", "drop-slot"]);

function placeAt(random: Random, { call, times }: AwaitPoint, phases: Aim["phases"] = PHASES): Place {
  return { call, nth: 1 + random.below(times), phase: random.pick(phases) };
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
      ...validFor(random),
      heardAfterMs: random.pick([0, 0, 5_000, 25_000]),
      at,
      afterMs: random.pick(SAID_AFTER_MS),
      twice: random.chance(0.3),
    }),
  );
  const also = random.chance(0.5) ? night.people : [];
  const waits = random.chance(0.5) ? [pauseAt({ call: "do: scale", nth: 1, phase: "before" })] : [];
  return { ...night, people: [...given, ...also, ...waits] };
}

/** Somebody loses patience while writes are blocked; at times the pivot fails then as well. */
function impatience(
  { faults }: Ground,
  random: Random,
  { night, points }: { readonly night: Schedule; readonly points: readonly AwaitPoint[] },
): Schedule {
  const inThePivot = points.filter(({ call }) =>
    /: (block-writes|stop-cleanly|promote|unblock-writes)$/.test(call),
  );
  const word = random.pick(["pause", "undo", "cancel", "skip"] as const);
  const at = placeAt(random, random.pick(inThePivot));
  const twice = random.chance(0.3);
  const people = [
    ...night.people,
    { does: "say", word, by: "dana", rightHash: true, forMs: 0, at, afterMs: 0, twice } as const,
  ];
  const promotion = { call: "do: promote", nth: 1, phase: "before" } as const;
  const failure = faults.find(({ kind }) => kind === "fails-for-good");
  if (failure === undefined || random.chance(0.5)) return { ...night, people };
  return { ...night, people, faults: [...night.faults, { ...failure, at: promotion, lasts: { calls: 1 } }] };
}

function validFor(random: Random): { readonly forMs: number; readonly startForMs: number } {
  const forMs = random.pick(VALID_MS);
  return { forMs, startForMs: Math.min(forMs, random.pick(VALID_MS)) };
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

/** The opposite of a planned move; while a cloud is lost, whatever comes to somebody's mind. */
function rivalOf(ground: Ground, random: Random, { input }: Schedule): Order {
  const { from, to } = input;
  if (from !== undefined && to !== undefined) {
    const runbook = random.pick(["manual-failover", "rollback"] as const);
    return { runbook, input: { from: to, to: from, database: "move" } };
  }
  const runbook = random.pick(RUNBOOK_NAMES);
  return { runbook, input: { ...anyInput(ground, random, runbook) } };
}

/** Somebody wants the same things for a run of their own, waits for them or takes them, while the first is in trouble. */
function contest(
  ground: Ground,
  random: Random,
  { night, points }: { readonly night: Schedule; readonly points: readonly AwaitPoint[] },
): Schedule {
  const acts = points.filter(({ call }) => /^(do|verify): |^sleep$/.test(call));
  const waits = random.chance(0.5);
  const start: PersonsAct = {
    does: "start",
    by: "dana",
    order: rivalOf(ground, random, night),
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
