import type { DatabaseFacts, DatabaseMemberFacts } from "../../../domain/snapshot.ts";

/** Throws when the answer says nothing of that cloud. */
export function memberFactsOf({ members }: DatabaseFacts, cloud: string): DatabaseMemberFacts {
  const member = members[cloud];
  if (member === undefined) throw new RangeError(`no member in cloud "${cloud}"`);
  return member;
}
