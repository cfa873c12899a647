// Why: when a commit's wait for its synchronous standby is cancelled, PostgreSQL answers with *success* and a
// warning of SQLSTATE 01000: the row is on the primary only and dies with it. Success is then not to be believed.
// (https://www.postgresql.org/docs/18/warm-standby.html#SYNCHRONOUS-REPLICATION-HA)

import type { ClientBase } from "pg";

/** The commit is on the primary but was not confirmed by a standby. Whether it lasts is open. */
export class NotReplicated extends Error {
  override readonly name = "NotReplicated";
}

const warningCode = "01000";

const unreplicated = new WeakMap<ClientBase, string>();

/** Listens on the client for cancelled waits. Call once per client. */
export function watchNotices(client: ClientBase): void {
  client.on("notice", (notice) => {
    if (notice.code === warningCode) unreplicated.set(client, notice.message ?? "warning 01000");
  });
}

/** Throws NotReplicated when a wait was cancelled since the last call; else does nothing. */
export function expectReplicated(client: ClientBase): void {
  const message = unreplicated.get(client);
  if (message === undefined) return;
  unreplicated.delete(client);
  throw new NotReplicated(message);
}
