// Why: what one database says of itself, in one statement, so that it is of one moment.
//
// 1. Only a database that is not in recovery tells a timeline, and it is the one on which it writes: what
//    pg_control_checkpoint() tells is older until the first checkpoint after a promotion.
// 2. A standby is always read-only; "blocked" is what was set on purpose, and is told for both.

import { reasonOf } from "./failures.ts";
import type { StatementPool } from "./statement-pool.ts";

export type Probe =
  | { readonly reachable: false; readonly reason: string }
  | {
      readonly reachable: true;
      readonly inRecovery: boolean;
      readonly writesBlocked: boolean;
      /** The newest migration that requests need is there. */
      readonly migrated: boolean;
      /** Null while in recovery. */
      readonly timeline: number | null;
      /** Position in the write-ahead log: written on a primary, replayed on a standby. */
      readonly walBytes: number;
    };

// `case` reads a branch only when it applies: these functions fail in the other state. Recovery only ever ends, so
// the position of a standby that is promoted meanwhile is asked for in a way that works after it as well.
const question = {
  name: "probe",
  text: `
    select recovering,
      current_setting('default_transaction_read_only') = 'on',
      to_regclass('acknowledged_keys') is not null,
      case when recovering then null else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end,
      pg_wal_lsn_diff(case when recovering then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, '0/0')::float8
    from (select pg_is_in_recovery() as recovering offset 0) as state`,
  values: [],
};

/** Asks; never rejects. */
export async function probe(pool: StatementPool, timeoutMs: number): Promise<Probe> {
  try {
    const { rows } = await pool.run(question, timeoutMs);
    return readProbe(rows[0] ?? []);
  } catch (error) {
    return { reachable: false, reason: reasonOf(error) };
  }
}

function readProbe([inRecovery, writesBlocked, migrated, timeline, walBytes]: readonly unknown[]): Probe {
  return {
    reachable: true,
    inRecovery: inRecovery === true,
    writesBlocked: writesBlocked === true,
    migrated: migrated === true,
    timeline: typeof timeline === "string" ? Number.parseInt(timeline, 16) : null,
    walBytes: typeof walBytes === "number" ? walBytes : 0,
  };
}
