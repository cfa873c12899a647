/** Acts on the primary itself: block writes, stop cleanly, promote, and their ways back. */
import type { DatabaseMemberFacts } from "../../domain/snapshot.ts";
import type { Act } from "../../engine/act.ts";
import { databaseAct, type Place } from "./database-act.ts";
import { attach, detach } from "./replication.ts";

export function blockWrites(at: Place): Act {
  return databaseAct({
    at,
    act: { act: "block-writes" },
    title: `block writes on ${at.cloud}`,
    deadlineMs: 5_000,
    expect: (member) => ({ ...member, writesBlocked: true }),
    proved: (now) => now.writesBlocked,
    undo: (before) => (before.writesBlocked ? null : unblockWrites(at)),
  });
}

export function unblockWrites(at: Place): Act {
  return databaseAct({
    at,
    act: { act: "unblock-writes" },
    title: `open writes on ${at.cloud}`,
    deadlineMs: 5_000,
    expect: (member) => ({ ...member, writesBlocked: false }),
    proved: (now) => now.state === "running" && !now.writesBlocked,
    undo: (before) => (before.writesBlocked ? blockWrites(at) : null),
  });
}

/** The fence: after its shutdown checkpoint the server acknowledges nothing more. */
export function stopCleanly(at: Place): Act {
  return databaseAct({
    at,
    act: { act: "stop-cleanly" },
    title: `stop ${at.cloud} cleanly: the fence`,
    deadlineMs: 15_000,
    expect: (member) => ({ ...member, state: "stopped", role: null, streaming: false, stoppedCleanly: true }),
    // A clean stop ends once every connected standby has all WAL (PostgreSQL documentation, "Shutting Down the Server").
    elsewhere: (other, own) =>
      other.streaming ? { ...other, position: own.position, replayed: own.position } : other,
    proved: (now) => now.state === "stopped" && now.stoppedCleanly,
    undo: (before) => (before.role === "primary" ? startAsPrimary(at, before) : "never"),
  });
}

/** Only as the undo of `stopCleanly`; guard 4 lets it run only while every other member is a standby. A stopped server's slots cannot be asked. */
function startAsPrimary(at: Place, { slots }: Pick<DatabaseMemberFacts, "slots">): Act {
  return databaseAct({
    at,
    act: { act: "start-as-primary" },
    title: `start ${at.cloud} again as the primary that it was`,
    deadlineMs: 15_000,
    expect: (member) => ({ ...member, state: "running", role: "primary", stoppedCleanly: false, slots }),
    proved: (now) => now.role === "primary",
    undo: () => null,
  });
}

/** The point of no return. `slot`: through which it follows until then, or did. */
export function promote(at: Place, slot: string): Act {
  return databaseAct({
    at,
    act: { act: "promote" },
    title: `promote ${at.cloud}`,
    deadlineMs: 10_000,
    expect: (member) => ({
      ...member,
      role: "primary",
      follows: null,
      streaming: false,
      timeline: (member.timeline ?? 0) + 1,
    }),
    proved: (now, before) => now.role === "primary" && (now.timeline ?? 0) > (before.timeline ?? 0),
    undo: () => "never",
    withdraw: ({ follows }) => ({
      ...(follows === null ? detach(at, slot) : attach(at, follows, slot)),
      title: `keep ${at.cloud} from being promoted late`,
    }),
    obstacle: (member) =>
      member.state === "running" ? null : `${at.cloud} is ${member.state}, not a running standby`,
  });
}
