// Why: brings a database to the schema that the workload needs. Run on the primary, before the first pod:
// `DATABASE_URL=postgres://... node src/workload/migrate.ts`
//
// 1. All pending migrations happen in one transaction: the schema is the old one or the new one.
// 2. An advisory lock lets one migrator in at a time; the second finds nothing left to do.
// 3. A migration that was applied is never edited: its digest is compared, and a difference is refused.
// 4. Everything is owned by the application role, also when a superuser runs this.

import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import pg from "pg";
import type { ClientBase } from "pg";
import { expectReplicated, watchNotices } from "./notices.ts";

/** Owns the schema and is what pods log in as. */
export const applicationRole = "wildcam_app";

// Any number that nobody else uses as an advisory lock in this database.
const migrationLock = 7_164_020;
const connectTimeoutMs = 10_000;

export type Migrated = { readonly applied: readonly string[]; readonly found: readonly string[] };

/** An applied migration is not the file that is here now, or the role may not create the tables. */
export class MigrationRefused extends Error {
  override readonly name = "MigrationRefused";
}

/** Applies what is pending. Throws MigrationRefused, or PostgreSQL's error with nothing changed. */
export async function migrate(databaseUrl: string): Promise<Migrated> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: connectTimeoutMs });
  client.on("error", () => {
    /* the query in flight reports it */
  });
  watchNotices(client);
  await client.connect();
  try {
    await client.query("begin");
    const migrated = await migrateIn(client);
    await client.query("commit");
    expectReplicated(client);
    return migrated;
  } finally {
    // Ends the transaction as well, where it was not committed.
    await client.end();
  }
}

async function migrateIn(client: ClientBase): Promise<Migrated> {
  await becomeApplicationRole(client);
  await client.query("select pg_advisory_xact_lock($1)", [migrationLock]);
  // No "create ... if not exists": its notice would be noise in every later run.
  const table = await client.query<{ there: boolean }>(
    "select to_regclass('schema_migrations') is not null as there",
  );
  if (table.rows[0]?.there !== true) {
    await client.query(
      "create table schema_migrations (name text primary key, digest text not null, applied_at timestamptz not null default now())",
    );
  }
  const known = await client.query<{ name: string; digest: string }>(
    "select name, digest from schema_migrations",
  );
  const digests = new Map(known.rows.map((row) => [row.name, row.digest]));
  const applied: string[] = [];
  const found: string[] = [];
  for (const migration of await readMigrations()) {
    const digest = digests.get(migration.name);
    if (digest === undefined) {
      await client.query(migration.sql);
      await client.query("insert into schema_migrations (name, digest) values ($1, $2)", [
        migration.name,
        migration.digest,
      ]);
      applied.push(migration.name);
    } else if (digest === migration.digest) {
      found.push(migration.name);
    } else {
      throw new MigrationRefused(
        `${migration.name} was applied with other contents than the file has now. Put the file back as it was and write the change as a new migration.`,
      );
    }
  }
  return { applied, found };
}

async function becomeApplicationRole(client: ClientBase): Promise<void> {
  const answer = await client.query<{ name: string; there: boolean }>(
    "select current_user as name, exists (select from pg_roles where rolname = $1) as there",
    [applicationRole],
  );
  const current = answer.rows[0];
  if (current?.name === applicationRole) return;
  if (current?.there !== true) {
    throw new MigrationRefused(
      `The role ${applicationRole} does not exist. Create it, let it create in schema public, and run this again.`,
    );
  }
  await client.query(`set local role ${applicationRole}`);
}

async function readMigrations(): Promise<readonly { name: string; sql: string; digest: string }[]> {
  const folder = new URL("./migrations/", import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), "utf8");
      return { name, sql, digest: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

if (import.meta.main) {
  const databaseUrl = process.env["DATABASE_URL"];
  if (databaseUrl === undefined || databaseUrl === "") {
    process.stderr.write(
      "DATABASE_URL is not set. Give the primary's address: DATABASE_URL=postgres://user:password@host:port/wildlifedb\n",
    );
    process.exitCode = 2;
  } else {
    process.stdout.write(`${JSON.stringify(await migrate(databaseUrl))}\n`);
  }
}
