/** The worker's side: services served over HTTP/2 on loopback, for Restate alone. */
import { createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { createEndpointHandler } from "@restatedev/restate-sdk";
import type { ServiceDefinition, VirtualObjectDefinition, WorkflowDefinition } from "@restatedev/restate-sdk";

type Service =
  | ServiceDefinition<string, unknown>
  | VirtualObjectDefinition<string, unknown>
  | WorkflowDefinition<string, unknown>;

export type Endpoint = { readonly port: number; close(): Promise<void> };

/**
 * `identityPublicKey`: Restate's, `publickeyv1_...`. Without one anybody on the machine could call the worker,
 * and the SDK takes an empty list for "accept all", so it is required.
 */
export async function serveEndpoint(options: {
  readonly services: readonly Service[];
  readonly host: string;
  readonly port: number;
  readonly identityPublicKey: string;
}): Promise<Endpoint> {
  if (!options.identityPublicKey.startsWith("publickeyv1_"))
    throw new Error("the worker needs Restate's public key (publickeyv1_...)");
  const handler = createEndpointHandler({
    services: [...options.services],
    identityKeys: [options.identityPublicKey],
    logger: ({ level }, message: unknown) => {
      // A line for each invocation's beginning and end would fill the disk and say nothing that the ledger does not.
      if (level === "error" || level === "warn")
        process.stderr.write(`restate ${level}: ${String(message)}\n`);
    },
  });
  const server = createServer(handler);
  await listen(server, options.port, options.host);
  return { port: portOf(server), close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listen(server: Http2Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function portOf(server: Http2Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("the worker has no port");
  return address.port;
}
