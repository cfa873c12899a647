/**
 * Which place of a run is interrupted how. Pure: from a seed, the same plan.
 *
 * 1. Round robin over all pairs: no place is interrupted a third time before every place was interrupted once (where writes
 *    are blocked: a second time), and each time it comes up a place takes its next kind, until it has had all six.
 * 2. While writes are blocked, at most one interruption, and only at a place that is nowhere else: two freezes of 5 s would
 *    pause writes for longer than clients wait.
 */
import { seeded } from "../workload/random.ts";

export const KINDS = [
  { kind: "kill", victims: ["worker"] },
  { kind: "stop", victims: ["engine"] },
  { kind: "kill", victims: ["worker", "engine"] },
  { kind: "stop", victims: ["worker"] },
  { kind: "kill", victims: ["engine"] },
  { kind: "stop", victims: ["worker", "engine"] },
] as const satisfies readonly Interruption[];

export type Victim = "worker" | "engine";
/** `kill`: SIGKILL. `stop`: SIGSTOP, and SIGCONT 5 s later. */
export type Interruption = { readonly kind: "kill" | "stop"; readonly victims: readonly Victim[] };

/** Just after an event of this kind; `hold-middle` is half a hold's time after its start. */
const BOUNDARIES = [
  "read",
  "planned",
  "approved",
  "check-passed",
  "hold-started",
  "hold-middle",
  "hold-passed",
  "pivot-started",
  "pivot-committed",
  "pivot-finished",
] as const;
/** Just after an event of this kind of an act. */
const ACT_BOUNDARIES = ["act-intended", "act-done", "act-verified"] as const;
const RUNBOOKS = ["manual-failover", "rollback"] as const;
const BLOCKED_OPS = ["block-writes", "stop-cleanly", "promote", "drop-slot", "unblock-writes"] as const;
const OTHER_OPS = ["scale", "set-weights", "create-slot", "set-synchronous", "follow"] as const;

/** Inside the effect of an act. */
export function insideOf(runbook: string, op: string): string {
  return `inside ${op} of ${runbook}`;
}

/** Just after an event of the run; `op` is what the event's act does, null where it is no act's. */
export function behind(runbook: string, type: string, op: string | null): string {
  return op === null ? `${type} of ${runbook}` : `${type} ${op} of ${runbook}`;
}

function placesOf(runbook: string, ops: readonly string[]): string[] {
  return ops.flatMap((op) => [
    insideOf(runbook, op),
    ...ACT_BOUNDARIES.map((type) => behind(runbook, type, op)),
  ]);
}

/** Every step boundary by what is done there, and the inside of every effect. */
export const PLACES: readonly string[] = RUNBOOKS.flatMap((runbook) => [
  ...BOUNDARIES.map((type) => behind(runbook, type, null)),
  ...placesOf(runbook, [...BLOCKED_OPS, ...OTHER_OPS]),
]);

/** Those that are passed only while writes are blocked. */
const WHILE_BLOCKED: ReadonlySet<string> = new Set(
  RUNBOOKS.flatMap((runbook) => [
    behind(runbook, "pivot-committed", null),
    ...placesOf(runbook, BLOCKED_OPS),
  ]),
);

export class KillPlan {
  readonly #hits = new Map<string, number>();
  readonly #first: ReadonlyMap<string, number>;

  constructor(seed: number) {
    const { fraction } = seeded("kill plan", seed);
    const shuffled = PLACES.map((place) => ({ place, at: fraction() })).toSorted((a, b) => a.at - b.at);
    // In turn over a shuffled order, so that each kind comes up as often as any other.
    this.#first = new Map(shuffled.map(({ place }, index) => [place, index % KINDS.length]));
  }

  get hits(): number {
    return [...this.#hits.values()].reduce((sum, hits) => sum + hits, 0);
  }

  /** Places that were never interrupted. */
  get unvisited(): readonly string[] {
    return PLACES.filter((place) => this.#hitsAt(place) === 0);
  }

  /** The one of the places, passed just now, that is due, and how; null: none is. */
  due(passed: readonly string[], writesBlocked: boolean): { place: string; how: Interruption } | null {
    const least = Math.min(...PLACES.map((place) => this.#hitsAt(place)));
    const [place] = passed
      .filter((one) => PLACES.includes(one) && (!writesBlocked || WHILE_BLOCKED.has(one)))
      // The one turn that a pivot has goes to a place that had fewest.
      .filter((one) => this.#hitsAt(one) <= (WHILE_BLOCKED.has(one) ? this.#leastBeside(one) : least + 1))
      .toSorted((left, right) => this.#hitsAt(left) - this.#hitsAt(right));
    if (place === undefined) return null;
    const how = KINDS[((this.#first.get(place) ?? 0) + this.#hitsAt(place)) % KINDS.length] ?? KINDS[0];
    return { place, how };
  }

  took(place: string): void {
    this.#hits.set(place, this.#hitsAt(place) + 1);
  }

  /** The fewest turns among the places that the same pivot passes. */
  #leastBeside(place: string): number {
    const runbook = RUNBOOKS.find((name) => place.endsWith(` of ${name}`));
    const beside = [...WHILE_BLOCKED].filter(
      (one) => runbook === undefined || one.endsWith(` of ${runbook}`),
    );
    return Math.min(...[place, ...beside].map((one) => this.#hitsAt(one)));
  }

  #hitsAt(place: string): number {
    return this.#hits.get(place) ?? 0;
  }
}
