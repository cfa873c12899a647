// Why: a few connections to one database, over which every statement has a deadline on this side: PostgreSQL's own
// statement_timeout does not fire while a commit waits for its standby, nor when the machine is frozen.
//
// 1. A statement that missed its deadline loses its connection, and its backend is asked to stop.
// 2. Success with a cancelled wait for the standby is a failure (NotReplicated).
// 3. A connection is used again only when its server answered: with rows, or with an error while alive.
// 4. Connections that break while idle or between two statements never end the process.

import pg from "pg";
import { cancelBackend } from "./cancel-backend.ts";
import { DeadlineMissed, saysUnreachable } from "./failures.ts";
import { expectReplicated, watchNotices } from "./notices.ts";

/** `name` stands for `text`: the server prepares it once per connection. */
export type Statement = {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
};

/** Rows in array mode. */
export type Found = { readonly rows: readonly (readonly unknown[])[] };

export type PoolSettings = {
  readonly url: string;
  readonly size: number;
  /** For a connection, and for one's turn. */
  readonly connectTimeoutMs: number;
  /** Seen in pg_stat_activity. */
  readonly applicationName: string;
  /** An idle connection broke: the server may be going away. */
  readonly onBroken: () => void;
};

const idleTimeoutMs = 30_000;

export class StatementPool {
  readonly #pool: pg.Pool;

  constructor({ url, size, connectTimeoutMs, applicationName, onBroken }: PoolSettings) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: size,
      min: 1,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: idleTimeoutMs,
      keepAlive: true,
      application_name: applicationName,
    });
    // The pool has dropped it by then.
    this.#pool.on("error", onBroken);
    this.#pool.on("connect", (client) => {
      client.on("error", () => {
        /* A connection in use broke: its statement reports it. */
      });
      watchNotices(client);
    });
  }

  /**
   * Runs one statement. Rejects with PostgreSQL's or the socket's error, DeadlineMissed or NotReplicated; after any of
   * them that is passing the statement may or may not have taken effect.
   */
  async run(statement: Statement, timeoutMs: number): Promise<Found> {
    const startedMs = performance.now();
    const client = await this.#connect(timeoutMs);
    let isLate = false;
    const deadline = setTimeout(
      () => {
        isLate = true;
        cancelBackend(client);
        client.connection.stream.destroy();
      },
      Math.max(1, timeoutMs - (performance.now() - startedMs)),
    );
    try {
      const { name, text, values } = statement;
      const { rows } = await client.query<unknown[]>({ name, text, values: [...values], rowMode: "array" });
      expectReplicated(client);
      client.release(isLate);
      return { rows };
    } catch (error) {
      client.release(isLate || !(error instanceof pg.DatabaseError) || saysUnreachable(error));
      throw isLate ? new DeadlineMissed(`no answer within ${Math.round(timeoutMs)} ms`) : error;
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Has a connection open, so that whoever comes first after a primary has moved need not wait for one. Never rejects. */
  keepWarm(): void {
    if (this.#pool.totalCount > 0) return;
    this.#pool.connect().then(
      (client) => client.release(),
      () => undefined,
    );
  }

  /** Closes what is idle at once, and what is in use when its statement has ended. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** A connection within the statement's own time; one that comes later goes back to the pool. */
  async #connect(timeoutMs: number): Promise<pg.PoolClient> {
    const connecting = this.#pool.connect();
    let late: NodeJS.Timeout | undefined;
    const missed = new Promise<undefined>((resolve) => {
      late = setTimeout(() => resolve(undefined), timeoutMs);
    });
    try {
      const client = await Promise.race([connecting, missed]);
      if (client !== undefined) return client;
    } finally {
      clearTimeout(late);
    }
    connecting.then(
      (client) => client.release(),
      () => undefined,
    );
    throw new Error("timeout exceeded when trying to connect: no turn in time");
  }
}
