/** S1 to S4: who acknowledges, who was promoted beside whom, what was lost, and who serves what was taken back. */
import type { Cloud } from "../../domain/snapshot.ts";
import { extentOn, lastBranch } from "../world/lineage.ts";
import { quorumOf } from "../world/member.ts";
import type { ModelDatabases } from "../world/model-databases.ts";
import type { Rule } from "./rule.ts";

/** Once a higher timeline has acknowledged, no other member ever does; on one timeline only one member does. */
export function oneWriter(databases: ModelDatabases): Rule {
  let last: { readonly cloud: Cloud; readonly timeline: number } | null = null;
  return {
    invariant: "S1",
    kinds: ["commit"],
    after(event) {
      // Whoever became writable by itself or by a person's hand beside another is not the product's doing.
      if (event.kind !== "commit" || databases.members[event.cloud]?.notByUs === true) return null;
      const { cloud, timeline } = event;
      const before = last;
      last = { cloud, timeline };
      if (before === null || timeline > before.timeline) return null;
      if (timeline === before.timeline && cloud === before.cloud) return null;
      return `${cloud} acknowledged on timeline ${timeline} after ${before.cloud} on ${before.timeline}`;
    },
  };
}

/** Nobody is made writable while another is. */
export function fencedFirst(databases: ModelDatabases): Rule {
  let told = 0;
  return {
    invariant: "S2",
    kinds: ["writable"],
    after() {
      if (databases.splits.length <= told) return null;
      told = databases.splits.length;
      return databases.splits.at(-1) ?? null;
    },
  };
}

/** Whoever becomes writable has all that any client was promised, but for what the policy allows to lose. */
export function nothingLost(databases: ModelDatabases, rpoBytes: number): Rule {
  return {
    invariant: "S3",
    kinds: ["writable"],
    after(event) {
      if (event.kind !== "writable" || event.by !== "effect") return null;
      const lost = lostBytes(databases, event.cloud);
      return lost <= rpoBytes ? null : `${event.cloud} lacks ${lost} bytes that clients were promised`;
    },
  };
}

/** Nobody is promoted who lacks what the primary wrote before it was stopped: it could only be cloned again. */
export function forkBehindAll(databases: ModelDatabases): Rule {
  return {
    invariant: "S4",
    kinds: ["writable"],
    after(event) {
      if (event.kind !== "writable" || event.by !== "effect") return null;
      const promoted = databases.members[event.cloud];
      for (const [cloud, former] of Object.entries(databases.members)) {
        const { primary, stoppedCleanly, position } = former;
        if (cloud === event.cloud || !primary || !stoppedCleanly || promoted === undefined) continue;
        const kept = extentOn(promoted, lastBranch(former).id);
        if (kept !== null && kept < position)
          return `${event.cloud} was promoted without the last ${position - kept} bytes of ${cloud}`;
      }
      return null;
    },
  };
}

/**
 * Whoever acknowledges has been told to wait for as many standbys as the group's policy names. What becomes of one that
 * somebody made primary by hand, behind a run's back, is not the run's doing.
 */
export function quorumHolds(databases: ModelDatabases, least: number): Rule {
  const byHand = new Set<Cloud>();
  return {
    invariant: "S3",
    kinds: ["commit", "writable"],
    after(event) {
      if (event.kind === "writable") {
        if (event.by === "effect") byHand.delete(event.cloud);
        else byHand.add(event.cloud);
      }
      if (event.kind !== "commit" || byHand.has(event.cloud)) return null;
      const names = databases.members[event.cloud]?.synchronousNames ?? "";
      const count = quorumOf(names)?.count ?? 0;
      return count >= least
        ? null
        : `${event.cloud} acknowledges with ${count} standbys, and the policy is ${least}`;
    },
  };
}

/** The oracle: bytes of acknowledged WAL that are not on the path of that member. */
function lostBytes(databases: ModelDatabases, cloud: Cloud): number {
  const member = databases.members[cloud];
  if (member === undefined) return 0;
  let lost = 0;
  for (const [branch, promised] of databases.promised) {
    const kept = extentOn(member, branch);
    if (kept === null) lost += databases.writtenOn(branch, promised);
    else lost += Math.max(0, promised - kept);
  }
  return lost;
}

export function noDivergedReader(databases: ModelDatabases): Rule {
  return {
    invariant: "S4",
    kinds: ["served"],
    after(event) {
      if (event.kind !== "served" || !databases.isDivergedFromPrimary(event.cloud)) return null;
      return `${event.cloud} served a reader from a timeline that was given up`;
    },
  };
}
