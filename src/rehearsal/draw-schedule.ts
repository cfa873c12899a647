/**
 * Draws the night of a seed.
 *
 * 1. A function of seed and ground: the seed is all that has to be kept of it.
 * 2. The first fault goes through all cells in turn, in an order without a pattern, so that so many seeds in a row as there
 *    are cells try each of them; whatever comes with it is drawn.
 */
import { RUNBOOK_NAMES, type RunbookName } from "../domain/runbook-names.ts";
import { approvals } from "./approvals.ts";
import type { Fault } from "../simulation/faults.ts";
import { Random } from "../simulation/random.ts";
import { phasesOf } from "./cells.ts";
import type { AwaitPoint, Courses } from "./courses.ts";
import { BY_PEOPLE, type Ground, isMomentary, shortest } from "./ground.ts";
import {
  type Length,
  type PersonsAct,
  type Place,
  type Schedule,
  SCHEDULE_VERSION,
  type ScheduledFault,
  WORDS,
} from "./schedule.ts";

const LENGTHS_MS = [5, 50, 500, 5_000, 40_000] as const;
const DELAYS_MS = [0, 0, 20, 400, 3_000, 20_000] as const;
/** Approvals that are over before, while and after a run acts. */
const VALID_MS = [0, 30_000, 600_000, 86_400_000] as const;
const BY_PEOPLE_SHARE = 0.2;
const MOST_FAULTS = 6;
/** Of nights in which nothing goes wrong: there a run has to do what it is there for. */
const CLEAN_SHARE = 0.03;
const OPERATORS = ["olivia", "dana", "adam"] as const;

/** One of these is a night's first fault. */
export type Cell = { readonly point: AwaitPoint; readonly kind: string; readonly phase: Place["phase"] };

export class Drawer {
  readonly cells: readonly Cell[];
  readonly #ground: Ground;
  readonly #courses: Courses;
  readonly #byKind: ReadonlyMap<string, readonly Fault[]>;
  readonly #stride: number;

  constructor(ground: Ground, courses: Courses) {
    this.#ground = ground;
    this.#courses = courses;
    this.#byKind = Map.groupBy(ground.faults, ({ kind }) => kind);
    this.cells = courses.flatMap((point) =>
      [...this.#byKind].flatMap(([kind, [fault]]) =>
        fault === undefined ? [] : phasesOf(fault).map((phase) => ({ point, kind, phase })),
      ),
    );
    this.#stride = coprimeTo(this.cells.length);
  }

  scheduleOf(seed: number): Schedule {
    const random = new Random(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
    const first = this.cells[(seed * this.#stride) % this.cells.length];
    if (first === undefined || random.chance(CLEAN_SHARE)) return this.#clean(random, seed, null);
    const night = this.#clean(random, seed, first.point);
    const near = this.#courses.filter(({ runbook }) => runbook === night.runbook);
    const { trigger } = first.point;
    const faults = [...(trigger === null ? [] : [trigger]), this.#fault(random, first)];
    for (let more = random.below(MOST_FAULTS); more > 0 && faults.length < MOST_FAULTS; more -= 1)
      faults.push(this.#fault(random, this.#near(random, near, first.point)));
    const people = [...night.people];
    for (let acts = this.#actsOf(random); acts > 0; acts -= 1)
      people.push(this.#personsAct(random, night, random.pick(near)));
    return { ...night, faults, people };
  }

  #clean(random: Random, seed: number, point: AwaitPoint | null): Schedule {
    const runbook = point?.runbook ?? random.pick(RUNBOOK_NAMES);
    const profile = this.#profile(random, point);
    const input = this.#input(random, runbook, point);
    const asked = approvals(this.#ground, runbook, profile);
    // Where nobody says yes, the run has to end all the same.
    const people = random.chance(0.9) ? asked : [];
    return { v: SCHEDULE_VERSION, seed, runbook, input, profile, faults: [], people };
  }

  /** In which the run comes by that point; now and then one in which people approve, who come by all points. */
  #profile(random: Random, point: AwaitPoint | null): string {
    const { profiles } = this.#ground.inventory;
    const byPeople = Object.hasOwn(profiles, BY_PEOPLE) && random.chance(BY_PEOPLE_SHARE);
    return byPeople ? BY_PEOPLE : (point?.profile ?? shortest(this.#ground.inventory));
  }

  /** Mostly the move that comes by every point; else any pair of clouds, and the database may stay. */
  #input(random: Random, runbook: RunbookName, point: AwaitPoint | null): Record<string, string> {
    const { clouds, databases } = this.#ground.inventory;
    const names = Object.keys(clouds);
    const home = Object.values(databases)[0]?.primary ?? random.pick(names);
    if (point !== null && random.chance(0.7)) {
      const away = random.pick(names.filter((cloud) => cloud !== home));
      const [from, to] = runbook === "rollback" ? [away, home] : [home, away];
      return { from, to, database: "move" };
    }
    const from = random.pick(names);
    const to = random.pick(names.filter((cloud) => cloud !== from));
    return { from, to, database: random.chance(0.7) ? "move" : "stay" };
  }

  #near(random: Random, points: Courses, first: AwaitPoint): Cell {
    // Troubles of one kind of step come together: half of them are where the first one is.
    const point = random.chance(0.3) ? first : random.pick(points);
    const kind = random.pick([...this.#byKind.keys()]);
    const fault = this.#byKind.get(kind)?.[0];
    return { point, kind, phase: fault === undefined ? "before" : random.pick(phasesOf(fault)) };
  }

  #fault(random: Random, { point, kind, phase }: Cell): ScheduledFault {
    const fault = random.pick(this.#byKind.get(kind) ?? []);
    const at = { call: point.call, nth: 1 + random.below(point.times), phase };
    return { ...fault, at, lasts: isMomentary(fault) ? null : drawLength(random) };
  }

  #actsOf(random: Random): number {
    return random.chance(0.6) ? 0 : 1 + random.below(4);
  }

  #personsAct(random: Random, night: Schedule, point: AwaitPoint): PersonsAct {
    const shared = {
      by: random.pick(OPERATORS),
      at: { call: point.call, nth: 1 + random.below(point.times), phase: random.pick(phasesOfPeople) },
      afterMs: random.pick(DELAYS_MS),
      twice: random.chance(0.2),
    };
    if (random.chance(0.8))
      return {
        ...shared,
        does: "say",
        word: random.pick(WORDS),
        rightHash: random.chance(0.8),
        forMs: random.pick(VALID_MS),
      };
    const other: RunbookName = night.runbook === "rollback" ? "manual-failover" : "rollback";
    const runbook = random.chance(0.7) ? other : night.runbook;
    const order = { runbook, input: this.#input(random, runbook, null) };
    return { ...shared, does: "start", order, wait: random.chance(0.4), preempt: random.chance(0.3) };
  }
}

const phasesOfPeople = ["before", "during", "behind"] as const;

function drawLength(random: Random): Length {
  return random.chance(0.5) ? { calls: 1 + random.below(8) } : { ms: random.pick(LENGTHS_MS) };
}

/** A step that comes by every place of a ring of this size, far from the one before. */
function coprimeTo(size: number): number {
  for (let stride = Math.floor(size * 0.618) | 1; ; stride += 2)
    if (greatestDivisor(stride, size) === 1) return stride;
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}
