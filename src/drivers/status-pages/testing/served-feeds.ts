/** A status page on loopback that a test has answer as it likes. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export type ServedFeeds = {
  readonly url: (path: string) => string;
  /** Method and path of each call, and what it compares by. */
  readonly asked: { readonly line: string; readonly headers: IncomingMessage["headers"] }[];
  answer(path: string, how: Answer): void;
  close(): Promise<void>;
};

export async function serveFeeds(): Promise<ServedFeeds> {
  const answers = new Map<string, Answer>();
  const asked: ServedFeeds["asked"] = [];
  const server = createServer((request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    const how = answers.get(request.url ?? "");
    if (how === undefined) response.writeHead(404).end();
    else how(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server.address());
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    asked,
    answer: (path, how) => void answers.set(path, how),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

export function body(content: string | Buffer, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_, response) => void response.writeHead(200, headers).end(content);
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
