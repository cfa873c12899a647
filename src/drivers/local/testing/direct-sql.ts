/** Straight at a server, as a stranger with the address from `local status --json` would. */
import { Secret } from "../../../domain/secret.ts";
import { type Endpoint, withConnection } from "../postgres/connection.ts";

const withinMs = 5_000;

export function endpointOf(url: string): Endpoint {
  const { port, username, password, pathname } = new URL(url);
  return { port: Number(port), user: username, password: new Secret(password), database: pathname.slice(1) };
}

/** The keys that a steady writer's rows have there. */
export async function keysAt(endpoint: Endpoint): Promise<Set<string>> {
  const rows = await withConnection(
    endpoint,
    withinMs,
    async (query) => await query("select key from operations.proof"),
  );
  return new Set(rows.map((row) => String(row["key"])));
}

export async function sqlAt(endpoint: Endpoint, sql: string): Promise<Readonly<Record<string, unknown>>[]> {
  return await withConnection(endpoint, withinMs, async (query) => await query(sql));
}
