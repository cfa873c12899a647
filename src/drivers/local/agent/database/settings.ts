/** Acts that change a setting or a slot of the running server. */
import pg from "pg";
import { refused, retryable, terminal } from "../../../../ports/errors.ts";
import { quoteLiteral } from "../../postgres/quote.ts";
import { type ServerState, stateOver } from "../../postgres/server-state.ts";
import { pollUntil } from "../../processes/wait.ts";
import { type DatabaseContext, questionWithinMs } from "./context.ts";
import type { Done } from "./done.ts";

const checkpointWithinMs = 10_000;
const reloadWithinMs = 2_000;
const writersWithinMs = 3_000;
// Syntax error, and invalid parameter value.
const unusable = new Set(["42601", "22023"]);

/**
 * New transactions are read-only, then waits until none is left that wrote, nor a commit that waits for replication.
 * A checkpoint goes before: the shutdown's own is then short, and that one happens while writes are blocked.
 */
export async function blockWrites(context: DatabaseContext): Promise<Done> {
  const before = await primaryState(context, "block-writes");
  if (before.readOnly) {
    await untilNoWriters(context);
    return "found";
  }
  await context.connection.query("checkpoint", checkpointWithinMs);
  await context.connection.query("alter system set default_transaction_read_only = on", questionWithinMs);
  await reload(context, (state) => state.readOnly, "writes are blocked");
  await untilNoWriters(context);
  return "done";
}

/** Not by role or database settings: those would replicate. */
export async function unblockWrites(context: DatabaseContext): Promise<Done> {
  const before = await stateOver(context.connection, questionWithinMs);
  if (!before.readOnly) return "found";
  await context.connection.query("alter system reset default_transaction_read_only", questionWithinMs);
  await reload(context, (state) => !state.readOnly, "writes are open");
  return "done";
}

export async function setSynchronous(context: DatabaseContext, names: string): Promise<Done> {
  const before = await stateOver(context.connection, questionWithinMs);
  if (before.synchronousNames === names) return "found";
  const statement = `alter system set synchronous_standby_names = ${quoteLiteral(names)}`;
  try {
    await context.connection.query(statement, questionWithinMs);
  } catch (error) {
    // PostgreSQL parses the list itself, and refuses what it cannot use before anything changes.
    if (error instanceof pg.DatabaseError && unusable.has(error.code ?? ""))
      throw terminal(error.message, { names });
    throw error;
  }
  await reload(context, (state) => state.synchronousNames === names, "the synchronous names stand");
  return "done";
}

/** With WAL reserved at once: a slot that reserves none lost its standby's WAL before the standby came. */
export async function createSlot(context: DatabaseContext, slot: string): Promise<Done> {
  const found = await findSlot(context, slot);
  if (found?.walStatus === "lost") {
    throw refused(`slot "${slot}" of ${context.member.cloud} has lost its WAL`, { slot: found });
  }
  if (found !== undefined) return "found";
  const statement = `select pg_create_physical_replication_slot(${quoteLiteral(slot)}, true)`;
  await context.connection.query(statement, questionWithinMs);
  return "done";
}

export async function dropSlot(context: DatabaseContext, slot: string): Promise<Done> {
  const found = await findSlot(context, slot);
  if (found === undefined) return "found";
  if (found.active) throw refused(`slot "${slot}" of ${context.member.cloud} is in use`, { slot: found });
  await context.connection.query(`select pg_drop_replication_slot(${quoteLiteral(slot)})`, questionWithinMs);
  return "done";
}

async function findSlot(
  context: DatabaseContext,
  slot: string,
): Promise<ServerState["slots"][number] | undefined> {
  const { slots } = await stateOver(context.connection, questionWithinMs);
  return slots.find(({ name }) => name === slot);
}

/** Asks for a reload and waits until a session of ours shows it: the server signals all sessions in one go. */
async function reload(
  context: DatabaseContext,
  stands: (state: ServerState) => boolean,
  what: string,
): Promise<void> {
  await context.connection.query("select pg_reload_conf()", questionWithinMs);
  const outcome = await pollUntil(
    async () => (stands(await stateOver(context.connection, questionWithinMs)) ? true : undefined),
    { withinMs: reloadWithinMs, everyMs: 3 },
  );
  if (outcome !== undefined) return;
  throw retryable(`${context.member.cloud}: ${what} did not show within ${reloadWithinMs} ms`);
}

async function primaryState(context: DatabaseContext, act: string): Promise<ServerState> {
  const state = await stateOver(context.connection, questionWithinMs);
  if (!state.recovery) return state;
  throw refused(`${act}: the server of ${context.member.cloud} is a standby`, { role: "standby" });
}

async function untilNoWriters(context: DatabaseContext): Promise<void> {
  const counted = `select count(*)::int as writers from pg_stat_activity
    where pid <> pg_backend_pid() and backend_type = 'client backend'
      and (backend_xid is not null or wait_event = 'SyncRep')`;
  let writers = -1;
  const none = await pollUntil(
    async () => {
      const [row] = await context.connection.query(counted, questionWithinMs);
      writers = Number(row?.["writers"]);
      return writers === 0 ? true : undefined;
    },
    { withinMs: writersWithinMs, everyMs: 3 },
  );
  if (none !== undefined) return;
  const { cloud } = context.member;
  throw retryable(`${cloud}: ${writers} writing transactions did not end within ${writersWithinMs} ms`, {
    writers,
  });
}
