/**
 * Guards 4 and 5 of the design: never more than one writable primary, and no promotion beyond the policy's RPO.
 * The fence is a clean stop: a server that wrote its shutdown checkpoint acknowledges nothing more
 * (PostgreSQL documentation, "Shutting Down the Server"); blocked writes alone are advice that a session can override. Of a
 * server that cannot be asked it is that its standbys have left it (`fence.ts`).
 */
import type { JsonObject } from "../json.ts";
import {
  type Cloud,
  type DatabaseFacts,
  type DatabaseMemberFacts,
  type DatabaseName,
  type Snapshot,
} from "../snapshot.ts";
import { lsnDistanceBytes, parseLsn } from "../units.ts";
import { isSilent, quorumHasLeft } from "./fence.ts";
import { type Guard, pass, refuse } from "./guard.ts";

export const oneWritablePrimary: Guard = {
  name: "one-writable-primary",
  watches: ["databases"],
  judge({ before, after, policy }) {
    const risings: JsonObject[] = [];
    for (const [database, group] of Object.entries(after.databases)) {
      const primaries = clouds(group, (member) => member.role === "primary");
      if (primaries.length > 1) {
        return refuse(`${database} would have ${primaries.length} primaries: ${primaries.join(", ")}`, {
          database,
          primaries,
        });
      }
      for (const risen of risenIn(before, after, database)) {
        const synchronous = policy.synchronous[database] ?? 0;
        const unfenced = unfencedBeside(before.databases[database], risen, synchronous);
        if (unfenced.length > 0) {
          return refuse(
            `${risen} would become primary of ${database} without a fence on ${unfenced.join(", ")}`,
            {
              database,
              members: briefly(before.databases[database]),
            },
          );
        }
        risings.push({ risen, fenced: standingAside(before, database, risen) });
      }
    }
    return pass(risings[0] ?? {});
  },
};

export const noLossBeyondPolicy: Guard = {
  name: "no-loss-beyond-policy",
  watches: ["databases"],
  judge({ before, after, policy }) {
    const promotions: JsonObject[] = [];
    for (const database of Object.keys(after.databases)) {
      for (const risen of promotedIn(before, after, database)) {
        const of = { database, synchronous: policy.synchronous[database] ?? 0 };
        const lossBytes = lossIfPromoted(before, of, risen);
        const facts = {
          database,
          promoted: risen,
          lossBytes,
          rpoBytes: policy.rpoBytes,
          members: briefly(before.databases[database]),
        };
        if (lossBytes === null) return refuse(`the loss of promoting ${risen} cannot be known`, facts);
        if (lossBytes > policy.rpoBytes)
          return refuse(`promoting ${risen} would lose ${lossBytes} bytes of WAL`, facts);
        promotions.push({ promoted: risen, lossBytes, rpoBytes: policy.rpoBytes });
      }
    }
    return pass(promotions[0] ?? {});
  },
};

/**
 * Bytes of WAL that may have been acknowledged and that `promoted` has not replayed; null when that cannot be known.
 *
 * Where every former primary can be read, what it has and the promoted one lacks. Where members are silent, one of them may
 * be the former primary: as long as its standbys have left it, and the silent are no more than the standbys that a commit
 * waits for, every acknowledged commit is on one that can be read.
 */
export function lossIfPromoted(
  facts: Snapshot,
  { database, synchronous }: { readonly database: DatabaseName; readonly synchronous: number },
  promoted: Cloud,
): number | null {
  const group = facts.databases[database] ?? { members: {}, alone: null };
  const { members } = group;
  const own = members[promoted]?.replayed;
  if (own === null || own === undefined) return null;
  const others = Object.entries(members).filter(([cloud]) => cloud !== promoted);
  const silent = others.filter(([, member]) => isSilent(member));
  const isBounded = silent.every(([cloud]) => quorumHasLeft(group, cloud, synchronous));
  if (!isBounded || silent.length > synchronous) return null;
  let lossBytes = 0;
  for (const [, member] of others) {
    if (isSilent(member) || (member.role === "standby" && silent.length === 0)) continue;
    const reach = member.role === "standby" ? member.replayed : member.position;
    if (reach === null) return null;
    lossBytes = Math.max(lossBytes, lsnDistanceBytes(parseLsn(reach), parseLsn(own)));
  }
  return lossBytes;
}

function clouds(group: DatabaseFacts, fits: (member: DatabaseMemberFacts) => boolean): Cloud[] {
  return Object.entries(group.members)
    .filter(([, member]) => fits(member))
    .map(([cloud]) => cloud);
}

/** Members that are primary after the act and were not before: promoted, or started again as primary. */
function risenIn(before: Snapshot, after: Snapshot, database: DatabaseName): Cloud[] {
  const was = before.databases[database]?.members ?? {};
  const group = after.databases[database];
  return group === undefined
    ? []
    : clouds(group, (member) => member.role === "primary").filter((cloud) => was[cloud]?.role !== "primary");
}

function promotedIn(before: Snapshot, after: Snapshot, database: DatabaseName): Cloud[] {
  return risenIn(before, after, database).filter(
    (cloud) => before.databases[database]?.members[cloud]?.role === "standby",
  );
}

/** Everybody but `risen` must be a standby, be proved to have stopped cleanly, or be left by its quorum. */
function unfencedBeside(group: DatabaseFacts | undefined, risen: Cloud, synchronous: number): Cloud[] {
  if (group === undefined) return [];
  return clouds(group, (member) => !(member.role === "standby" || member.stoppedCleanly)).filter(
    (cloud) => cloud !== risen && !isLeft(group, cloud, synchronous),
  );
}

/** A server that is seen to be out of recovery is never taken for fenced: it is to be stopped. */
function isLeft(group: DatabaseFacts, cloud: Cloud, synchronous: number): boolean {
  const member = group.members[cloud];
  return member !== undefined && member.role !== "primary" && quorumHasLeft(group, cloud, synchronous);
}

/** Those that are proved to have stopped cleanly. */
function standingAside(before: Snapshot, database: DatabaseName, risen: Cloud): Cloud[] {
  const group = before.databases[database];
  return group === undefined
    ? []
    : clouds(group, ({ stoppedCleanly }) => stoppedCleanly).filter((cloud) => cloud !== risen);
}

function briefly(group: DatabaseFacts | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(group?.members ?? {}).map(
      ([cloud, { state, role, position, replayed, stoppedCleanly }]) => [
        cloud,
        { state, role, position, replayed, stoppedCleanly },
      ],
    ),
  );
}
