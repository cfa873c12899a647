/**
 * One row, committed as any client's: it waits for synchronous replication. On a connection of its own, since such a
 * wait can be long; at the deadline the connection is destroyed and nothing is known of the row.
 */
import pg from "pg";
import { ambiguous, refused, retryable } from "../../../../ports/errors.ts";
import { type Connection, DeadlineError, UnreplicatedError } from "../../postgres/connection.ts";

const markerWithinMs = 5_000;

// The count is written at each repeat, so that also a repeat waits for replication.
const statement = `insert into operations.marker (cloud, written_at, count) values ($1, clock_timestamp(), 1)
  on conflict (cloud) do update set written_at = excluded.written_at, count = operations.marker.count + 1
  returning ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int as timeline`;

/** Where the markers are. Made once, on the first primary. */
export const markerSchema: readonly string[] = [
  "create schema operations",
  "create table operations.marker (cloud text primary key, written_at timestamptz not null, count bigint not null)",
];

export async function writeMarker(
  connection: Connection,
  cloud: string,
): Promise<{ timeline: number; tookMs: number }> {
  const began = performance.now();
  try {
    const [row] = await connection.query(statement, markerWithinMs, [cloud]);
    return { timeline: Number(row?.["timeline"]), tookMs: Math.round((performance.now() - began) * 10) / 10 };
  } catch (error) {
    if (error instanceof DeadlineError || error instanceof UnreplicatedError) {
      throw ambiguous(`${cloud}: the marker was not acknowledged: ${error.message}`);
    }
    if (error instanceof pg.DatabaseError && error.code !== undefined) {
      // 25006: read-only transaction; 55000: not in a state for it, as a standby says of its log's position.
      if (error.code === "25006" || error.code === "55000")
        throw refused(`${cloud}: ${error.message}`, { code: error.code });
      throw retryable(`${cloud}: ${error.message}`, { code: error.code });
    }
    throw ambiguous(`${cloud}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
