/** Whom a server of the model follows: re-pointed, left, and made a standby again from whatever it was. */
import type { Cloud } from "../../domain/snapshot.ts";
import type { DatabaseAct } from "../../ports/databases.ts";
import { refused } from "../../ports/errors.ts";
import { isDiverged } from "./lineage.ts";
import { endServer, type ModelMember } from "./member.ts";
import type { Replication } from "./replication.ts";

type UpstreamAct = Extract<DatabaseAct, { act: "follow" | "detach" | "attach" | "rebuild" }>;

/** Throws PortError as `ports/databases.ts` says. */
export function changeUpstream(replication: Replication, cloud: Cloud, act: UpstreamAct): void {
  switch (act.act) {
    case "follow":
      return follow(replication, cloud, act.primary);
    case "detach":
      requireStandby(replication.member(cloud));
      return pointAt(replication, cloud, null);
    case "attach":
      requireStandby(replication.member(cloud));
      return pointAt(replication, cloud, act.primary);
    case "rebuild":
      return rebuild(replication, cloud, act.primary);
  }
}

function follow(replication: Replication, cloud: Cloud, primary: Cloud): void {
  const member = replication.member(cloud);
  if (member.running && member.primary) throw refused("it is out of recovery");
  const source = replication.member(primary);
  if (source.running && isDiverged(member, source))
    throw refused("what it has lies beyond the fork: it has to be cloned again", { reason: "diverged" });
  if (!member.running) Object.assign(member, { running: true, writesBlocked: false });
  Object.assign(member, { primary: false, stoppedCleanly: false, notByUs: false });
  pointAt(replication, cloud, primary);
}

function requireStandby({ running, primary }: ModelMember): void {
  if (!running) throw refused("it does not run");
  if (primary) throw refused("it is out of recovery", { role: "primary" });
}

function pointAt(replication: Replication, cloud: Cloud, primary: Cloud | null): void {
  Object.assign(replication.member(cloud), { follows: primary, upstream: primary });
  replication.flowTo(cloud);
}

/** From what it has, where that is of the primary's past; else a copy of the primary as it is now. */
function rebuild(replication: Replication, cloud: Cloud, primary: Cloud): void {
  const member = replication.member(cloud);
  const source = replication.member(primary);
  if (!source.running || !source.primary) throw refused(`${primary} has no running primary`);
  if (member.timeline > source.timeline) throw refused("it knows of a higher timeline");
  if (member.running && member.primary) endServer(member);
  if (isDiverged(member, source)) {
    const { position, lineage, timeline } = source;
    Object.assign(member, { position, replayed: position, lineage, timeline });
  }
  const standby = { running: true, primary: false, writesBlocked: false, stoppedCleanly: false };
  Object.assign(member, { ...standby, notByUs: false, synchronousNames: "", slots: new Set() });
  pointAt(replication, cloud, primary);
}
