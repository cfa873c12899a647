/** The worker's side: services served over HTTP/2 on loopback, for Restate alone. */
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
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
  /**
   * Calls to any other path are answered 503: an invocation that began under another path, which is another version
   * of the code, must not be executed by this one. Restate then backs off and tries again. Left out: every path.
   */
  readonly path?: string;
}): Promise<Endpoint> {
  if (!options.identityPublicKey.startsWith("publickeyv1_"))
    throw new Error("the worker needs Restate's public key (publickeyv1_...)");
  const handler = createEndpointHandler({
    services: [...options.services],
    identityKeys: [options.identityPublicKey],
    logger: ({ level }, message: unknown) => {
      // Said once by who threw it; here it would come again with every try.
      if (message instanceof Error && message.name === "NotHere") return;
      // A line for each invocation's beginning and end would fill the disk and say nothing that the ledger does not.
      if (level === "error" || level === "warn")
        process.stderr.write(`restate ${level}: ${String(message)}\n`);
    },
  });
  const { path } = options;
  const server = createServer((request, response) => {
    if (path === undefined || request.url.startsWith(`${path}/`)) return handler(request, response);
    response.writeHead(503, { "content-type": "text/plain" });
    response.end(`here is ${path}, not ${request.url}: this run needs the code that it began with`);
    // The next try comes over a connection of its own, which may lead to a worker that has that code.
    request.stream.session?.close();
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  await listen(server, options.port, options.host);
  return { port: portOf(server), close: () => closeAll(server, sessions) };
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

/** Restate keeps its connection open, and a server waits for all of them. */
function closeAll(server: Http2Server, sessions: ReadonlySet<ServerHttp2Session>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const session of sessions) session.destroy();
  });
}

function portOf(server: Http2Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("the worker has no port");
  return address.port;
}
