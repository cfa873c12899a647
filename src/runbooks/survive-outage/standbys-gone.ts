/**
 * A primary that is well and has too few standbys left for a commit to be acknowledged. Whether writes wait for one, or go on
 * with fewer copies, is the inventory's choice (`policies.standbysGone`); either is said.
 */
import type { DatabaseGroup } from "../../domain/inventory/schema.ts";
import { type Cloud, type DatabaseName, memberOf, type Snapshot } from "../../domain/snapshot.ts";
import { standbysWaitedFor } from "../../domain/synchronous.ts";
import type { Act } from "../../engine/act.ts";
import { setSynchronous } from "../acts/replication.ts";
import { fewerNames } from "../parts/primary-move.ts";

type Order = {
  readonly database: DatabaseName;
  readonly group: DatabaseGroup;
  readonly primary: Cloud;
  readonly standbysGone: "wait" | "degrade";
};

export function decideStandbysGone(
  facts: Snapshot,
  { database, group, primary, standbysGone }: Order,
): { readonly lower: readonly Act[]; readonly notices: readonly string[] } {
  const standbys = Object.keys(group.members).filter((cloud) => cloud !== primary);
  const left = standbys.filter((cloud) => !isGone(facts, database, cloud));
  const waitsFor = standbysWaitedFor(memberOf(facts, database, primary).synchronousNames);
  if (left.length >= waitsFor) return { lower: [], notices: [] };
  const short = `${left.length} of the ${waitsFor} standbys that a commit on ${primary} waits for`;
  if (standbysGone === "wait")
    return {
      lower: [],
      notices: [`writes to ${database} wait: ${short} can be asked, and the policy is to wait`],
    };
  return {
    lower: [setSynchronous({ database, cloud: primary }, fewerNames(group, left), "alone")],
    notices: [
      `${database}: ${short} can be asked; by policy ${primary} acknowledges without the others from here on, and what it acknowledges so may be lost with it`,
    ],
  };
}

/** One that is not heard for a moment, in a cloud that nobody calls down, is not gone. */
function isGone(facts: Snapshot, database: DatabaseName, cloud: Cloud): boolean {
  const { state } = memberOf(facts, database, cloud);
  return state === "stopped" || (state === "unreachable" && facts.clouds[cloud]?.verdict === "down");
}
