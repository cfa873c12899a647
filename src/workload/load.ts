// Why: takes a Camera Trap Data Package into the database, whole or not at all.
//
// 1. One transaction: a problem in the last row of the last file leaves nothing of the package behind.
// 2. Loading again is harmless: a row that is there is found, one that differs is brought to what the package says,
//    none is deleted.
// 3. Never touches idempotency keys: rows made by requests stay as they are.
// 4. Run against the primary; a commit whose wait for a standby was cancelled is reported as NotReplicated.

import pg from "pg";
import type { ClientBase } from "pg";
import { tableNames } from "./camtrap-tables.ts";
import type { TableName } from "./camtrap-tables.ts";
import { keyColumn, storedColumns, storedRecord } from "./columns.ts";
import { expectReplicated, watchNotices } from "./notices.ts";
import { openPackage, PackageRefused, readRows } from "./read-package.ts";
import type { Batch, CameraTrapPackage } from "./read-package.ts";

export type TableCounts = {
  readonly rows: number;
  readonly inserted: number;
  readonly changed: number;
  readonly found: number;
};
export type LoadedPackage = {
  readonly name: string;
  readonly tables: Readonly<Record<TableName, TableCounts>>;
};

/** Either an address, or a connected client that is in no transaction. `deadlineMs` (120 s) holds for an address only. */
export type LoadTarget =
  | { readonly databaseUrl: string; readonly deadlineMs?: number }
  | { readonly client: ClientBase };

const connectTimeoutMs = 10_000;

/**
 * Loads the package in `directory`. Throws PackageRefused (problems by file and line), NotReplicated, or
 * PostgreSQL's error; in all cases but NotReplicated nothing was stored.
 */
export async function loadPackage(
  options: { readonly directory: string } & LoadTarget,
): Promise<LoadedPackage> {
  const source = await openPackage(options.directory);
  if ("client" in options) {
    watchNotices(options.client);
    return loadInTransaction(options.client, source);
  }
  const client = new pg.Client({
    connectionString: options.databaseUrl,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  client.on("error", () => {
    /* the query in flight reports it */
  });
  watchNotices(client);
  await client.connect();
  // statement_timeout does not end a wait for a standby; closing the connection does, on this side.
  const deadline = setTimeout(() => client.connection.stream.destroy(), options.deadlineMs ?? 120_000);
  try {
    return await loadInTransaction(client, source);
  } finally {
    clearTimeout(deadline);
    await client.end();
  }
}

async function loadInTransaction(client: ClientBase, source: CameraTrapPackage): Promise<LoadedPackage> {
  const counts = new Map<TableName, TableCounts>(
    tableNames.map((table) => [table, { rows: 0, inserted: 0, changed: 0, found: 0 }]),
  );
  await client.query("begin");
  try {
    for await (const batch of readRows(source)) {
      const before = countsOf(counts, batch.table);
      counts.set(batch.table, add(before, await storeBatch(client, source, batch)));
    }
    await client.query("commit");
  } catch (error) {
    // The connection may be gone, and the transaction with it; the first error is the one to tell.
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
  expectReplicated(client);
  return {
    name: source.name,
    tables: {
      deployments: countsOf(counts, "deployments"),
      media: countsOf(counts, "media"),
      observations: countsOf(counts, "observations"),
    },
  };
}

function countsOf(counts: ReadonlyMap<TableName, TableCounts>, table: TableName): TableCounts {
  return counts.get(table) ?? { rows: 0, inserted: 0, changed: 0, found: 0 };
}

function add(left: TableCounts, right: TableCounts): TableCounts {
  return {
    rows: left.rows + right.rows,
    inserted: left.inserted + right.inserted,
    changed: left.changed + right.changed,
    found: left.found + right.found,
  };
}

async function storeBatch(client: ClientBase, source: CameraTrapPackage, batch: Batch): Promise<TableCounts> {
  const rows = batch.rows.map((row) => storedRecord(batch.table, row));
  try {
    const stored = await client.query<{ inserted: boolean }>(upsert(batch.table), [JSON.stringify(rows)]);
    const inserted = stored.rows.filter((row) => row.inserted).length;
    const changed = stored.rows.length - inserted;
    return { rows: rows.length, inserted, changed, found: rows.length - inserted - changed };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || !isDataError(error.code)) throw error;
    // Only where the package's own schema lets through what our tables cannot hold.
    throw new PackageRefused(source.directory, [
      `${batch.table}: PostgreSQL cannot hold it: ${error.message}${error.detail === undefined ? "" : ` (${error.detail})`}`,
    ]);
  }
}

/** Data exception (22) or integrity constraint violation (23). */
function isDataError(code: string | undefined): boolean {
  return code !== undefined && /^2[23]/.test(code);
}

/** Takes all rows as one JSON array. Rows that are there already, the same, are not returned. */
function upsert(table: TableName): string {
  const columns = storedColumns(table);
  const key = keyColumn(table);
  const rest = columns.filter((column) => column !== key);
  return `
    insert into ${table} (${columns.join(", ")})
    select ${columns.join(", ")} from json_populate_recordset(null::${table}, $1::json)
    on conflict (${key}) do update set ${rest.map((column) => `${column} = excluded.${column}`).join(", ")}
      where (${rest.map((column) => `${table}.${column}`).join(", ")})
        is distinct from (${rest.map((column) => `excluded.${column}`).join(", ")})
    returning (xmax = 0) as inserted`;
}
