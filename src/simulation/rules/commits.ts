/**
 * L1, of the way back: a run that has promoted goes forward until its pivot is over, calls people when that takes too long, and
 * says of no act that it will be taken back which it has not asked for since its last good point.
 *
 * It may say that it goes back where it was told no, and the promotion has come by another worker, at a member that cannot be
 * read: its first act on that way is to withdraw the promotion, which tells. It takes nothing back then.
 *
 * The ledger's words are told from outside; what was asked for, and what was promoted, is seen in the world.
 */
import type { ModelEffect, WorldEvent } from "../world/events.ts";
import type { Approvals } from "./approved.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";

type Course = {
  /** When it promoted; null: it has not, or its pivot is over. */
  promotedAtMs: number | null;
  called: boolean;
  /** It has said that it goes back, although it has promoted. */
  goesBack: boolean;
  /** Keys since the last good point. */
  asked: Set<string>;
};

/** Behind its own deadline: for a try that is under way, and another. */
const UNDER_WAY_MS = 40_000;

/** At the member that was to be promoted, with a newer token: the promotion can take effect no more. */
const WITHDRAWS: ReadonlySet<string> = new Set(["attach", "detach"]);

/** Acts side by side that were begun, and given up before any of them was asked for. */
const BESIDE_MOST = 4;

export class Commits {
  readonly rule: Rule;
  readonly #approvals: Approvals;
  readonly #now: () => number;
  readonly #mostMs: number;
  readonly #runs = new Map<string, Course>();
  #broken: string | null = null;
  /** Runs that stand behind a promotion: mostly none. */
  #promotedNow = 0;

  constructor(of: { readonly approvals: Approvals; readonly now: () => number; readonly pivotMs: number }) {
    this.#approvals = of.approvals;
    this.#now = of.now;
    this.#mostMs = of.pivotMs + UNDER_WAY_MS;
    this.rule = {
      invariant: "L1",
      kinds: ["asked", "effect", "request"],
      after: (event) => this.#after(event),
    };
  }

  goodPoint(run: string): void {
    this.#of(run).asked.clear();
  }

  /** It is through, or the run has ended in it. */
  pivotOver(run: string): void {
    const course = this.#of(run);
    if (course.promotedAtMs !== null) this.#promotedNow -= 1;
    course.promotedAtMs = null;
  }

  /** It has said that it cannot go on by itself. */
  calls(run: string): void {
    this.#of(run).called = true;
  }

  /** Nobody worked for it for a while. */
  disturbed(): void {
    for (const course of this.#runs.values())
      if (course.promotedAtMs !== null) course.promotedAtMs = this.#now();
  }

  goesBack(run: string, acts: number): void {
    const { promotedAtMs, asked } = this.#of(run);
    if (promotedAtMs !== null) this.#of(run).goesBack = true;
    else if (acts > asked.size + BESIDE_MOST)
      this.#broken = `${run} says that it takes back ${acts} acts, and has asked for ${asked.size} since its last good point`;
  }

  #of(run: string): Course {
    const known = this.#runs.get(run);
    if (known !== undefined) return known;
    const course: Course = { promotedAtMs: null, called: false, goesBack: false, asked: new Set() };
    this.#runs.set(run, course);
    return course;
  }

  #after(event: WorldEvent): string | null {
    if (event.kind === "asked") this.#of(runOf(event.key)).asked.add(event.key);
    if (event.kind === "effect") this.#promoted(event);
    const takenBack = event.kind === "effect" ? this.#takenBack(event.effect) : null;
    const broken =
      takenBack ??
      this.#broken ??
      (event.kind === "request" && this.#promotedNow > 0 ? this.#silent() : null);
    this.#broken = null;
    return broken;
  }

  #takenBack(effect: ModelEffect): string | null {
    const { goesBack, promotedAtMs } = this.#of(runOf(effect.key));
    if (!goesBack || promotedAtMs === null || this.#approvals.isPlanned(effect)) return null;
    return WITHDRAWS.has(effect.op) ? null : `${effect.key} takes back ${effect.target} behind the commit`;
  }

  #promoted({ effect }: WorldEvent & { readonly kind: "effect" }): void {
    if (effect.op !== "promote" || !this.#approvals.isPlanned(effect)) return;
    const course = this.#of(runOf(effect.key));
    if (course.promotedAtMs === null) this.#promotedNow += 1;
    course.promotedAtMs = this.#now();
  }

  #silent(): string | null {
    for (const [run, course] of this.#runs) {
      if (course.promotedAtMs === null || course.called) continue;
      const ms = this.#now() - course.promotedAtMs;
      if (ms <= this.#mostMs) continue;
      course.called = true;
      return `${run} has been behind its commit for ${ms} ms and called nobody`;
    }
    return null;
  }
}
