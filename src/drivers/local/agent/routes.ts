/**
 * The agent's HTTP interface. Every route wants the bearer token; every act goes through the effector's memory, so that
 * a repeated key is answered as at first and an older token is refused, also after a restart of this process.
 */
import { timingSafeEqual } from "node:crypto";
import Fastify, { type FastifyInstance } from "fastify";
import { z } from "zod";
import type { Secret } from "../../../domain/secret.ts";
import {
  type Applied,
  type Attempt,
  type EffectorMemory,
  KeyReusedError,
  type Outcome,
} from "../../../effector/memory.ts";
import { isByHand, TokenError } from "../../../effector/token.ts";
import { PortError, retryable, terminal } from "../../../ports/errors.ts";
import type { Connection } from "../postgres/connection.ts";
import type { ClusterControl } from "./clusters.ts";
import { parseDatabaseAct } from "./database/act-parse.ts";
import type { DatabaseContext } from "./database/context.ts";
import { viewForPeers } from "./database/fence.ts";
import { writeMarker } from "./database/marker.ts";
import { observeMember } from "./database/observe.ts";
import { perform } from "./database/perform.ts";

export type AgentParts = {
  readonly token: Secret;
  readonly cloud: string;
  readonly memory: EffectorMemory<unknown>;
  readonly clusters: ClusterControl;
  readonly database: DatabaseContext;
  readonly markerConnection: Connection;
};

const bodyBytesMost = 64 * 1024;
const statusOf: Readonly<Record<PortError["kind"], number>> = {
  refused: 409,
  terminal: 400,
  retryable: 503,
  ambiguous: 504,
};

export function agentServer(parts: AgentParts): FastifyInstance {
  const server = Fastify({ bodyLimit: bodyBytesMost, logger: false, forceCloseConnections: true });
  const expected = Buffer.from(`Bearer ${parts.token.reveal()}`);
  server.addHook("onRequest", async (request, reply) => {
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length === expected.length && timingSafeEqual(given, expected)) return;
    await reply.code(401).send({ error: { message: "this needs the agent's token" } });
  });
  server.setErrorHandler(async (error, _request, reply) => {
    const { status, body } = describeError(error);
    await reply.code(status).send(body);
  });
  server.get("/v1/endpoints", () => parts.clusters.endpoints());
  server.get("/v1/wanted", () => parts.clusters.wanted());
  server.get("/v1/clusters", async () => await parts.clusters.view());
  server.get("/v1/database", async () => ({
    database: parts.database.member.database,
    member: await observeMember(parts.database),
  }));
  server.get("/v1/database/fence", async () => await viewForPeers(parts.database));
  clusterRoutes(server, parts);
  faultRoute(server, parts);
  databaseRoutes(server, parts);
  return server;
}

const scaleBody = z.strictObject({
  replicas: z.int().min(0).max(10_000),
  /** Left out only by hand: then whatever generation stands is meant. */
  expectedGeneration: z.int().optional(),
  token: z.unknown(),
});
const clusterPath = z.object({ cluster: z.string() });

function clusterRoutes(server: FastifyInstance, { memory, clusters }: AgentParts): void {
  server.put("/v1/clusters/:cluster/scale", async (request, reply) => {
    const { cluster } = clusterPath.parse(request.params);
    const { replicas, expectedGeneration: stated, token } = scaleBody.parse(request.body);
    const wanted = clusters.wantedOf(cluster);
    if (wanted === null) throw terminal(`no cluster "${cluster}" here`);
    if (clusters.isStruck(cluster)) throw retryable(`${cluster} cannot be reached`);
    if (stated === undefined && !isByHand(token))
      throw terminal("expectedGeneration: expected the one that was read, got nothing");
    const expectedGeneration = stated ?? wanted.generation;
    const viewNow = async (): Promise<unknown> => (await clusters.view())[cluster];
    const work = async (): Promise<Outcome<unknown>> => {
      const before = clusters.wantedOf(cluster);
      if (before?.generation !== expectedGeneration) return { result: "refused", reason: "generation" };
      if (before.replicas === replicas) return { result: "found", answer: await viewNow() };
      clusters.want(cluster, replicas);
      return { result: "done", answer: await viewNow() };
    };
    const applied = await memory.apply({ op: `scale ${cluster}`, token: memory.tokenOf(token), work });
    if (applied.result !== "refused") return { result: applied.result, cluster: applied.answer };
    return await reply.code(409).send(refusal(applied, { cluster: await viewNow(), expectedGeneration }));
  });
}

const faultBody = z.strictObject({ down: z.boolean() });

/** Harm on purpose, for who has the agent's token. */
function faultRoute(server: FastifyInstance, { clusters }: AgentParts): void {
  server.put("/v1/injected-fault/:cluster", async (request) => {
    const { cluster } = clusterPath.parse(request.params);
    const { down } = faultBody.parse(request.body);
    if (clusters.wantedOf(cluster) === null) throw terminal(`no cluster "${cluster}" here`);
    if (down) return { killed: await clusters.strike(cluster) };
    clusters.revive(cluster);
    return { killed: 0 };
  });
}

const databasePath = z.object({ act: z.string() });
const actBody = z.looseObject({ database: z.string(), token: z.unknown().optional() });

function databaseRoutes(server: FastifyInstance, parts: AgentParts): void {
  const { memory, database: context, cloud } = parts;
  server.post("/v1/database/:act", async (request, reply) => {
    const { act: name } = databasePath.parse(request.params);
    const { database, token, ...rest } = actBody.parse(request.body);
    if (database !== context.member.database) throw terminal(`no database "${database}" here`);
    if (name === "marker") return await writeMarker(parts.markerConnection, cloud);
    const act = parseDatabaseAct({ ...rest, act: name });
    const facts: { refused: PortError | null } = { refused: null };
    const work = async ({ triedBefore }: Attempt): Promise<Outcome<unknown>> => {
      try {
        const result = await perform(context, act);
        // What an earlier try of this key began and did not see the end of is this key's doing.
        const ours = triedBefore && result === "found" ? "done" : result;
        return { result: ours, answer: await observeMember(context) };
      } catch (error) {
        // A refusal is an answer that leaves a record; anything else may be tried again under the same key.
        if (!(error instanceof PortError) || error.kind !== "refused") throw error;
        facts.refused = error;
        return { result: "refused", reason: error.message };
      }
    };
    const applied = await memory.apply({ op: name, token: memory.tokenOf(token), work });
    if (applied.result !== "refused") return { result: applied.result, member: applied.answer };
    return await reply.code(409).send(refusal(applied, { ...facts.refused?.facts }));
  });
}

function refusal(
  applied: Extract<Applied<unknown>, { result: "refused" }>,
  facts: Record<string, unknown>,
): object {
  const { reason, highest } = applied;
  const message = reason === "stale-token" ? "the token is older than one that was seen" : reason;
  return { error: { kind: "refused", message, facts: { ...facts, reason, highest } } };
}

function describeError(error: unknown): { status: number; body: object } {
  if (error instanceof PortError) {
    const { kind, message, facts } = error;
    return { status: statusOf[kind], body: { error: { kind, message, facts } } };
  }
  if (error instanceof z.ZodError || error instanceof TokenError || error instanceof KeyReusedError) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
    return { status: 400, body: { error: { kind: "terminal", message } } };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stated = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  const status = typeof stated === "number" ? stated : 503;
  return { status, body: { error: { kind: status < 500 ? "terminal" : "retryable", message } } };
}
