/**
 * Writers straight at every database: who acknowledges commits, and when, as a client of PostgreSQL sees it.
 *
 * 1. A try every 20 ms at each database, at most one in flight at each; a tick that finds one in flight says `busy`.
 * 2. Only an acknowledgement with its timeline counts. A notice 01000 says that waiting for a standby was cancelled, and
 *    an answer that never came leaves it in doubt: neither is an acknowledgement.
 */
import { Client, DatabaseError } from "pg";
import { openRecordFile, type RecordFile } from "./record-file.ts";

export type WritersOrder = {
  readonly databases: readonly { readonly cloud: string; readonly url: string }[];
  /** `writers.ndjson`. */
  readonly file: string;
};

export type Writers = { stop(): Promise<void> };

export const WRITERS_TABLE =
  "create table if not exists drill_commits (writer text not null, n bigint not null, at timestamptz not null default now())";

const EVERY_MS = 20;
const DEADLINE_MS = 5_000;
// The first eight digits of a WAL file's name are its timeline (PostgreSQL documentation, "WAL Internals").
const COMMIT =
  "insert into drill_commits (writer, n) values ($1, $2) returning left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline";

export function startWriters({ databases, file }: WritersOrder): Writers {
  const records = openRecordFile(file);
  const writers = databases.map(({ cloud, url }) => new Writer(cloud, url, records));
  const timer = setInterval(() => {
    for (const writer of writers) writer.tick();
  }, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      for (const writer of writers) await writer.stop();
      await records.close();
    },
  };
}

class Writer {
  readonly #cloud: string;
  readonly #url: string;
  readonly #records: RecordFile;
  #client: Client | null = null;
  #inFlight: Promise<void> | null = null;
  #number = 0;
  #doubtful = false;

  constructor(cloud: string, url: string, records: RecordFile) {
    this.#cloud = cloud;
    this.#url = url;
    this.#records = records;
  }

  tick(): void {
    if (this.#inFlight !== null) {
      this.#record({ ok: false, timeline: null, error: "busy" });
      return;
    }
    this.#inFlight = this.#try().finally(() => {
      this.#inFlight = null;
    });
  }

  async stop(): Promise<void> {
    await this.#inFlight;
    await this.#drop();
  }

  async #try(): Promise<void> {
    this.#number += 1;
    this.#doubtful = false;
    try {
      const client = await this.#connected();
      const { rows } = await client.query<{ timeline: string }>({
        name: "commit",
        text: COMMIT,
        values: [this.#cloud, this.#number],
      });
      const timeline = Number.parseInt(rows[0]?.timeline ?? "", 16);
      if (this.#doubtful) this.#record({ ok: false, timeline: null, error: "not replicated" });
      else this.#record({ ok: true, timeline, error: null });
    } catch (error) {
      this.#record({ ok: false, timeline: null, error: wordsOf(error) });
      // A server's refusal leaves the connection in order; anything else does not.
      if (!(error instanceof DatabaseError) || error.code !== "25006") await this.#drop();
    }
  }

  async #connected(): Promise<Client> {
    if (this.#client !== null) return this.#client;
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: 1_000,
      query_timeout: DEADLINE_MS,
      application_name: "drill-writer",
    });
    // A connection that breaks while idle would otherwise end the process; the next try finds it gone.
    client.on("error", () => {
      if (this.#client === client) this.#client = null;
    });
    client.on("notice", () => {
      this.#doubtful = true;
    });
    await client.connect();
    this.#client = client;
    return client;
  }

  async #drop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  #record(outcome: {
    readonly ok: boolean;
    readonly timeline: number | null;
    readonly error: string | null;
  }): void {
    this.#records.add({ time: performance.timeOrigin + performance.now(), cloud: this.#cloud, ...outcome });
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof DatabaseError) return `${error.code ?? "no code"} ${error.message}`;
  if (error instanceof Error)
    return error.message === "Query read timeout" ? "in doubt" : error.message || error.name;
  return String(error);
}
