/** `follow`: this member becomes, or stays, a running standby of `primary`, and streams from it. */
import type { Cloud } from "../../../../domain/snapshot.ts";
import { refused, retryable, terminal } from "../../../../ports/errors.ts";
import { type Endpoint, withConnection } from "../../postgres/connection.ts";
import { compareWithUpstream, readUpstream } from "../../postgres/divergence.ts";
import { superuserEndpoint, upstreamConninfo } from "../../postgres/member.ts";
import { quoteLiteral } from "../../postgres/quote.ts";
import { rejoin } from "../../postgres/rejoin.ts";
import { runningServer } from "../../postgres/server.ts";
import { type ServerState, stateOver, timelineOf } from "../../postgres/server-state.ts";
import { pollUntil } from "../../processes/wait.ts";
import { type DatabaseContext, questionWithinMs } from "./context.ts";
import type { Done } from "./done.ts";

const streamWithinMs = 10_000;

export async function follow(context: DatabaseContext, primary: Cloud, slot: string): Promise<Done> {
  const { member, secrets, keeper, connection } = context;
  const port = member.ports[primary];
  if (port === undefined) {
    throw terminal(`no member "${primary}" in the group`, { members: Object.keys(member.ports) });
  }
  if (primary === member.cloud) throw terminal(`${primary} cannot follow itself`);
  const upstream = superuserEndpoint(port, member.database, secrets);
  const conninfo = upstreamConninfo(member, port);
  if ((await runningServer(keeper)) !== null) {
    return await repoint(context, { primary, port, conninfo, slot, upstream });
  }
  const outcome = await rejoin({ keeper, member, connection, conninfo, slot, upstream });
  if (outcome.verdict === "diverged") throw mustBeCloned(context, primary, outcome);
  await untilStreaming(context, port, upstream);
  return "done";
}

type Target = {
  readonly primary: Cloud;
  readonly port: number;
  readonly conninfo: string;
  readonly slot: string;
  readonly upstream: Endpoint;
};

/** A running standby needs no restart: its receiver is told where to go. */
async function repoint(context: DatabaseContext, target: Target): Promise<Done> {
  const { connection, member } = context;
  const before = await stateOver(connection, questionWithinMs);
  if (!before.recovery)
    throw refused(`the server of ${member.cloud} is out of recovery`, { role: "primary" });
  const other = await withConnection(target.upstream, questionWithinMs, readUpstream);
  const reach = { timeline: timelineOf(before), position: before.received ?? "0/0", kind: "end" } as const;
  const outcome = compareWithUpstream(reach, other);
  if (outcome.verdict === "diverged") throw mustBeCloned(context, target.primary, outcome);
  const stands = before.conninfo === target.conninfo && before.slot === target.slot && !before.readOnly;
  if (stands && streamsFrom(before, target.port) && timelineOf(before) === other.timeline) return "found";
  if (!stands) {
    const { conninfo, slot } = target;
    await connection.query(`alter system set primary_conninfo = ${quoteLiteral(conninfo)}`, questionWithinMs);
    await connection.query(`alter system set primary_slot_name = ${quoteLiteral(slot)}`, questionWithinMs);
    await connection.query("alter system reset default_transaction_read_only", questionWithinMs);
    await connection.query("select pg_reload_conf()", questionWithinMs);
  }
  await untilStreaming(context, target.port, target.upstream);
  return "done";
}

function streamsFrom(state: ServerState, port: number): boolean {
  return state.receiver?.status === "streaming" && state.receiver.port === port;
}

/** Connected to that server, on its timeline: `streaming` alone is also said by a server on the wrong one. */
async function untilStreaming(context: DatabaseContext, port: number, upstream: Endpoint): Promise<void> {
  const other = await withConnection(upstream, questionWithinMs, readUpstream);
  let last = "no receiver";
  const streaming = await pollUntil(
    async () => {
      const state = await stateOver(context.connection, questionWithinMs);
      last = JSON.stringify(state.receiver);
      return streamsFrom(state, port) && timelineOf(state) >= other.timeline ? true : undefined;
    },
    { withinMs: streamWithinMs, everyMs: 5 },
  );
  if (streaming !== undefined) return;
  throw retryable(`${context.member.cloud} did not stream within ${streamWithinMs} ms (${last})`);
}

function mustBeCloned(
  context: DatabaseContext,
  primary: Cloud,
  outcome: { why: string; forkedAt: string | null },
): Error {
  const { cloud } = context.member;
  const message = `the server of ${cloud} cannot follow ${primary}: ${outcome.why}; it must be cloned again`;
  return refused(message, { forkedAt: outcome.forkedAt, needsClone: true });
}
