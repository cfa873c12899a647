/** Gathers the raw records of a drill from where they arose: effectors' files, ledger files, and the databases. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { isAuditLedger } from "../domain/ledger.ts";
import { openRecordFile } from "./record-file.ts";

type Database = { readonly cloud: string; readonly url: string; readonly role: string };

/** One file of all effectors' lines, as they wrote them. */
export async function collectEffects(folder: string, out: string): Promise<void> {
  await joinFiles(folder, ".ndjson", join(out, "effects.ndjson"));
}

/** One file of all runs' events, as the store holds them. */
export async function collectLedger(folder: string, out: string): Promise<void> {
  await joinFiles(folder, ".jsonl", join(out, "ledger.jsonl"));
}

/** The record of refused attempts and of people is no run's. */
export function isAudit(file: string): boolean {
  return file.endsWith(".jsonl") && isAuditLedger(file.slice(0, -".jsonl".length));
}

async function joinFiles(folder: string, ending: string, into: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending) && !isAudit(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  await writeFile(into, texts.join(""));
}

/** `rows-<cloud>.ndjson` of each database that runs, after the standbys have replayed all that the primary had when this began. */
export async function collectRows(databases: readonly Database[], query: string, out: string): Promise<void> {
  const primary = databases.find(({ role }) => role === "primary");
  // Without one each copy is taken as it is: what it lacks is for the judge.
  const fence =
    primary === undefined ? null : await ask(primary.url, "select pg_current_wal_flush_lsn()::text as value");
  for (const { cloud, url, role } of databases) {
    // No file says that there is no copy.
    if (role === "down") continue;
    if (role === "standby" && fence !== null) await untilReplayed(url, fence);
    const file = openRecordFile(join(out, `rows-${cloud}.ndjson`));
    await withClient(url, async (client) => {
      const { rows } = await client.query<{ key: string }>(query);
      for (const { key } of rows) file.add({ key });
    });
    await file.close();
  }
}

const REPLAY_WITHIN_MS = 15_000;

async function untilReplayed(url: string, fence: string): Promise<void> {
  const untilMs = Date.now() + REPLAY_WITHIN_MS;
  // A standby that does not get there is compared as it is: the judge then finds what it lacks.
  while (Date.now() < untilMs) {
    const reached = await ask(
      url,
      `select coalesce(pg_last_wal_replay_lsn() >= '${fence}'::pg_lsn, true)::text as value`,
    );
    if (reached === "true") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ask(url: string, query: string): Promise<string> {
  return await withClient(
    url,
    async (client) => (await client.query<{ value: string }>(query)).rows[0]?.value ?? "",
  );
}

export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 30_000 });
  // What breaks an idle connection shows in the next query.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
