/**
 * L1: how a run says that it ended is true. Completed: all that its plan was to bring about stands. Undone: what it changed since
 * its last good point is as it was there.
 *
 * Looked at when all has healed. What somebody else changed behind the run, and what people had it pass over, is not its word.
 */
import { canonicalJson } from "../../domain/canonical.ts";
import type { WorldEvent } from "../world/events.ts";
import type { ModelWorld } from "../world/model-world.ts";
import type { Approvals } from "./approved.ts";
import { isInForce, type PlannedAct } from "./in-force.ts";
import { nameIn, params, steadyOf } from "./parse-effect.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";

type Told = {
  acts: readonly PlannedAct[];
  skipped: boolean;
  outcome: string | null;
  /** By target, since the last good point. */
  before: Map<string, string>;
  /** By target: what its plan was made from, until its first good point. What another run does behind that, it cannot know. */
  planned: Map<string, string>;
};

const SOMEBODY = "somebody";

export class Reports {
  readonly rule: Rule;
  readonly #world: ModelWorld;
  readonly #approvals: Approvals;
  readonly #runs = new Map<string, Told>();
  /** By target: who changed it last. */
  readonly #owner = new Map<string, string>();
  /** Somebody moved the primary, or one came back by itself. */
  #primaryMoved = false;

  constructor(world: ModelWorld, approvals: Approvals) {
    this.#world = world;
    this.#approvals = approvals;
    this.rule = {
      invariant: "L1",
      kinds: ["effect", "by-hand", "writable", "weights", "fault"],
      after: (event) => this.#after(event),
    };
  }

  approve(run: string, acts: readonly PlannedAct[]): void {
    const told = this.#of(run);
    told.acts = acts;
    told.planned = new Map(acts.map(({ target }) => [target, this.#now(target)]));
  }

  skip(run: string): void {
    this.#of(run).skipped = true;
  }

  /** From here on the run goes back to this point, and no further. */
  goodPoint(run: string): void {
    const { before, planned } = this.#of(run);
    before.clear();
    planned.clear();
  }

  ended(run: string, outcome: string): void {
    this.#of(run).outcome = outcome;
  }

  /** What is untrue of how runs said that they ended. */
  untrue(): string[] {
    return [...this.#runs].flatMap(([run, told]) => {
      if (told.skipped) return [];
      if (told.outcome === "completed") return this.#notInForce(run, told);
      return told.outcome === "undone" ? this.#notAsBefore(run, told) : [];
    });
  }

  #of(run: string): Told {
    const known = this.#runs.get(run);
    if (known !== undefined) return known;
    const told: Told = { acts: [], skipped: false, outcome: null, before: new Map(), planned: new Map() };
    this.#runs.set(run, told);
    return told;
  }

  #after(event: WorldEvent): null {
    if (event.kind === "by-hand") this.#owner.set(event.target, SOMEBODY);
    if (event.kind === "weights" && event.by !== "effect") this.#owner.set("traffic", SOMEBODY);
    // What a provider takes back by itself, later than anybody looks.
    const late = event.kind === "fault" ? /^api\/fails-late@(.*)$/.exec(event.name)?.[1] : undefined;
    if (late !== undefined) this.#owner.set(late === "edge" ? "traffic" : late, SOMEBODY);
    if (event.kind === "writable" && event.by !== "effect") this.#primaryMoved = true;
    if (event.kind !== "effect") return null;
    const { key, target, before, op } = event.effect;
    const run = runOf(key);
    this.#owner.set(target, run);
    if (op === "promote") this.#ownAll(run);
    const told = this.#of(run);
    // What a member had before it was rebuilt is nowhere any more, and nobody promised it back.
    if (op === "rebuild") told.before.delete(target);
    else if (!told.before.has(target)) told.before.set(target, before);
    return null;
  }

  /** Who follows whom is then that run's affair, also where it leaves somebody out. */
  #ownAll(run: string): void {
    for (const target of this.#owner.keys()) if (target.startsWith("database/")) this.#owner.set(target, run);
  }

  #isOurs(run: string, target: string): boolean {
    if (target.startsWith("database/") && this.#primaryMoved) return false;
    if (this.#approvals.looksAlike(run, target)) return false;
    return (this.#owner.get(target) ?? run) === run;
  }

  #notInForce(run: string, { acts }: Told): string[] {
    const kept = acts.filter(({ op }) => !ON_THE_WAY.has(op));
    const last = new Map(kept.map((act) => [aspectOf(act), act]));
    return [...last.values()]
      .filter((act) => this.#isOurs(run, act.target) && !isInForce(this.#world, act))
      .map(({ op, target }) => `${run} ended completed, and ${op} at ${target} does not stand`);
  }

  #notAsBefore(run: string, { before, planned }: Told): string[] {
    return [...before]
      .map(([target, was]) => ({ target, was: asItStands(target, was), now: this.#now(target) }))
      .filter(
        ({ target, was, now }) => this.#isOurs(run, target) && was !== now && planned.get(target) !== now,
      )
      .map(({ target, was, now }) => `${run} ended undone, and ${target} is ${now}, not ${was}`);
  }

  #now(target: string): string {
    const { clusters, databases, policy } = this.#world;
    const [kind, name = ""] = target.split("/");
    if (kind === "traffic") return asItStands(target, JSON.stringify(policy.weights));
    if (kind === "cluster") return String(clusters[name]?.replicas);
    return asItStands(target, JSON.stringify(databases.steady(name.slice(name.indexOf("@") + 1))));
  }
}

/** What a move of the primary does only to go on from there. */
const ON_THE_WAY: ReadonlySet<string> = new Set(["block-writes", "stop-cleanly"]);

/** Of acts that set the same thing only the last has to stand. */
function aspectOf({ op, target, params: raw }: PlannedAct): string {
  const slot = op === "create-slot" || op === "drop-slot" ? nameIn(params(raw), "slot") : "";
  return `${target} ${SETS[op] ?? op} ${slot}`;
}

const SETS: Readonly<Record<string, string>> = {
  "create-slot": "slot",
  "drop-slot": "slot",
  promote: "role",
  follow: "role",
  detach: "role",
  attach: "role",
  rebuild: "role",
};

/** Of a database member without what changes by itself. */
function asItStands(target: string, state: string): string {
  if (target.startsWith("cluster/")) return state;
  return canonicalJson(target.startsWith("database/") ? steadyOf(state) : JSON.parse(state));
}
