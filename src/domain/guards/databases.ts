/**
 * Guards 4 and 5 of the design: never more than one writable primary, and no promotion beyond the policy's RPO.
 * The fence is a clean stop: a server that wrote its shutdown checkpoint acknowledges nothing more
 * (PostgreSQL documentation, "Shutting Down the Server"); blocked writes alone are advice that a session can override.
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
import { type Guard, pass, refuse } from "./guard.ts";

export const oneWritablePrimary: Guard = {
  name: "one-writable-primary",
  watches: ["databases"],
  judge({ before, after }) {
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
        const unfenced = unfencedBeside(before, database, risen);
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
        const lossBytes = lossIfPromoted(before, database, risen);
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
 * Bytes of WAL that the furthest other member has and `promoted` has not replayed; null when the former primary,
 * the one that may hold more than all others, cannot be read.
 */
export function lossIfPromoted(facts: Snapshot, database: DatabaseName, promoted: Cloud): number | null {
  const members = facts.databases[database]?.members ?? {};
  const own = members[promoted]?.replayed;
  if (own === null || own === undefined) return null;
  let lossBytes = 0;
  for (const [cloud, member] of Object.entries(members)) {
    if (cloud === promoted) continue;
    // A standby that cannot be read may be left behind; a former primary that cannot be read may not.
    if (member.position === null) {
      if (member.role === "standby") continue;
      return null;
    }
    if (member.role === "standby") continue;
    lossBytes = Math.max(lossBytes, lsnDistanceBytes(parseLsn(member.position), parseLsn(own)));
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

/** Everybody but `risen` must be a standby or be proved to have stopped cleanly. */
function unfencedBeside(before: Snapshot, database: DatabaseName, risen: Cloud): Cloud[] {
  const group = before.databases[database];
  if (group === undefined) return [];
  return clouds(group, (member) => !(member.role === "standby" || member.stoppedCleanly)).filter(
    (cloud) => cloud !== risen,
  );
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
