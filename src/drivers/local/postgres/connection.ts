/**
 * One kept superuser connection to one server: connected when it is needed, thrown away when anything is wrong with it.
 *
 * 1. Every query has a deadline; at the deadline the connection is destroyed, since its state is unknown.
 * 2. On a connection for commits, a warning that one was not replicated (SQLSTATE 01000 in answer to a cancelled wait for
 *    synchronous replication) counts as a failure: PostgreSQL itself calls it a success.
 */
import pg from "pg";
import type { Secret } from "../../../domain/secret.ts";

export type Row = Readonly<Record<string, unknown>>;

export type Connection = {
  readonly query: (sql: string, withinMs: number, values?: readonly unknown[]) => Promise<Row[]>;
  readonly close: () => void;
};

export type Endpoint = {
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  readonly database: string;
};

export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}
export class UnreplicatedError extends Error {
  override readonly name = "UnreplicatedError";
}

/** A connection URL for pods and people, with the password in it: for their environment and for `local status`, no log. */
export function databaseUrl({ port, user, password, database }: Endpoint): string {
  return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password.reveal())}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** `commits`: for a connection that is to know whether its commits were replicated. */
export function keptConnection(
  endpoint: Endpoint,
  applicationName: string,
  options: { commits?: boolean } = {},
): Connection {
  let current: { readonly client: pg.Client; readonly connected: Promise<unknown> } | null = null;
  let lastWarning = "";

  const drop = (client: pg.Client): void => {
    // Only its own place: an old client may report its end when a new one is there already.
    if (current?.client === client) current = null;
    destroy(client);
  };

  function connect(withinMs: number): { client: pg.Client; connected: Promise<unknown> } {
    const client = new pg.Client({
      host: "127.0.0.1",
      ...endpoint,
      password: endpoint.password.reveal(),
      application_name: applicationName,
      connectionTimeoutMillis: withinMs,
    });
    // Without a listener a lost connection would end the process.
    client.on("error", () => {
      drop(client);
    });
    client.on("end", () => {
      drop(client);
    });
    client.on("notice", ({ code, message }) => {
      if (code === "01000") lastWarning = message ?? "warning";
    });
    const connected = client.connect().catch((error: unknown) => {
      drop(client);
      throw error;
    });
    return { client, connected };
  }

  return {
    query: async (sql, withinMs, values) => {
      current ??= connect(withinMs);
      const { client, connected } = current;
      await connected;
      lastWarning = "";
      const answer = await withDeadline(
        client.query<Row>({ text: sql, values: [...(values ?? [])] }),
        withinMs,
        () => {
          drop(client);
        },
      );
      if (options.commits === true && lastWarning !== "") throw new UnreplicatedError(lastWarning);
      return answer.rows;
    },
    close: () => {
      if (current !== null) drop(current.client);
    },
  };
}

/** A connection for one errand. */
export async function withConnection<T>(
  endpoint: Endpoint,
  withinMs: number,
  use: (query: (sql: string) => Promise<Row[]>) => Promise<T>,
): Promise<T> {
  const connection = keptConnection(endpoint, "wildcam-errand");
  try {
    return await use((sql) => connection.query(sql, withinMs));
  } finally {
    connection.close();
  }
}

function destroy(client: pg.Client): void {
  // `end` would wait for a server that may be frozen.
  client.connection.stream.destroy();
}

async function withDeadline<T>(work: Promise<T>, withinMs: number, late: () => void): Promise<T> {
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late();
    deadline.reject(new DeadlineError(`the database did not answer within ${withinMs} ms`));
  }, withinMs);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, deadline.promise]);
  } finally {
    clearTimeout(timer);
  }
}
