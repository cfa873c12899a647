/**
 * S6: weights move in steps of bounded size, with a hold of full length between two of them that somebody watched to its end
 * and that nobody saw go wrong. S15: what fails is tried again after a pause, and before a commit only so often. Writes are
 * blocked no longer than a pivot may take, unless something is wrong.
 *
 * Out of a cloud that observers told the run is lost weights move at once, and nothing waits behind that.
 *
 * How long and how far is told from outside, by whoever reads the inventory; so is what people had a run pass over.
 */
import type { ModelEffect, Told, WorldEvent } from "../world/events.ts";
import type { Approvals } from "./approved.ts";
import { weightsOf } from "./parse-effect.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";

export type Pace = {
  /** Points of the total that a step moves at most. */
  readonly stepMost: number;
  readonly dwellMs: number;
  /** From blocked writes to the promotion. */
  readonly pivotMs: number;
};

/** What the watcher of a hold had so far: its own account, before anybody reads it. */
export type Watched = {
  readonly samples: number;
  readonly expected: number;
  readonly breach: string | null;
};

type Moving = {
  shiftedAtMs: number | null;
  /** The step of the last hold that somebody watched. */
  hold: number | null;
  /** The hold that people had it pass over: its watcher looks on, and nobody has to heed that. */
  passedOver: number | null;
  watched: Watched | null;
  watchedAtMs: number;
  blockedAtMs: number | null;
  committed: boolean;
};

/** What a watcher sees in the moment in which a hold ends may count or not. */
const LATE_SAMPLES = 2;

type Asked = WorldEvent & { readonly kind: "asked" };

type Tries = { count: number; atMs: number };

/** Before a commit an act is tried a handful of times; a worker that takes over begins to count anew. */
const TRIES_MOST = 12;
/** Half of the shortest pause that a run takes (jitter). */
const PAUSE_LEAST_MS = 5;
/** What the promotion has to read before it may come behind the pivot's time. */
const UNDER_WAY_MS = 10_000;

export class PaceRules {
  readonly rules: readonly Rule[];
  readonly #pace: Pace;
  readonly #now: () => number;
  readonly #approvals: Approvals;
  readonly #runs = new Map<string, Moving>();
  readonly #tries = new Map<string, Tries>();
  /** By run: what it was told of the clouds last. */
  readonly #told = new Map<string, Told>();

