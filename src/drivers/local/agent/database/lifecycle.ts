/** Acts that move a server between roles: stop cleanly, start again as it was, promote. */
import { ambiguous, refused, retryable } from "../../../../ports/errors.ts";
import { withConnection } from "../../postgres/connection.ts";
import { readControlFile } from "../../postgres/control-file.ts";
import { hasStandbySignal, putStandbySignal } from "../../postgres/data-directory.ts";
import { superuserEndpoint } from "../../postgres/member.ts";
import { runningServer, startServer, stopServerCleanly } from "../../postgres/server.ts";
import { readServerState, stateOver } from "../../postgres/server-state.ts";
import { rewriteAutoConf } from "../../postgres/settings.ts";
import { pollUntil } from "../../processes/wait.ts";
import { type DatabaseContext, questionWithinMs } from "./context.ts";
import type { Done } from "./done.ts";

// A live receiver reports every second; one that has been silent for twice that does not take part in a clean stop.
const silentReceiverMs = 2_000;
const unhinderedStopMs = 1_000;
const stopWithinMs = 10_000;
const promoteWithinMs = 10_000;
const peerWithinMs = 1_000;

export async function stopCleanly(context: DatabaseContext): Promise<Done> {
  const { member } = context;
  if ((await runningServer(context.keeper)) === null) {
    const control = readControlFile(member.dataDirectory);
    if (control.state === "shut-down") return "found";
    const message = `the server of ${member.cloud} is stopped, and not by a clean stop of a primary`;
    throw refused(message, { control: control.state });
  }
  const state = await stateOver(context.connection, questionWithinMs);
  if (state.recovery) {
    const message = `the server of ${member.cloud} is a standby: it writes no shutdown checkpoint`;
    throw refused(message, { role: "standby" });
  }
  await stopUnhindered(context);
  const control = readControlFile(member.dataDirectory);
  if (control.state === "shut-down") return "done";
  throw refused(`the server of ${member.cloud} ended without a shutdown checkpoint`, {
    control: control.state,
  });
}

/** Only a standby that does not take what it is sent can hold the stop: its connection is given up, the checkpoint is not. */
async function stopUnhindered(context: DatabaseContext): Promise<void> {
  const senders = await walSenders(context);
  for (const { pid, silentMs } of senders) if (silentMs > silentReceiverMs) end(pid);
  if (await stopServerCleanly(context.keeper, unhinderedStopMs)) return;
  for (const { pid } of senders) end(pid);
  if (await stopServerCleanly(context.keeper, stopWithinMs)) return;
  throw retryable(`the server of ${context.member.cloud} did not stop within ${stopWithinMs} ms`);
}

/** Writable again, on its own timeline. Refused when another member is out of recovery: there is never a second primary. */
export async function startAsPrimary(context: DatabaseContext): Promise<Done> {
  const { member } = context;
  if ((await runningServer(context.keeper)) !== null) {
    const state = await stateOver(context.connection, questionWithinMs);
    if (!state.recovery) return "found";
    throw refused(`the server of ${member.cloud} runs as a standby`, { role: "standby" });
  }
  const control = readControlFile(member.dataDirectory);
  if (control.state !== "shut-down") {
    const message = `the server of ${member.cloud} was not a primary that stopped cleanly`;
    throw refused(message, { control: control.state });
  }
  const rival = await findPrimary(context);
  if (rival !== null) throw refused(`${rival} has the primary`, { primary: rival });
  rewriteAutoConf(member.dataDirectory, { default_transaction_read_only: null }, member.owner);
  await startServer(context.keeper, member, "primary");
  return "done";
}

/** A server that is out of recovery already has nothing to be promoted from: `found`. */
export async function promote(context: DatabaseContext): Promise<Done> {
  const { member, connection } = context;
  if ((await runningServer(context.keeper)) === null) {
    throw refused(`the server of ${member.cloud} does not run`, { state: "stopped" });
  }
  const before = await stateOver(connection, questionWithinMs);
  if (!before.recovery) {
    if (!hasStandbySignal(member.dataDirectory)) putStandbySignal(member.dataDirectory, member.owner);
    return "found";
  }
  // Without waiting: PostgreSQL's own wait looks ten times a second, which is a part of the time without writes.
  await connection.query("select pg_promote(false)", questionWithinMs);
  const promoted = await pollUntil(
    async () => {
      const [row] = await connection.query("select pg_is_in_recovery() as recovery", questionWithinMs);
      return row?.["recovery"] === false ? true : undefined;
    },
    { withinMs: promoteWithinMs, everyMs: 3 },
  );
  if (promoted === undefined) {
    // It was asked to and may still do it: nobody may conclude that it will not.
    throw ambiguous(`the server of ${member.cloud} was not promoted within ${promoteWithinMs} ms`);
  }
  // The fence for any later start: promotion took the mark away.
  putStandbySignal(member.dataDirectory, member.owner);
  return "done";
}

async function walSenders(context: DatabaseContext): Promise<{ pid: number; silentMs: number }[]> {
  const rows = await context.connection.query(
    `select pid, coalesce(extract(epoch from clock_timestamp() - reply_time) * 1000, 0)::float8 as silent
     from pg_stat_replication`,
    questionWithinMs,
  );
  return rows.map((row) => ({ pid: Number(row["pid"]), silentMs: Number(row["silent"]) }));
}

/** As pg_terminate_backend does, which cannot be asked any more once the server is stopping. */
function end(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended.
  }
}

async function findPrimary({ member, secrets }: DatabaseContext): Promise<string | null> {
  for (const [cloud, port] of Object.entries(member.ports)) {
    if (cloud === member.cloud) continue;
    const endpoint = superuserEndpoint(port, member.database, secrets);
    const ask = withConnection(
      endpoint,
      peerWithinMs,
      async (query) => (await readServerState(query)).recovery,
    );
    if (!(await ask.catch(() => true))) return cloud;
  }
  return null;
}
