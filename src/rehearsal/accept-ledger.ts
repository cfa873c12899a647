/**
 * Whether the model world would have gone the way that ledgers of a real one tell: the same acts in the same order, each
 * begun from the same state, and each shown by the model as it was shown there. What the model does not accept it does not
 * know, and a rehearsal in it would prove nothing of that.
 *
 * 1. Only what was done is replayed, with what the effector answered; an act that failed has no effect to compare.
 * 2. What went wrong in the real world meanwhile goes wrong in the model before the act that was begun behind it, and as much time
 *    passes there as passed.
 * 3. Compared is what identifies a state. Versions, generations, timelines and positions begin elsewhere in every world, and
 *    are compared by how they rise, in the act's own proof.
 */
import { canonicalJson } from "../domain/canonical.ts";
import type { Inventory } from "../domain/inventory/schema.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import type { LedgerEvent } from "../domain/ledger.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import { readSnapshot, untilProved, type World } from "../engine/world.ts";
import type { Act } from "../engine/act.ts";
import { Attempt } from "../simulation/attempt.ts";
import type { Fault } from "../simulation/faults.ts";
import { Kernel } from "../simulation/kernel.ts";
import { Random } from "../simulation/random.ts";
import { ModelWorld } from "../simulation/world/model-world.ts";
import { LOCAL_RANGES } from "../simulation/world/ranges.ts";
import { actOf } from "./parse-act.ts";

export type Acceptance = {
  /** Acts that were replayed before the first that the model does not accept. */
  readonly acts: number;
  readonly refused: { readonly run: string; readonly index: number; readonly why: string } | null;
};

/** A fault of the real world, as the model has it, that began or ended. `timeMs`: since the epoch, as in the ledger. */
export type FaultMark = { readonly timeMs: number; readonly begins: boolean; readonly fault: Fault };

const SEED = 1;

/**
 * `events`: of all runs of one world since its beginning. `marks`: of its faults, in order. Throws for acts that are none, and
 * RangeError for faults that no actor can have.
 */
export async function acceptLedger(
  inventory: Inventory,
  events: readonly LedgerEvent[],
  marks: readonly FaultMark[] = [],
): Promise<Acceptance> {
  const replay = new Replay(inventory);
  const left = [...marks];
  let acts = 0;
  for (const { intent, proof } of doneActs(events)) {
    for (let mark = left[0]; mark !== undefined && mark.timeMs <= intent.time; mark = left[0]) {
      await replay.strike(mark);
      left.shift();
    }
    await replay.passUntil(intent.time);
    const why = await replay.objectionTo(intent, proof);
    if (why !== null) return { acts, refused: { run: intent.run, index: intent.index, why } };
    acts += 1;
  }
  return { acts, refused: null };
}

type Done = { readonly intent: LedgerEvent; readonly proof: LedgerEvent };

/** Acts that were done and proved, in the order in which they were begun. */
function doneActs(events: readonly LedgerEvent[]): Done[] {
  const proofs = new Map(
    events.filter(({ type }) => type === "act-verified").map((event) => [keyOf(event), event]),
  );
  return events
    .filter(({ type }) => type === "act-intended")
    .toSorted((left, right) => left.time - right.time)
    .flatMap((intent) => {
      const proof = proofs.get(keyOf(intent));
      return proof === undefined ? [] : [{ intent, proof }];
    });
}

function keyOf({ run, data }: LedgerEvent): string {
  return canonicalJson([run, data["key"] ?? null]);
}

class Replay {
  readonly #kernel = new Kernel(0);
  readonly #model: ModelWorld;
  readonly #world: World;
  /** The real time at which the model's began: of the first thing that was replayed. */
  #beganMs: number | null = null;
  #epoch = 0;

  constructor(inventory: Inventory) {
    const kernel = this.#kernel;
    const model = new ModelWorld(inventory, () => kernel.now(), {
      kernel,
      random: new Random(SEED),
      ranges: LOCAL_RANGES,
    });
    this.#model = model;
    this.#world = {
      ...model.ports(new Attempt(0, kernel)),
      clock: kernel,
      named: {
        clouds: Object.keys(inventory.clouds),
        clusters: Object.keys(inventory.clusters),
        databases: Object.keys(inventory.databases),
        demandFloor: 0,
      },
    };
  }

  async strike({ timeMs, begins, fault }: FaultMark): Promise<void> {
    await this.passUntil(timeMs);
    if (begins) this.#model.inject(fault);
    else this.#model.heal(fault);
  }

  /** Acts may have taken longer here: then no time passes. */
  async passUntil(timeMs: number): Promise<void> {
    this.#beganMs ??= timeMs;
    const behindMs = timeMs - this.#beganMs - this.#kernel.now();
    if (behindMs > 0) await this.#kernel.pass(behindMs);
  }

  /** Why the model does not go this way, or null. */
  async objectionTo(intent: LedgerEvent, proof: LedgerEvent): Promise<string | null> {
    const { op, params, before } = intent.data;
    if (typeof op !== "string" || !isObject(params)) return "its intent names no act";
    const act = actOf(op, params);
    const facts = await this.#facts();
    const began = differenceOf(before ?? null, act.before(facts));
    if (began !== null) return `${op} began from another state: ${began}`;
    try {
      await this.#perform(act, facts);
    } catch (error) {
      return `the model refuses ${op}: ${error instanceof Error ? error.message : String(error)}`;
    }
    const { ok, evidence } = await this.#shown(act, facts);
    if (!ok) return `the model does not show ${op}`;
    const shown = differenceOf(proof.data["evidence"] ?? null, evidence);
    return shown === null ? null : `${op} left another state: ${shown}`;
  }

  #facts(): Promise<Snapshot> {
    return this.#kernel.run(readSnapshot(this.#world, new AbortController().signal));
  }

  async #perform(act: Act, facts: Snapshot): Promise<void> {
    this.#epoch += 1;
    const token = { key: `replay/${this.#epoch}`, lock: act.lock, epoch: this.#epoch, sequence: 1 };
    const request = { facts, token, by: "ledger", why: "replay" };
    await this.#kernel.run(act.perform(this.#world, request, this.#kernel.within(act.deadlineMs)));
  }

  #shown(act: Act, before: Snapshot): ReturnType<typeof untilProved> {
    const world = this.#world;
    const { signal } = new AbortController();
    const look = async () => act.proof(await readSnapshot(world, signal), before);
    const untilMs = this.#kernel.now() + act.deadlineMs;
    return this.#kernel.run(untilProved(look, { world, untilMs, pollMs: act.pollMs, signal }));
  }
}

/** Begin elsewhere in every world, or are measured. */
const OWN = new Set(["version", "generation", "observedGeneration", "timeline", "position", "replayed"]);

function differenceOf(there: Json, here: Json): string | null {
  if (!isObject(there) || !isObject(here))
    return canonicalJson(there) === canonicalJson(here)
      ? null
      : `${canonicalJson(there)} there, ${canonicalJson(here)} in the model`;
  for (const name of new Set([...Object.keys(there), ...Object.keys(here)])) {
    if (OWN.has(name)) continue;
    const difference = differenceOf(there[name] ?? null, here[name] ?? null);
    if (difference !== null) return `${name} ${difference}`;
  }
  return null;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
