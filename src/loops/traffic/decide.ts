/**
 * The traffic loop's step: which of the verdicts that stand are told to automation, and with what beside them. Pure.
 *
 * 1. `unknown` is told to nobody: who does not know must not move anything.
 * 2. What stands is told, not only what has changed: what was lost on the way, or could not be answered then, is told again.
 * 3. Whether something is done, by which mode and how often, is for automation to say, which hears all servers.
 */
import type { News } from "../../domain/automation.ts";
import { regionLossOf } from "../../domain/region-loss.ts";
import type { Cloud, CloudFacts } from "../../domain/snapshot.ts";

/**
 * `primaryIn`: the clouds that have a primary; null: it could not be read. `refused`: runs of automation that have ended so.
 * `nowMs` is of the clock that the verdicts' own times are of.
 */
export type Telling = {
  readonly by: string;
  readonly nowMs: number;
  readonly primaryIn: readonly Cloud[] | null;
  readonly refused: readonly string[];
};

export function newsOf(
  facts: Readonly<Record<Cloud, CloudFacts>>,
  { by, nowMs, primaryIn, refused }: Telling,
): News[] {
  return Object.entries(facts).flatMap(([cloud, seen]): News[] => {
    const { reason, observers, sinceMs } = seen;
    const forMs = Math.max(0, nowMs - sinceMs);
    if (seen.verdict === "unknown") return [];
    const verdict = regionLossOf(seen) !== null ? "region-down" : seen.verdict;
    const others = Object.entries(facts).filter(([name]) => name !== cloud);
    const othersHealthy = others.filter(([, other]) => other.verdict === "healthy").length;
    const primaryThere = primaryIn === null || primaryIn.length === 0 ? null : primaryIn.includes(cloud);
    return [{ by, cloud, verdict, reason, observers, othersHealthy, primaryThere, forMs, refused }];
  });
}

/** Whether the primary's place matters for what may follow. */
export function isTrouble(facts: Readonly<Record<Cloud, CloudFacts>>): boolean {
  return Object.values(facts).some(({ verdict }) => verdict === "down" || verdict === "degraded");
}
