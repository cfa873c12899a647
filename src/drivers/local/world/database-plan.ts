/** What bringing a database group up needs to know. */
import type { Keeper } from "../keeper/client.ts";
import { type MemberConfig, replicationRole, type Secrets } from "../postgres/member.ts";

export type DatabaseGroup = {
  readonly members: Readonly<Record<string, MemberConfig>>;
  readonly keepers: Readonly<Record<string, Keeper>>;
  readonly secrets: Secrets;
  readonly initdb: string;
  /** The primary of a new group. */
  readonly firstPrimary: string;
  /** How many standbys must hold a commit. */
  readonly synchronous: number;
  readonly scratchDir: string;
};

export function keeperOf(group: DatabaseGroup, cloud: string): Keeper {
  const keeper = group.keepers[cloud];
  if (keeper === undefined) throw new RangeError(`no keeper for cloud "${cloud}"`);
  return keeper;
}

/** As whom members follow each other. */
export function replicationOf({ secrets }: DatabaseGroup) {
  return { user: replicationRole, password: secrets.replication };
}
