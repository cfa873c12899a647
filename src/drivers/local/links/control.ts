/** Where the relay takes orders, from the supervisor alone: HTTP on loopback, with a token. */
import { timingSafeEqual } from "node:crypto";
import Fastify, { type FastifyInstance } from "fastify";
import type { Secret } from "../../../domain/secret.ts";
import { cutOrder } from "./config.ts";

/** `hold` is done when the answer is sent. */
export function relayControl(token: Secret, hold: (clouds: readonly string[]) => void): FastifyInstance {
  const server = Fastify({ bodyLimit: 4_096, logger: false, forceCloseConnections: true });
  const expected = Buffer.from(`Bearer ${token.reveal()}`);
  server.addHook("onRequest", async (request, reply) => {
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length === expected.length && timingSafeEqual(given, expected)) return;
    await reply.code(401).send({ error: { message: "this needs the relay's token" } });
  });
  server.put("/v1/cut", (request) => {
    const order = cutOrder.parse(request.body);
    hold(order.clouds);
    return order;
  });
  return server;
}
