/**
 * The verdict on one cluster over time: what a quorum says has to last before it counts, and the way back is longer than
 * the way there. Pure; who calls keeps the state.
 *
 * Invariants
 * 1. `down` stands once its quorum has held without a break for the dwell. `degraded` takes a longer one of its own: what is only
 *    slow serves, pods that have just started are slow for a moment, and to move traffic for it takes capacity from the others.
 *    `down` becomes `degraded` only after the way back.
 * 2. `healthy` stands at once where nothing was known before, after the dwell where nobody could look for a while, and after
 *    the way back where something bad was known, also when nobody could look meanwhile.
 * 3. Each time that a quorum turns from well to not well the way back doubles, up to a bound; it is forgiven when it has
 *    been well for as long as that bound. So a stretch of good news that is shorter than the way back ends no verdict.
 * 4. Too few voices are `unknown` at once. Disagreement keeps what stands, and begins every dwell anew.
 */
import type { Inventory } from "../inventory/schema.ts";
import type { Verdict } from "../snapshot.ts";
import type { Tally } from "./quorum.ts";

export type VerdictTimings = {
  /** A sighting that is as old as this has no voice. */
  readonly freshMs: number;
  /** How long a quorum must agree that it fails, or is well. */
  readonly dwellMs: number;
  /** How long a quorum must agree that it is not well, where none agrees that it fails. */
  readonly slowMs: number;
  /** How long it must be well, after it was not. */
  readonly backMs: number;
  /** The longest way back. */
  readonly backMostMs: number;
};

export function timingsOf({ verdicts }: Pick<Inventory["policies"], "verdicts">): VerdictTimings {
  const { fresh, dwell, slow, back, backMost } = verdicts;
  return { freshMs: fresh, dwellMs: dwell, slowMs: slow, backMs: back, backMostMs: backMost };
}

/** The times: since when, without a break, a quorum has said so; null: it does not. */
export type Standing = {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly observers: number;
  readonly sinceMs: number;
  /** The last verdict that was not `unknown`. */
  readonly known: Exclude<Verdict, "unknown"> | null;
  readonly failsSinceMs: number | null;
  readonly notWellSinceMs: number | null;
  readonly notFailingSinceMs: number | null;
  readonly wellSinceMs: number | null;
  /** What the last quorum said: null before the first. */
  readonly lastWell: boolean | null;
  readonly relapses: number;
};

export function newStanding(nowMs: number): Standing {
  return {
    verdict: "unknown",
    reason: "nobody has looked yet",
    observers: 0,
    sinceMs: nowMs,
    known: null,
    ...noQuorum,
    lastWell: null,
    relapses: 0,
  };
}

export function advance(standing: Standing, tally: Tally, nowMs: number, timings: VerdictTimings): Standing {
  const heard = hear(standing, tally, nowMs, timings);
  const verdict = verdictOf(heard, tally, nowMs, timings);
  const known = verdict === "unknown" ? heard.known : verdict;
  if (verdict !== heard.verdict) {
    const { reason, observers } = tally;
    return { ...heard, verdict, known, reason, observers, sinceMs: nowMs };
  }
  if (spokenOf[tally.say] !== verdict) return { ...heard, known };
  return { ...heard, known, reason: tally.reason, observers: tally.observers };
}

/** Whoever keeps it has not looked for a while: what stood stands, and every dwell begins anew. */
export function afterAbsence(standing: Standing): Standing {
  return { ...standing, ...noQuorum };
}

/** How long it must be well before it counts as healthy again. */
function wayBackMs({ relapses }: Standing, { backMs, backMostMs }: VerdictTimings): number {
  return Math.min(backMostMs, backMs * 2 ** Math.max(0, relapses - 1));
}

/** Whether a quorum says that it fails, and the dwell is not over yet. */
export function isTurningDown({ verdict, failsSinceMs }: Standing): boolean {
  return failsSinceMs !== null && verdict !== "down";
}

/** Nothing can be said of it now, the last that was known was bad, and it has not been well since for as long as it takes. */
export function isOnItsWayBack(standing: Standing, nowMs: number, timings: VerdictTimings): boolean {
  const { verdict, known, sinceMs, wellSinceMs } = standing;
  if (verdict !== "unknown" || known === null || known === "healthy") return false;
  return wellSinceMs !== null || nowMs - sinceMs < wayBackMs(standing, timings);
}

const noQuorum = {
  failsSinceMs: null,
  notWellSinceMs: null,
  notFailingSinceMs: null,
  wellSinceMs: null,
} as const;

/** Which verdict a tally speaks for. */
const spokenOf: Readonly<Record<Tally["say"], Verdict | null>> = {
  fails: "down",
  ails: "degraded",
  well: "healthy",
  split: null,
  "too-few": "unknown",
};

function hear(standing: Standing, { say }: Tally, nowMs: number, timings: VerdictTimings): Standing {
  const { failsSinceMs, notWellSinceMs, notFailingSinceMs, wellSinceMs, lastWell } = standing;
  switch (say) {
    case "too-few":
    case "split":
      return { ...standing, ...noQuorum };
    case "fails":
    case "ails": {
      const fails = say === "fails";
      return {
        ...standing,
        failsSinceMs: fails ? (failsSinceMs ?? nowMs) : null,
        notFailingSinceMs: fails ? null : (notFailingSinceMs ?? nowMs),
        notWellSinceMs: notWellSinceMs ?? nowMs,
        wellSinceMs: null,
        lastWell: false,
        relapses: lastWell === false ? standing.relapses : standing.relapses + 1,
      };
    }
    case "well": {
      const since = wellSinceMs ?? nowMs;
      return {
        ...standing,
        ...noQuorum,
        notFailingSinceMs: notFailingSinceMs ?? nowMs,
        wellSinceMs: since,
        lastWell: true,
        relapses: nowMs - since >= timings.backMostMs ? 0 : standing.relapses,
      };
    }
  }
}

function verdictOf(heard: Standing, { say }: Tally, nowMs: number, timings: VerdictTimings): Verdict {
  if (say === "too-few") return "unknown";
  const hasHeld = (sinceMs: number | null, forMs: number): boolean =>
    sinceMs !== null && nowMs - sinceMs >= forMs;
  const backMs = wayBackMs(heard, timings);
  if (hasHeld(heard.failsSinceMs, timings.dwellMs)) return "down";
  if (hasHeld(heard.notWellSinceMs, timings.slowMs)) {
    const wasDown = heard.verdict === "down" || (heard.verdict === "unknown" && heard.known === "down");
    if (!wasDown || hasHeld(heard.notFailingSinceMs, backMs)) return "degraded";
  }
  const waitMs = heard.known === null ? 0 : heard.known === "healthy" ? timings.dwellMs : backMs;
  return hasHeld(heard.wellSinceMs, waitMs) ? "healthy" : heard.verdict;
}
