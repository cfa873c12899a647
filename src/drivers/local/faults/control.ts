/**
 * Where the supervisor takes orders for faults: HTTP on loopback, on any free port. Every call needs the token, which is
 * in a file that only this user may read.
 */
import { timingSafeEqual } from "node:crypto";
import Fastify, { type FastifyInstance } from "fastify";
import { z } from "zod";
import type { Secret } from "../../../domain/secret.ts";
import type { CloudFaults } from "./cloud-faults.ts";
import { faultOrder, FaultRefused } from "./fault.ts";

export type FaultControl = { readonly port: number; readonly close: () => Promise<void> };

const path = z.object({ target: z.string() });

export async function listenForFaults(faults: CloudFaults, token: Secret): Promise<FaultControl> {
  const server = Fastify({ bodyLimit: 4_096, logger: false, forceCloseConnections: true });
  guard(server, token);
  server.get("/v1/faults", () => faults.list());
  server.post("/v1/faults/:target", async (request) => {
    const { target } = path.parse(request.params);
    return await faults.begin(target, faultOrder.parse(request.body));
  });
  server.post(
    "/v1/faults/:target/heal",
    async (request) => await faults.heal(path.parse(request.params).target),
  );
  await server.listen({ host: "127.0.0.1", port: 0 });
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the fault control has no port");
  return { port: address.port, close: async () => await server.close() };
}

function guard(server: FastifyInstance, token: Secret): void {
  const expected = Buffer.from(`Bearer ${token.reveal()}`);
  server.addHook("onRequest", async (request, reply) => {
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length === expected.length && timingSafeEqual(given, expected)) return;
    await reply.code(401).send({ error: { message: "this needs the supervisor's token" } });
  });
  server.setErrorHandler(async (error, _request, reply) => {
    if (error instanceof FaultRefused) {
      const { what, why, next } = error;
      return await reply.code(409).send({ refused: { what, why, next } });
    }
    const message = error instanceof z.ZodError ? z.prettifyError(error) : wordsOf(error);
    return await reply.code(error instanceof z.ZodError ? 400 : 500).send({ error: { message } });
  });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
