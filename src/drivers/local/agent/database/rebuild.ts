/**
 * `rebuild`: whatever this member was, it becomes a running standby of `primary`.
 *
 * 1. What it has is kept where all of it lies on the primary's own timeline. Otherwise it is replaced by a base backup, and
 *    only once that is whole.
 * 2. It never takes the last good copy away: the primary it is made from is asked first, and has to be one, on a timeline at
 *    least as high as this member's own.
 * 3. A former primary that still runs is ended first, by a stop or, where clients' waits hold that up, hard: nobody was
 *    promised what it could still write.
 */
import type { Cloud } from "../../../../domain/snapshot.ts";
import { refused, retryable, terminal } from "../../../../ports/errors.ts";
import { cloneServer } from "../../postgres/base-backup.ts";
import { withConnection } from "../../postgres/connection.ts";
import { hasData, newestHistory } from "../../postgres/data-directory.ts";
import { replicationRole, superuserEndpoint, upstreamConninfo } from "../../postgres/member.ts";
import { rejoin } from "../../postgres/rejoin.ts";
import { endServer, runningServer, startServer } from "../../postgres/server.ts";
import { readServerState, stateOver, timelineOf } from "../../postgres/server-state.ts";
import { rewriteAutoConf, writeServerSettings } from "../../postgres/settings.ts";
import { pollUntil } from "../../processes/wait.ts";
import { type DatabaseContext, questionWithinMs } from "./context.ts";
import type { Done } from "./done.ts";
import { follow } from "./follow.ts";

const stopWithinMs = 3_000;
const streamWithinMs = 20_000;

type Source = { readonly primary: Cloud; readonly slot: string; readonly port: number };

export async function rebuild(context: DatabaseContext, primary: Cloud, slot: string): Promise<Done> {
  const { member, keeper } = context;
  const port = member.ports[primary];
  if (port === undefined || primary === member.cloud) {
    throw terminal(`${member.cloud} has no other member "${primary}"`, {
      members: Object.keys(member.ports),
    });
  }
  const source = { primary, slot, port };
  await requirePrimary(context, source);
  if ((await runningServer(keeper)) !== null) {
    if (await isStandby(context)) return await repointOrReplace(context, source);
    await endServer(keeper, stopWithinMs);
    context.connection.close();
  }
  if (!hasData(member.dataDirectory) || !(await rejoinsAsItIs(context, source)))
    await replace(context, source);
  await untilStreaming(context, source);
  await forgetItsOwnPast(context);
  return "done";
}

/** What a former primary had for its standbys: slots that would hold WAL back for nobody, and whom its commits waited for. */
async function forgetItsOwnPast({ connection }: DatabaseContext): Promise<void> {
  await connection.query(
    "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_type = 'physical' and not active",
    questionWithinMs,
  );
  await connection.query("alter system reset synchronous_standby_names", questionWithinMs);
  await connection.query("select pg_reload_conf()", questionWithinMs);
  const forgotten = await pollUntil(
    async () => ((await stateOver(connection, questionWithinMs)).synchronousNames === "" ? true : undefined),
    { withinMs: questionWithinMs, everyMs: 5 },
  );
  if (forgotten === undefined) throw retryable("the names of its synchronous standbys still show");
}

/** Of what runs as a standby already, `follow` says whether it may. */
async function repointOrReplace(context: DatabaseContext, source: Source): Promise<Done> {
  try {
    return await follow(context, source.primary, source.slot);
  } catch (error) {
    if (!isDiverged(error)) throw error;
  }
  await endServer(context.keeper, stopWithinMs);
  context.connection.close();
  await replace(context, source);
  await untilStreaming(context, source);
  return "done";
}

function isDiverged(error: unknown): boolean {
  return (
    error instanceof Error && "facts" in error && JSON.stringify(error.facts).includes('"needsClone":true')
  );
}

async function rejoinsAsItIs(context: DatabaseContext, { port, slot }: Source): Promise<boolean> {
  const { keeper, member, connection, secrets } = context;
  const outcome = await rejoin({
    keeper,
    member,
    connection,
    conninfo: upstreamConninfo(member, port),
    slot,
    upstream: superuserEndpoint(port, member.database, secrets),
  });
  return outcome.verdict === "may-follow";
}

async function replace({ member, secrets, keeper }: DatabaseContext, { port, slot }: Source): Promise<void> {
  const as = { user: replicationRole, password: secrets.replication };
  await cloneServer({ port, ...as, target: member.dataDirectory, owner: member.owner });
  writeServerSettings(member, as);
  // The copy brought the primary's own part along.
  const part = {
    primary_conninfo: upstreamConninfo(member, port),
    primary_slot_name: slot,
    synchronous_standby_names: null,
    default_transaction_read_only: null,
  };
  rewriteAutoConf(member.dataDirectory, part, member.owner);
  await startServer(keeper, member, "standby");
}

async function requirePrimary(
  { member, secrets }: DatabaseContext,
  { primary, port }: Source,
): Promise<void> {
  const endpoint = superuserEndpoint(port, member.database, secrets);
  const state = await withConnection(endpoint, questionWithinMs, readServerState);
  if (state.recovery) throw refused(`the server of ${primary} is no primary`, { role: "standby" });
  const timeline = timelineOf(state);
  const own = hasData(member.dataDirectory) ? newestHistory(member.dataDirectory) : 0;
  if (own <= timeline) return;
  throw refused(`${member.cloud} knows of timeline ${own}, ${primary} is only on ${timeline}`, {
    own,
    timeline,
  });
}

async function isStandby({ connection }: DatabaseContext): Promise<boolean> {
  return (await stateOver(connection, questionWithinMs)).recovery;
}

async function untilStreaming({ connection, member }: DatabaseContext, { port }: Source): Promise<void> {
  const streaming = await pollUntil(
    async () => {
      const { receiver } = await stateOver(connection, questionWithinMs);
      return receiver?.status === "streaming" && receiver.port === port ? true : undefined;
    },
    { withinMs: streamWithinMs, everyMs: 20 },
  );
  if (streaming !== undefined) return;
  throw retryable(`${member.cloud} did not stream within ${streamWithinMs} ms`);
}
