/**
 * The fence on a primary that cannot be asked: that it can acknowledge no commit any more, proved by those who would have to
 * take part in it. With synchronous replication a commit is acknowledged once `synchronous` standbys have it (PostgreSQL
 * documentation, "Synchronous Replication"); where fewer than that still receive from a server, it acknowledges nothing.
 *
 * It holds for clients that leave `synchronous_commit` as it is. One that turns it off for its own session is acknowledged
 * by the old primary alone, and was promised nothing by the group.
 */
import type { Cloud, DatabaseFacts, DatabaseMemberFacts, DatabaseName } from "../snapshot.ts";

/** What the inventory states: how many standbys must have a commit; 0: none, and then there is no such fence. */
export type Synchronous = Readonly<Record<DatabaseName, number>>;

/**
 * Whether too few of the others may still receive from `old`. Who cannot be asked may. One that may acknowledge alone waits for
 * nobody, so that nobody can leave it.
 */
export function quorumHasLeft(group: DatabaseFacts, old: Cloud, synchronous: number): boolean {
  if (mayBeAlone(group, old)) return false;
  const left = Object.entries(group.members).filter(
    ([cloud, member]) => cloud !== old && mayReceiveFrom(member, old),
  );
  return left.length < synchronous;
}

/** What cannot be read of the record may be true of anybody. */
export function mayBeAlone({ alone }: DatabaseFacts, cloud: Cloud): boolean {
  return alone === null || alone.cloud === cloud;
}

function mayReceiveFrom({ state, role, follows }: DatabaseMemberFacts, old: Cloud): boolean {
  if (state === "unreachable") return true;
  return state === "running" && role === "standby" && follows === old;
}

/** How far it reaches is not known: it cannot be read, or it ended without writing down where. */
export function isSilent({ position, state, stoppedCleanly }: DatabaseMemberFacts): boolean {
  return position === null || (state === "stopped" && !stoppedCleanly);
}
