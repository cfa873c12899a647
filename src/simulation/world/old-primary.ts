/** A primary beside which another was made: whether it can do harm, and when its own agent ends it. */
import type { Cloud } from "../../domain/snapshot.ts";
import { type ModelMember, quorumOf } from "./member.ts";

type Members = Readonly<Record<Cloud, ModelMember>>;

export function isFollower({ running, primary, follows }: ModelMember, of: Cloud): boolean {
  return running && !primary && follows === of;
}

/** Too few follow it: it runs, and can acknowledge nothing. */
export function isLeft(members: Members, cloud: Cloud): boolean {
  const count = quorumOf(members[cloud]?.synchronousNames ?? "")?.count ?? 0;
  const following = Object.values(members).filter((one) => isFollower(one, cloud));
  return following.length < count;
}

/** An agent ends its server where it finds a primary on a higher timeline beside it. */
export function isOutdated(members: Members, cloud: Cloud): boolean {
  const own = members[cloud];
  if (own === undefined || !own.running || !own.primary) return false;
  return Object.values(members).some((one) => one.running && one.primary && one.timeline > own.timeline);
}

/**
 * What others have is not judged by such a primary: it rose by itself beside another, or after one on a higher timeline, that
 * may be down.
 */
export function isNoMeasure(members: Members, cloud: Cloud): boolean {
  const own = members[cloud];
  if (own === undefined) return true;
  return own.notByUs || Object.values(members).some(({ timeline }) => timeline > own.timeline);
}
