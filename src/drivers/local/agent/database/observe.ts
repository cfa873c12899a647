/** The member's facts: one statement when it runs, `pg_control` and its configuration when it does not. Never throws. */
import { type DatabaseMemberFacts, UNREACHABLE_MEMBER } from "../../../../domain/snapshot.ts";
import { readControlFile } from "../../postgres/control-file.ts";
import { cloudAt, type MemberConfig } from "../../postgres/member.ts";
import { runningServer } from "../../postgres/server.ts";
import { type ServerState, stateOver, timelineOf } from "../../postgres/server-state.ts";
import { portOf, readAutoConf } from "../../postgres/settings.ts";
import { type DatabaseContext, questionWithinMs } from "./context.ts";

export async function observeMember(context: DatabaseContext): Promise<DatabaseMemberFacts> {
  const { member } = context;
  try {
    return runningFacts(await stateOver(context.connection, questionWithinMs), member);
  } catch {
    // No answer: whether it is stopped is for the process list to say, since a frozen server does not answer either.
    return (await isRunning(context)) ? UNREACHABLE_MEMBER : stoppedFacts(member);
  }
}

async function isRunning(context: DatabaseContext): Promise<boolean> {
  try {
    return (await runningServer(context.keeper)) !== null;
  } catch {
    return true;
  }
}

function runningFacts(state: ServerState, member: MemberConfig): DatabaseMemberFacts {
  const follows = state.recovery ? cloudAt(member, portOf(state.conninfo)) : null;
  const position = state.recovery ? state.received : state.flushed;
  const replayed = state.recovery ? state.replayed : state.flushed;
  const { receiver } = state;
  const connected =
    receiver !== null && receiver.status === "streaming" && cloudAt(member, receiver.port) === follows;
  return {
    state: "running",
    role: state.recovery ? "standby" : "primary",
    writesBlocked: state.readOnly,
    timeline: timelineOf(state),
    position,
    replayed,
    stoppedCleanly: false,
    follows,
    streaming: follows !== null && connected,
    lagMs: !state.recovery || position === replayed ? 0 : Math.max(0, Math.round(state.replayAgeMs ?? 0)),
    synchronousNames: state.synchronousNames,
    slots: state.slots,
  };
}

function stoppedFacts(member: MemberConfig): DatabaseMemberFacts {
  try {
    const control = readControlFile(member.dataDirectory);
    const setting = readAutoConf.bind(null, member.dataDirectory);
    return {
      ...UNREACHABLE_MEMBER,
      state: "stopped",
      writesBlocked: setting("default_transaction_read_only") === "on",
      timeline: control.timeline,
      position: control.checkpoint,
      replayed: control.checkpoint,
      stoppedCleanly: control.state === "shut-down",
      follows: cloudAt(member, portOf(setting("primary_conninfo") ?? "")),
      synchronousNames: setting("synchronous_standby_names") ?? "",
    };
  } catch {
    return UNREACHABLE_MEMBER;
  }
}
