/** What a running server says of itself, in one statement and one round trip: it is asked inside the window of blocked writes. */
import { z } from "zod";
import type { Connection, Row } from "./connection.ts";

// The replayed position is read first, so that it is never ahead of the received one.
const statement = `
select json_build_object(
  'recovery', now_.recovery,
  'readOnly', current_setting('default_transaction_read_only') = 'on',
  'synchronousNames', current_setting('synchronous_standby_names'),
  'conninfo', current_setting('primary_conninfo'),
  'slot', current_setting('primary_slot_name'),
  'primaryTimeline', case when not now_.recovery
    then ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int end,
  'flushed', case when not now_.recovery then pg_current_wal_flush_lsn()::text end,
  'received', case when now_.recovery then greatest(pg_last_wal_receive_lsn(), now_.replayed)::text end,
  'replayed', now_.replayed::text,
  'replayAgeMs', extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000,
  'receiver', (select json_build_object('status', status, 'timeline', received_tli, 'port', sender_port)
    from pg_stat_wal_receiver),
  'controlTimeline', (select greatest(c.timeline_id, r.min_recovery_end_timeline)
    from pg_control_checkpoint() c, pg_control_recovery() r),
  'slots', (select coalesce(json_agg(json_build_object('name', slot_name, 'active', active, 'walStatus', wal_status)
    order by slot_name), '[]') from pg_replication_slots where slot_type = 'physical')
) as state
from (select pg_is_in_recovery() as recovery, pg_last_wal_replay_lsn() as replayed offset 0) now_`;

const serverState = z.object({
  recovery: z.boolean(),
  readOnly: z.boolean(),
  synchronousNames: z.string(),
  conninfo: z.string(),
  slot: z.string(),
  primaryTimeline: z.int().nullable(),
  flushed: z.string().nullable(),
  received: z.string().nullable(),
  replayed: z.string().nullable(),
  replayAgeMs: z.number().nullable(),
  receiver: z
    .object({ status: z.string(), timeline: z.int().nullable(), port: z.int().nullable() })
    .nullable(),
  controlTimeline: z.int(),
  slots: z.array(z.object({ name: z.string(), active: z.boolean(), walStatus: z.string().nullable() })),
});

export type ServerState = z.infer<typeof serverState>;

export async function readServerState(query: (sql: string) => Promise<Row[]>): Promise<ServerState> {
  const [row] = await query(statement);
  return serverState.parse(row?.["state"]);
}

export async function stateOver(connection: Connection, withinMs: number): Promise<ServerState> {
  return await readServerState((sql) => connection.query(sql, withinMs));
}

/** The timeline that it is on: a primary's current one, a standby's received one. */
export function timelineOf(state: ServerState): number {
  return state.primaryTimeline ?? state.receiver?.timeline ?? state.controlTimeline;
}
