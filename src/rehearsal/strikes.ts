/**
 * Begins what a schedule says at the places that it names, ends it when its length is over, and notes what was struck.
 *
 * 1. Places are counted over the calls that the first run really makes, whichever of its workers makes them.
 * 2. A fault begins once. What it struck is signed with how that very call ended; a call that its worker never got
 *    answered was cut off.
 */
import type { Call } from "../simulation/journal.ts";
import { terminal } from "../ports/errors.ts";
import type { Fault } from "../simulation/faults.ts";
import { awaitPoint, cloudPattern } from "./await-point.ts";
import { cellOf } from "./cells.ts";
import type { PeopleOnStage } from "./people.ts";
import type { RunOnStage } from "./run-on-stage.ts";
import type { PersonsAct, Place, Schedule, ScheduledFault } from "./schedule.ts";
import type { Stage } from "./stage.ts";

/** Longer than a pivot may take before its commit; the local engine was seen to take over within 5 s. */
const GONE_MS = 40_000;

type Signed = { readonly what: string; readonly at: number; outcome: string | null };

export class Strikes {
  /** How often each await point has been come by. */
  readonly counts = new Map<string, number>();
  readonly cells = new Set<string>();
  readonly signed: Signed[] = [];
  readonly #stage: Stage;
  readonly #people: PeopleOnStage;
  readonly #clouds: RegExp;
  readonly #faults = new Map<string, ScheduledFault[]>();
  readonly #acts = new Map<string, PersonsAct[]>();
  #endings: { readonly at: number; readonly fault: Fault }[] = [];
  readonly #effectorTroubles = new Map<string, "fails-for-good" | "cut-off">();
  #point = "";
  #nth = 0;

  constructor(stage: Stage, schedule: Pick<Schedule, "faults" | "people">, people: PeopleOnStage) {
    this.#stage = stage;
    this.#people = people;
    this.#clouds = cloudPattern(Object.keys(stage.ground.inventory.clouds));
    for (const fault of schedule.faults) append(this.#faults, keyOf(fault.at), fault);
    for (const act of schedule.people) append(this.#acts, keyOf(act.at), act);
    stage.world.trouble = () => this.#trouble();
  }

  /** For the run that the schedule is about. */
  readonly onCall = (run: RunOnStage, call: Call): void => {
    const { at, name, phase, outcome } = call;
    if (phase === "before") this.#comeBy(run, name, at);
    // Calls side by side: the later phases of an earlier one come behind the next one's beginning.
    const place = phase === "before" ? this.#here() : this.#places.get(at);
    if (place === undefined) return;
    const key = keyOf({ ...place, phase });
    for (const fault of this.#faults.get(key) ?? []) this.#begin(run, fault, call);
    for (const act of this.#acts.get(key) ?? []) {
      this.#sign(`${act.by} ${act.does === "say" ? act.word : "starts"}`, act.at, call);
      this.#people.act(run, act);
    }
    if (phase !== "behind") return;
    this.#places.delete(at);
    for (const signed of this.signed)
      if (signed.at === at && signed.outcome === null) signed.outcome = outcome;
  };

  readonly #places = new Map<number, { readonly call: string; readonly nth: number }>();

  /** Everything heals; what is still to come does not come any more. */
  healAll(): void {
    this.#faults.clear();
    this.#acts.clear();
    this.#endings = [];
    this.#effectorTroubles.clear();
    this.#stage.world.healAll();
  }

  #here(): { readonly call: string; readonly nth: number } {
    return { call: this.#point, nth: this.#nth };
  }

  #comeBy(run: RunOnStage, name: string, at: number): void {
    this.#point = awaitPoint(name, { clouds: this.#clouds, undoing: run.undoing });
    this.#nth = (this.counts.get(this.#point) ?? 0) + 1;
    this.counts.set(this.#point, this.#nth);
    this.#places.set(at, this.#here());
    if (this.#endings.length === 0) return;
    const over = this.#endings.filter((ending) => ending.at <= at);
    this.#endings = this.#endings.filter((ending) => ending.at > at);
    for (const { fault } of over) this.#end(fault);
  }

  #begin(run: RunOnStage, fault: ScheduledFault, call: Call): void {
    const { kind, actor, at, lasts } = fault;
    this.#sign(`${kind} ${actor}`, at, call);
    this.cells.add(cellOf(run.order.runbook, fault, at));
    this.#stage.noteFault(`${kind} ${actor}`, `begins at ${at.call} ${at.nth} ${at.phase}`);
    if (actor === "orchestrator") {
      if (call.name.endsWith(": promote")) this.#stage.checker.pace.excuse(run.durable.run);
      if (kind === "gone") this.#tellWhenBack(`${kind} ${actor}`);
      return strike(run, kind);
    }
    this.#inject(fault);
    if (lasts === null) return;
    if ("calls" in lasts) this.#endings.push({ at: call.at + lasts.calls, fault });
    else {
      const { kernel } = this.#stage;
      kernel.at(kernel.now() + lasts.ms, () => this.#end(fault));
    }
  }

  /** Until then nobody acted, and that is no fault of the world's. */
  #tellWhenBack(who: string): void {
    const { kernel } = this.#stage;
    kernel.at(kernel.now() + GONE_MS, () => this.#stage.noteFault(who, "is over"));
  }

  #inject({ group, kind, actor }: Fault): void {
    if (actor !== "effector") return this.#stage.world.inject({ group, kind, actor });
    if (kind === "fails-for-good" || kind === "cut-off") this.#effectorTroubles.set(kind, kind);
  }

  #end({ group, kind, actor }: Fault): void {
    this.#stage.noteFault(`${kind} ${actor}`, "is over");
    if (actor === "effector") this.#effectorTroubles.delete(kind);
    else this.#stage.world.heal({ group, kind, actor });
  }

  #trouble(): ReturnType<Stage["world"]["trouble"]> {
    if (this.#effectorTroubles.has("fails-for-good"))
      return { kind: "fails", error: terminal("the effector will not do it") };
    return this.#effectorTroubles.has("cut-off") ? { kind: "forgets" } : null;
  }

  #sign(what: string, at: Place, call: Call): void {
    const outcome = call.phase === "behind" ? call.outcome : null;
    this.signed.push({ what: `${what} @ ${at.call} ${at.phase}`, at: call.at, outcome });
  }
}

function strike({ durable }: RunOnStage, kind: string): void {
  switch (kind) {
    case "crash":
      return durable.kill();
    case "gone":
      return durable.kill(GONE_MS);
    case "twin":
      return durable.double();
    case "zombie-soon":
      return durable.freeze("soon");
    case "zombie-at-end":
      return durable.freeze("at-end");
    case "reply-lost":
      return durable.loseReply();
    default:
      throw new RangeError(`the orchestrator has no trouble "${kind}"`);
  }
}

function keyOf({ call, nth, phase }: Place): string {
  return `${call}|${nth}|${phase}`;
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
