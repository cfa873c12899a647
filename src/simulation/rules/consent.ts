/**
 * S11: what a run does, people agreed to: as many as its policy asks for, for this very plan, none of them who asked for it,
 * in time. And what somebody changes by hand while it is under way, it leaves alone.
 *
 * The way back asks for nobody's approval: it leads to where everything stood when the plan was approved, also behind its time.
 *
 * All of it is told from outside: the policy by whoever reads the inventory, words by who heard them said.
 */
import type { ModelEffect, WorldEvent } from "../world/events.ts";
import type { Approvals } from "./approved.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";

export type Policy = {
  /** How many people have to approve; 0 where the policy itself does. */
  readonly people: number;
  readonly requestedBy: string;
};

export type GivenApproval = {
  readonly human: string;
  readonly hash: string;
  readonly startByMs: number;
  readonly finishByMs: number;
};

type Known = {
  readonly policy: Policy;
  hash: string | null;
  plannedAtEvent: number;
  readonly given: GivenApproval[];
  begun: boolean;
};

/** An approval does not lapse in a pivot, and an act that was begun in time may end behind it. */
const GRACE_MS = 60_000;

export class Consent {
  readonly rule: Rule;
  readonly #now: () => number;
  readonly #approvals: Pick<Approvals, "looksAlike" | "isPlanned">;
  readonly #runs = new Map<string, Known>();
  /** By target: the number of the event with which somebody changed it by hand. */
  readonly #byHand = new Map<string, number>();
  /** By key: when the run first said that it was about to do that. Who is gone then does it when they are back. */
  readonly #intendedAtMs = new Map<string, number>();
  #events = 0;

  constructor(now: () => number, approvals: Pick<Approvals, "looksAlike" | "isPlanned">) {
    this.#now = now;
    this.#approvals = approvals;
    this.rule = {
      invariant: "S11",
      kinds: ["effect", "by-hand"],
      after: (event) => this.#after(event),
    };
  }

  needs(run: string, policy: Policy): void {
    this.#runs.set(run, { policy, hash: null, plannedAtEvent: 0, given: [], begun: false });
  }

  planned(run: string, hash: string): void {
    const known = this.#runs.get(run);
    if (known === undefined || known.hash === hash) return;
    known.hash = hash;
    known.plannedAtEvent = this.#events;
  }

  said(run: string, approval: GivenApproval): void {
    this.#runs.get(run)?.given.push(approval);
  }

  intends(key: string): void {
    if (!this.#intendedAtMs.has(key)) this.#intendedAtMs.set(key, this.#now());
  }

  #after(event: WorldEvent): string | null {
    this.#events += 1;
    if (event.kind === "by-hand") this.#byHand.set(event.target, this.#events);
    return event.kind === "effect" ? this.#judge(event.effect) : null;
  }

  #judge(effect: ModelEffect): string | null {
    const run = runOf(effect.key);
    const known = this.#runs.get(run);
    if (known === undefined) return null;
    const changed = this.#byHand.get(effect.target) ?? 0;
    if (changed > known.plannedAtEvent && !this.#approvals.looksAlike(run, effect.target))
      return `${effect.key} did ${effect.op} at ${effect.target}, which somebody had changed by hand since the plan`;
    // What neither is planned nor takes something back is told by another rule.
    if (known.hash !== null && !this.#approvals.isPlanned(effect)) return null;
    const agreed = this.#agreedTo(known, this.#intendedAtMs.get(effect.key) ?? this.#now());
    known.begun = true;
    if (agreed >= known.policy.people) return null;
    return `${effect.key} did ${effect.op} with ${agreed} of ${known.policy.people} approvals`;
  }

  #agreedTo({ policy, hash, given, begun }: Known, intendedAtMs: number): number {
    const nowMs = this.#now();
    const inTime = ({ startByMs, finishByMs }: GivenApproval) =>
      finishByMs + GRACE_MS >= nowMs && (begun || startByMs >= intendedAtMs);
    const humans = given
      .filter((one) => one.hash === hash && one.human !== policy.requestedBy && inTime(one))
      .map(({ human }) => human);
    return new Set(humans).size;
  }
}