  constructor(pace: Pace, of: { readonly approvals: Approvals; readonly now: () => number }) {
    this.#pace = pace;
    this.#now = of.now;
    this.#approvals = of.approvals;
    this.rules = [
      { invariant: "S6", kinds: ["looked"], after: (event) => this.#ofLook(event) },
      { invariant: "S6", kinds: ["effect"], after: (event) => this.#ofEffect(event) },
      { invariant: "S6", kinds: ["asked"], after: (event) => this.#ofAsk(event, this.#tooLong) },
      { invariant: "S15", kinds: ["asked"], after: (event) => this.#ofAsk(event, this.#tooOften) },
    ];
  }

  /** People had it pass over a step: what that step would have made sure of is theirs. */
  skip(run: string): void {
    const moving = this.#of(run);
    moving.shiftedAtMs = null;
    moving.watched = null;
    moving.passedOver = moving.hold;
    moving.blockedAtMs = null;
  }

  /** Somebody would not wait out the pause: the next try is theirs. They are counted all the same. */
  retried(run: string): void {
    for (const [place, tries] of this.#tries) if (runOf(place) === run) tries.atMs = Number.NEGATIVE_INFINITY;
  }

  watched(run: string, step: number, seen: Watched): void {
    const moving = this.#of(run);
    moving.hold = step;
    if (step === moving.passedOver) return;
    moving.watched = seen;
    moving.watchedAtMs = this.#now();
  }

  #of(run: string): Moving {
    const known = this.#runs.get(run);
    if (known !== undefined) return known;
    const moving = {
      shiftedAtMs: null,
      hold: null,
      passedOver: null,
      watched: null,
      watchedAtMs: 0,
      blockedAtMs: null,
      committed: false,
    };
    this.#runs.set(run, moving);
    return moving;
  }

  #ofLook(event: WorldEvent): null {
    if (event.kind === "looked" && event.told !== null) this.#told.set(event.run, event.told);
    return null;
  }

  /** Only one cloud loses by it, all that it had, and the run was told that this one is not well. */
  #isEvacuation(effect: ModelEffect): boolean {
    if (effect.op !== "set-weights") return false;
    const { wanted, before } = weightsOf(effect);
    const lowered = Object.keys(before).filter((one) => (wanted[one] ?? 0) < (before[one] ?? 0));
    const [cloud = "", another] = lowered;
    const verdict = this.#told.get(runOf(effect.key))?.[cloud];
    const isLost = verdict === "down" || verdict === "degraded";
    return another === undefined && wanted[cloud] === 0 && isLost;
  }

  #ofEffect(event: WorldEvent): string | null {
    if (event.kind !== "effect" || !this.#approvals.isPlanned(event.effect)) return null;
    const { effect } = event;
    const moving = this.#of(runOf(effect.key));
    const atOnce = this.#isEvacuation(effect);
    // What was asked for before the hold, and comes late, rests on nothing that was seen in it.
    const askedAtMs = this.#tries.get(`${effect.key} ${event.caller}`)?.atMs ?? Infinity;
    const rests = askedAtMs >= moving.watchedAtMs;
    const why = (rests ? goneWrong(moving, effect) : null) ?? (atOnce ? null : this.#tooFast(moving, effect));
    if (rests) moving.watched = null;
    if (effect.op === "block-writes") moving.blockedAtMs = this.#now();
    if (effect.op === "promote") moving.committed = true;
    moving.shiftedAtMs = effect.op === "set-weights" && !atOnce ? this.#now() : null;
    return why;
  }

  #tooFast({ shiftedAtMs }: Moving, effect: ModelEffect): string | null {
    if (effect.op === "set-weights") {
      const { wanted, before } = weightsOf(effect);
      const points = Math.max(...Object.keys(wanted).map((one) => (wanted[one] ?? 0) - (before[one] ?? 0)));
      if (points > this.#pace.stepMost) return `${effect.key} moves ${points} points at once`;
    }
    const heldMs = shiftedAtMs === null ? null : this.#now() - shiftedAtMs;
    if (heldMs === null || heldMs >= this.#pace.dwellMs) return null;
    return `${effect.key} did ${effect.op} ${heldMs} ms after weights had moved`;
  }

  #ofAsk(event: WorldEvent, judge: (asked: Asked) => string | null): string | null {
    return event.kind === "asked" ? judge(event) : null;
  }

  /** Whoever went away in the middle of the promotion itself may come back at any time. */
  excuse(run: string): void {
    this.#of(run).blockedAtMs = null;
  }

  readonly #tooLong = ({ key, op }: Asked): string | null => {
    const { blockedAtMs } = this.#of(runOf(key));
    if (op !== "promote" || blockedAtMs === null) return null;
    const ms = this.#now() - blockedAtMs;
    this.#of(runOf(key)).blockedAtMs = null;
    if (ms <= this.#pace.pivotMs + UNDER_WAY_MS) return null;
    return `${key} goes forward although writes have been blocked for ${ms} ms`;
  };

  readonly #tooOften = ({ key, op, caller }: Asked): string | null => {
    const place = `${key} ${caller}`;
    const tries = this.#tries.get(place);
    const nowMs = this.#now();
    this.#tries.set(place, { count: (tries?.count ?? 0) + 1, atMs: nowMs });
    if (tries === undefined) return null;
    if (nowMs - tries.atMs < PAUSE_LEAST_MS)
      return `${key} was asked for again after ${nowMs - tries.atMs} ms by one worker`;
    // Of the promotion it has to be known what became of it, however long that takes.
    const isForward = op === "promote" || this.#of(runOf(key)).committed;
    if (tries.count !== TRIES_MOST || isForward) return null;
    return `${key} was tried more than ${TRIES_MOST} times by one worker`;
  };
}

/** A run goes on after a hold only when enough was seen in it, and all of that was well. */
function goneWrong({ watched }: Moving, { key }: ModelEffect): string | null {
  if (watched === null) return null;
  const { samples, expected, breach } = watched;
  if (breach !== null) return `${key} took effect after a hold in which ${breach}`;
  if (samples * 2 >= expected - LATE_SAMPLES) return null;
  return `${key} took effect after a hold that was looked at ${samples} times of ${expected}`;
}
