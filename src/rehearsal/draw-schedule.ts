/**
 * Draws the night of a seed.
 *
 * 1. A function of seed and ground: the seed is all that has to be kept of it.
 * 2. Its faults are cells of the ring (`cell-ring.ts`); how long each lasts, and what people say meanwhile, is drawn.
 * 3. What a night is about it can come by: a point of the moved database is not tried where the database stays.
 */
import type { RunbookName } from "../domain/runbook-names.ts";
import { aim } from "./aims.ts";
import { approvals } from "./approvals.ts";
import type { Fault } from "../simulation/faults.ts";
import { Random } from "../simulation/random.ts";
import { type Begun, type Cell, CellRing } from "./cell-ring.ts";
import type { AwaitPoint, Courses } from "./courses.ts";
import { anyInput, homeOf, inputFor } from "./inputs.ts";
import { BY_PEOPLE, type Ground, isMomentary, shortest } from "./ground.ts";
import {
  type Length,
  type PersonsAct,
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
/** Of nights in which nothing goes wrong: there a run has to do what it is there for, or to see that there is nothing to do. */
const CLEAN_SHARE = 0.03;
/** Of nights that are not about the way back: in these certain troubles come together (`aims.ts`). */
const AIMED_SHARE = 0.75;
/** Of these, where they are outages: over before somebody answers them. */
const OVER_SHARE = 0.5;
/** Of the nights at points that any input comes by. */
const USUAL_MOVES = 0.5;
/** Of further faults. */
const SAME_POINT = 0.3;
const ON_THE_WAY = 0.1;
const OPERATORS = ["olivia", "dana", "adam"] as const;

export class Drawer {
  readonly #ring: CellRing;
  readonly #ground: Ground;
  readonly #courses: Courses;
  /** Of the runbooks that nights are drawn of. */
  readonly #names: readonly RunbookName[];
  readonly #byKind: ReadonlyMap<string, readonly Fault[]>;

  constructor(ground: Ground, courses: Courses) {
    this.#ground = ground;
    this.#courses = courses;
    this.#names = [...new Set(courses.map(({ runbook }) => runbook))];
    this.#byKind = Map.groupBy(ground.faults, ({ kind }) => kind);
    this.#ring = new CellRing(courses, ground.faults);
  }

  get cells(): readonly Cell[] {
    return this.#ring.cells;
  }

  scheduleOf(seed: number): Schedule {
    const random = new Random(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
    const begun = this.#ring.begin(seed);
    if (begun === null || random.chance(CLEAN_SHARE)) {
      const night = this.#clean(random, seed, null);
      return this.#isOver(random, night) ? { ...night, over: true } : night;
    }
    if (begun.cell.point.trigger === null && random.chance(AIMED_SHARE))
      return this.#aimed(random, seed, begun.cell);
    const { point } = begun.cell;
    const night = this.#clean(random, seed, point);
    const near = this.#courses.filter(({ runbook }) => runbook === night.runbook);
    const faults = [...(point.trigger === null ? [] : [point.trigger]), this.#fault(random, begun.cell)];
    const more = Math.min(random.below(MOST_FAULTS), MOST_FAULTS - faults.length);
    for (let number = 0; number < more; number += 1)
      faults.push(this.#fault(random, this.#further(random, begun, { number, moves: this.#moves(night) })));
    const people = [...night.people];
    for (let acts = this.#actsOf(random); acts > 0; acts -= 1)
      people.push(this.#personsAct(random, night, random.pick(near)));
    return { ...night, faults, people };
  }

  /** They begin with their cell of the ring all the same. A night of the way back has enough to do with that. */
  #aimed(random: Random, seed: number, cell: Cell): Schedule {
    const { point } = cell;
    const usual = this.#clean(random, seed, { ...point, stays: false });
    const night = { ...usual, people: approvals(this.#ground, usual.runbook, usual.profile) };
    const points = this.#courses.filter(
      ({ runbook, trigger }) => runbook === night.runbook && trigger === null,
    );
    const faults = [this.#fault(random, cell)];
    return aim(this.#ground, random, { night: { ...night, faults }, points });
  }

  #clean(random: Random, seed: number, point: AwaitPoint | null): Schedule {
    const runbook = point?.runbook ?? random.pick(this.#names);
    const profile = this.#profile(random, point);
    const input = this.#input(random, runbook, point);
    const asked = approvals(this.#ground, runbook, profile);
    // Where nobody says yes, the run has to end all the same.
    const people = random.chance(0.9) ? asked : [];
    return { v: SCHEDULE_VERSION, seed, runbook, input, profile, faults: [], people };
  }

  /** Only an outage that the night itself brings about can be over before its run. */
  #isOver(random: Random, { runbook }: Schedule): boolean {
    return runbook === "survive-outage" && this.#ground.snapshot === undefined && random.chance(OVER_SHARE);
  }

  /** In which the run comes by that point; now and then one in which people approve, who come by all points. */
  #profile(random: Random, point: AwaitPoint | null): string {
    const { profiles } = this.#ground.inventory;
    const byPeople = Object.hasOwn(profiles, BY_PEOPLE) && random.chance(BY_PEOPLE_SHARE);
    return byPeople ? BY_PEOPLE : (point?.profile ?? shortest(this.#ground.inventory));
  }

  /** Mostly the one that comes by every point; else any, where the point allows. */
  #input(random: Random, runbook: RunbookName, point: AwaitPoint | null): Record<string, string> {
    if (point === null || (point.stays && !random.chance(USUAL_MOVES)))
      return anyInput(this.#ground, random, runbook);
    const home = homeOf(this.#ground);
    const away = random.pick(Object.keys(this.#ground.inventory.clouds).filter((cloud) => cloud !== home));
    return inputFor(runbook, { home, away });
  }

  /** Whether the database moves, as in the runs whose points are known. */
  #moves({ runbook, input }: Schedule): boolean {
    const home = homeOf(this.#ground);
    const { from, to, cloud, database, primary } = input;
    if (cloud !== undefined) return cloud === home && (database === "move" || primary === "return");
    return database === "move" && (runbook === "rollback" ? to : from) === home;
  }

  #further(
    random: Random,
    begun: Begun,
    { number, moves }: { readonly number: number; readonly moves: boolean },
  ): Cell {
    const cell = this.#ring.further(begun, number);
    const first = begun.cell.point;
    const comesBy = ({ stays }: AwaitPoint) => moves || stays;
    // Troubles of one kind of step come together.
    if (random.chance(SAME_POINT) || !comesBy(cell.point)) return { ...cell, point: first };
    if (first.trigger === null || !random.chance(ON_THE_WAY)) return cell;
    // What brings the run to be taken back is not all that happens on the way there.
    const { runbook } = first;
    const forward = this.#courses.filter((point) => point.runbook === runbook && point.trigger === null);
    return { ...cell, point: random.pick(forward.filter(comesBy)) };
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
    const others = this.#names.filter((name) => name !== night.runbook);
    const runbook = others.length > 0 && random.chance(0.7) ? random.pick(others) : night.runbook;
    const order = { runbook, input: this.#input(random, runbook, null) };
    return { ...shared, does: "start", order, wait: random.chance(0.4), preempt: random.chance(0.3) };
  }
}

const phasesOfPeople = ["before", "during", "behind"] as const;

function drawLength(random: Random): Length {
  return random.chance(0.5) ? { calls: 1 + random.below(8) } : { ms: random.pick(LENGTHS_MS) };
}
