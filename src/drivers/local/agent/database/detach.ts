/**
 * `detach`: this standby takes nothing more from whomever it followed, so that no commit there can be acknowledged by it;
 * `attach`: it is told again whom to follow. Neither needs the other server, which may be dead, frozen or cut off.
 *
 * A reload is enough: a receiver whose `primary_conninfo` becomes empty ends and is not started again (PostgreSQL
 * documentation, "primary_conninfo").
 *
 * A standby without a receiver knows its timeline from `pg_control` alone, which lags by promotions (measured: 1 for 3). A
 * checkpoint there writes down how far it has replayed, and on which timeline; without it the standby could not be told
 * from a diverged one.
 */
import type { Cloud } from "../../../../domain/snapshot.ts";
import { refused, retryable, terminal } from "../../../../ports/errors.ts";
import { upstreamConninfo } from "../../postgres/member.ts";
import { quoteLiteral } from "../../postgres/quote.ts";
import { runningServer } from "../../postgres/server.ts";
import { type ServerState, stateOver } from "../../postgres/server-state.ts";
import { pollUntil } from "../../processes/wait.ts";
import { type DatabaseContext, questionWithinMs } from "./context.ts";
import type { Done } from "./done.ts";

const settleWithinMs = 10_000;
const checkpointWithinMs = 10_000;

export async function detach(context: DatabaseContext): Promise<Done> {
  const before = await standbyState(context, "detach");
  if (before.conninfo === "" && before.receiver === null && (await isSettled(context))) return "found";
  await follows(context, { conninfo: "", slot: "" });
  const settled = await pollUntil(async () => ((await isSettled(context)) ? true : undefined), {
    withinMs: settleWithinMs,
    everyMs: 5,
  });
  if (settled === undefined) {
    const { cloud } = context.member;
    throw retryable(`the receiver of ${cloud} did not end, or its replay, within ${settleWithinMs} ms`);
  }
  await context.connection.query("checkpoint", checkpointWithinMs);
  return "done";
}

export async function attach(context: DatabaseContext, primary: Cloud, slot: string): Promise<Done> {
  const { member } = context;
  const port = member.ports[primary];
  if (port === undefined || primary === member.cloud) {
    throw terminal(`${member.cloud} has no other member "${primary}"`, {
      members: Object.keys(member.ports),
    });
  }
  const before = await standbyState(context, "attach");
  const conninfo = upstreamConninfo(member, port);
  if (before.conninfo === conninfo && before.slot === slot) return "found";
  await follows(context, { conninfo, slot });
  const shown = await pollUntil(
    async () =>
      (await stateOver(context.connection, questionWithinMs)).conninfo === conninfo ? true : undefined,
    { withinMs: settleWithinMs, everyMs: 5 },
  );
  if (shown !== undefined) return "done";
  throw retryable(`${member.cloud} was told to follow ${primary}, and does not show it`);
}

async function follows(
  { connection }: DatabaseContext,
  { conninfo, slot }: { readonly conninfo: string; readonly slot: string },
): Promise<void> {
  await connection.query(`alter system set primary_conninfo = ${quoteLiteral(conninfo)}`, questionWithinMs);
  await connection.query(`alter system set primary_slot_name = ${quoteLiteral(slot)}`, questionWithinMs);
  await connection.query("select pg_reload_conf()", questionWithinMs);
}

/**
 * No receiver, and nothing left that could be replayed. Received and replayed need not be equal: what a primary sent of its
 * last record before it died is received, and never replayed.
 */
async function isSettled({ connection }: DatabaseContext): Promise<boolean> {
  const [row] = await connection.query(settledStatement, questionWithinMs);
  return row?.["settled"] === true;
}

const settledStatement = `select current_setting('primary_conninfo') = ''
    and not exists (select from pg_stat_wal_receiver)
    and (pg_last_wal_replay_lsn() >= coalesce(pg_last_wal_receive_lsn(), '0/0')
      or exists (select from pg_stat_activity where backend_type = 'startup'
        and wait_event in ('RecoveryRetrieveRetryInterval', 'RecoveryWalStream'))) as settled`;

async function standbyState(context: DatabaseContext, act: string): Promise<ServerState> {
  const { cloud } = context.member;
  if ((await runningServer(context.keeper)) === null)
    throw refused(`${act}: the server of ${cloud} does not run`, { state: "stopped" });
  const state = await stateOver(context.connection, questionWithinMs);
  if (state.recovery) return state;
  throw refused(`${act}: the server of ${cloud} is out of recovery`, { role: "primary" });
}
