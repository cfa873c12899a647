/**
 * What several vantage points together say of one cluster at one moment. A service that moves by itself on one
 * observer's word does more harm than the outage: so one voice never condemns, and a cloud is not its own judge.
 *
 * Invariants
 * 1. A cluster is accused (`fails`, `ails`) only by vantage points outside of its cloud: at least two, and more than
 *    half of those that see it.
 * 2. It is well by at least two as well, one of them outside, and more than half of those outside. A vantage point of its
 *    own cloud may be the second of the two, so that the last cloud that is left can still be known to be well.
 * 3. Too few is said as such, and is never an accusation.
 */
import type { Cloud, ClusterName } from "../snapshot.ts";
import type { ClusterSight, Sighting } from "./sighting.ts";

/** `ails`: slow or dead, where dead alone has no quorum. `split`: enough voices, and no agreement among them. */
export type Say = "fails" | "ails" | "well" | "split" | "too-few";

/** `observers`: how many vantage points it rests on. */
export type Tally = { readonly say: Say; readonly reason: string; readonly observers: number };

const LEAST = 2;

/** `voices`: at most one of each vantage point, fresh ones only. */
export function tallyOf(voices: readonly Sighting[], cluster: ClusterName, cloud: Cloud): Tally {
  const seen = voices.flatMap((voice): Seen[] => {
    const sight = voice.clusters[cluster];
    if (sight === undefined || sight.state === "unseen") return [];
    return [{ vantage: voice.vantage, inside: voice.cloud === cloud, ...sight }];
  });
  const outside = seen.filter(({ inside }) => !inside);
  const failing = outside.filter(({ state }) => state === "fails");
  if (isQuorum(failing, outside)) return said("fails", failing);
  const ailing = outside.filter(({ state }) => state !== "answers");
  if (isQuorum(ailing, outside)) return said("ails", ailing);
  const answered = seen.filter(({ state }) => state === "answers");
  const answeredOutside = answered.filter(({ inside }) => !inside);
  if (answered.length >= LEAST && isMost(answeredOutside, outside)) return said("well", answered);
  if (outside.length < LEAST) return tooFew(seen);
  const words = outside.map(({ vantage, state }) => `${vantage}: ${state}`).join(", ");
  return {
    say: "split",
    reason: `vantage points do not agree (${words})`,
    observers: outside.length,
  };
}

type Seen = ClusterSight & { readonly vantage: string; readonly inside: boolean };

function isQuorum(those: readonly Seen[], of: readonly Seen[]): boolean {
  return those.length >= LEAST && isMost(those, of);
}

function isMost(those: readonly Seen[], of: readonly Seen[]): boolean {
  return those.length * 2 > of.length;
}

function said(say: Say, by: readonly Seen[]): Tally {
  const [first] = by;
  const names = by.map(({ vantage }) => vantage).join(", ");
  return { say, reason: `${first?.reason ?? say} (as ${names} see it)`, observers: by.length };
}

function tooFew(seen: readonly Seen[]): Tally {
  const by =
    seen.length === 0
      ? "no vantage point sees it"
      : `only ${seen.map(({ vantage }) => vantage).join(" and ")} can be heard of it`;
  return {
    say: "too-few",
    reason: `${by}, and it takes ${LEAST} outside of its cloud`,
    observers: seen.length,
  };
}
