// Why: closing a connection does not end what its backend does: one that waits for a synchronous standby waits on,
// and every retry would add another until no connection is left. PostgreSQL takes a request to cancel over a
// connection of its own (https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS).
//
// 1. A best effort: nobody waits for it, and nothing is told when it fails.
// 2. Never over plain text to a server that is spoken to over TLS: the request carries the backend's secret.
// 3. What it cancels counts as failed already: the row may be committed, on the primary only.

import { connect } from "node:net";
import type { Client } from "pg";

const cancelRequestCode = 80_877_102;
const mostMs = 1000;

/** Asks the server to cancel what the client's backend is doing. Returns at once. */
export function cancelBackend(client: Client): void {
  const processId = numberIn(client, "processID");
  const secretKey = numberIn(client, "secretKey");
  if (client.ssl || processId === undefined || secretKey === undefined) return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(cancelRequestCode, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = connect({ host: client.host, port: client.port });
  const late = setTimeout(() => socket.destroy(), mostMs);
  // Its end must not hold up the end of the pod.
  late.unref();
  socket.on("error", () => socket.destroy());
  socket.on("close", () => clearTimeout(late));
  // The server closes when it has acted; what it might say is not of interest.
  socket.resume();
  socket.write(request);
}

/** Known to pg's client, but not to its types. Missing before the server has told it. */
function numberIn(client: object, name: string): number | undefined {
  const value: unknown = Reflect.get(client, name);
  return typeof value === "number" ? value : undefined;
}
