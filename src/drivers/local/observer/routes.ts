/** The observer's HTTP interface: what it sees, for whoever has its token. It can be told nothing. */
import { timingSafeEqual } from "node:crypto";
import Fastify, { type FastifyInstance } from "fastify";
import type { Secret } from "../../../domain/secret.ts";
import type { Watched } from "./watch.ts";

export function observerServer(parts: {
  readonly cloud: string;
  readonly token: Secret;
  readonly view: () => Watched;
}): FastifyInstance {
  const server = Fastify({ logger: false, forceCloseConnections: true });
  const expected = Buffer.from(`Bearer ${parts.token.reveal()}`);
  server.addHook("onRequest", async (request, reply) => {
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length === expected.length && timingSafeEqual(given, expected)) return;
    await reply.code(401).send({ error: { message: "this needs the observer's token" } });
  });
  server.get("/v1/sighting", () => ({ cloud: parts.cloud, ...parts.view() }));
  return server;
}
