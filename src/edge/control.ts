/**
 * The control API: the traffic policy, and what the gateway knows of clouds, pods and requests. Every call needs the token.
 * Nothing here counts as a request.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import {
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { z } from "zod";
import { KeyReusedError, type Applied, type EffectorMemory } from "../effector/memory.ts";
import { isByHand, TokenError, type Token } from "../effector/token.ts";
import { reasonOf } from "../effector/reason.ts";
import { viewClouds, type CloudSources } from "./clouds-view.ts";
import type { Policy, PolicyStore } from "./policy-store.ts";
import type { Pod } from "./pods.ts";
import { RequestProblem, type Problem } from "./problem.ts";
import { windowMaxMs } from "./statistics.ts";
import { problemOfWeights } from "./weights.ts";

export type ControlSurroundings = CloudSources &
  Readonly<{
    token: string;
    store: PolicyStore;
    memory: EffectorMemory<Policy>;
    /** A policy was asked for, with what came of it. */
    onApplied: (applied: Applied<Policy>, token: Token) => void;
    onError: (error: unknown) => void;
    /** What to add to the gateway's clock for milliseconds since the epoch. */
    epochOffsetMs: number;
  }>;

export function makeControl(around: ControlSurroundings): FastifyInstance {
  const app = fastify({ logger: false, bodyLimit: 64 * 1024 });
  const isAllowed = bearerCheck(around.token);
  app.addHook("onRequest", async (request, reply) => {
    if (isAllowed(request.headers.authorization)) return;
    await reply.code(401).header("www-authenticate", "Bearer").send({ error: noToken });
  });
  app.setNotFoundHandler(async (request, reply) =>
    reply.code(404).send({
      error: {
        what: "no such endpoint",
        why: `${request.method} ${request.url} is none`,
        next: `use one of: ${endpoints.join(", ")}`,
      },
    }),
  );
  app.setErrorHandler(async (error: FastifyError, _request, reply) =>
    answerError(error, reply, around.onError),
  );
  app.get("/v1/policy", async () => around.store.current());
  app.put("/v1/policy", async (request, reply) => putPolicy(around, request, reply));
  app.get("/v1/clouds", async () => ({ clouds: viewClouds(around), observers: 1 }));
  app.get("/v1/window", async (request) => viewWindow(around, request.query));
  app.get("/v1/windows", async (request) => viewPastWindows(around, request.query));
  app.get("/v1/demand", async () => around.statistics.demand());
  app.get("/v1/pods", async () => around.table.all().map((pod) => viewPod(pod, around.epochOffsetMs)));
  return app;
}

async function putPolicy(
  around: ControlSurroundings,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { weights, expectedVersion, token, setBy, why } = parsePolicyRequest(request.body, around);
  const { key, epoch } = token;
  const applied = await around.memory.apply({
    op: "set-weights",
    token,
    work: async () => around.store.change({ weights, expectedVersion, key, epoch, setBy, why }),
  });
  around.onApplied(applied, token);
  if (applied.result !== "refused") {
    const { answer: policy, ...rest } = applied;
    return reply.send({ ...rest, policy });
  }
  const policy = around.store.current();
  const error: Problem =
    applied.reason === "version"
      ? {
          what: "the policy was not changed",
          why: `it is at version ${policy.version}, not ${expectedVersion}: somebody changed it meanwhile`,
          next: "read the policy, decide again, and send the version that was read",
        }
      : {
          what: "the policy was not changed",
          why: `the token (epoch ${epoch}, sequence ${token.sequence}) is older than the highest seen (epoch ${applied.highest.epoch}, sequence ${applied.highest.sequence})`,
          next: "another run holds this lock now: start a new run for what is still wanted",
        };
  return reply.code(409).send({ ...applied, policy, error });
}

const policyRequestSchema = z.strictObject({
  weights: z.record(z.string(), z.number()),
  /** Left out only by hand: then whatever version stands is meant. */
  expectedVersion: z.int().min(1).optional(),
  token: z.unknown().optional(),
  setBy: z.string().min(1).max(200),
  why: z.string().min(1).max(2000),
});

type PolicyRequest = Omit<z.infer<typeof policyRequestSchema>, "token" | "expectedVersion"> &
  Readonly<{ token: Token; expectedVersion: number }>;

function parsePolicyRequest(body: unknown, { clouds, memory, store }: ControlSurroundings): PolicyRequest {
  const parsed = policyRequestSchema.safeParse(body);
  if (!parsed.success)
    throw malformed(
      parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; "),
    );
  const problem = problemOfWeights(parsed.data.weights, clouds);
  if (problem !== null) throw malformed(`weights: ${problem}`);
  const token = memory.tokenOf(parsed.data.token);
  // Under another lock's name a token would be compared with nothing.
  if (token.lock !== trafficLock)
    throw malformed(`token.lock: expected "${trafficLock}", got "${token.lock}"`);
  const { expectedVersion = isByHand(parsed.data.token) ? store.current().version : undefined } = parsed.data;
  if (expectedVersion === undefined)
    throw malformed("expectedVersion: expected the version that was read, got nothing");
  return { ...parsed.data, token, expectedVersion };
}

const windowQuerySchema = z.strictObject({
  ms: z.coerce.number().int().min(1).max(windowMaxMs).default(10_000),
});

function viewWindow({ statistics, clouds }: ControlSurroundings, query: unknown): Record<string, unknown> {
  const parsed = windowQuerySchema.safeParse(query);
  if (!parsed.success)
    throw malformed(`ms: expected a whole number from 1 to ${windowMaxMs}, and nothing else in the query`);
  const { ms } = parsed.data;
  return {
    ms,
    ...statistics.window(ms),
    clouds: Object.fromEntries(clouds.map((cloud) => [cloud, statistics.cloudWindow(cloud, ms)])),
  };
}

const pastQuerySchema = z.strictObject({
  sinceMs: z.coerce.number().int().min(0),
  afterMs: z.coerce.number().int().min(0).default(0),
  everyMs: z.coerce.number().int().min(100).max(3_600_000),
  ms: z.coerce.number().int().min(1).max(windowMaxMs).default(10_000),
});

/** Times are milliseconds since the epoch. */
function viewPastWindows(
  { statistics, epochOffsetMs }: ControlSurroundings,
  query: unknown,
): Record<string, unknown> {
  const parsed = pastQuerySchema.safeParse(query);
  if (!parsed.success)
    throw malformed(
      parsed.error.issues.map(({ path, message }) => `${path.join(".") || "query"}: ${message}`).join("; "),
    );
  const { sinceMs, afterMs, everyMs, ms } = parsed.data;
  const windows = statistics.windows({
    sinceMs: sinceMs - epochOffsetMs,
    afterMs: afterMs - epochOffsetMs,
    everyMs,
    windowMs: ms,
  });
  return { windows: windows.map((one) => ({ ...one, atMs: Math.round(one.atMs + epochOffsetMs) })) };
}

function viewPod(pod: Pod, epochOffsetMs: number): Record<string, unknown> {
  const { cloud, cluster, url, pid, load, health } = pod;
  const { state, why, sinceMs, ejections, ejectedUntilMs } = health;
  return {
    cloud,
    cluster,
    url,
    pid,
    state,
    why,
    sinceMs: Math.round(sinceMs + epochOffsetMs),
    inFlight: load,
    ejections,
    ejectedUntilMs: ejectedUntilMs === null ? null : Math.round(ejectedUntilMs + epochOffsetMs),
  };
}

async function answerError(
  error: FastifyError | RequestProblem,
  reply: FastifyReply,
  onError: (error: unknown) => void,
): Promise<FastifyReply> {
  if (error instanceof RequestProblem) return reply.code(error.status).send({ error: error.problem });
  if (error instanceof TokenError)
    return answerError(malformed(`token: ${error.problems.join("; ")}`), reply, onError);
  if (error instanceof KeyReusedError) {
    return reply.code(409).send({
      error: {
        what: "the act was not done",
        why: error.message,
        next: "send a key of its own for each step",
      },
    });
  }
  const status = error.statusCode ?? 500;
  if (status < 500) {
    return reply.code(status).send({
      error: {
        what: "the request cannot be used",
        why: error.message,
        next: "send JSON as the control API wants it",
      },
    });
  }
  onError(error);
  return reply.code(500).send({
    error: {
      what: "the gateway could not do this",
      why: reasonOf(error),
      next: "read the world (GET /v1/policy) to see where it stands, mend the cause, and try again with the same key",
    },
  });
}

function malformed(why: string): RequestProblem {
  return new RequestProblem(400, {
    what: "the request cannot be used",
    why,
    next: "correct it and send it again; nothing was changed",
  });
}

/** Compares digests, so that neither content nor length of the token shows in the time it takes. */
function bearerCheck(token: string): (authorization: string | undefined) => boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (authorization) => authorization !== undefined && timingSafeEqual(digest(authorization), expected);
}

const trafficLock = "traffic";
const endpoints = [
  "GET /v1/policy",
  "PUT /v1/policy",
  "GET /v1/clouds",
  "GET /v1/window?ms=",
  "GET /v1/windows?sinceMs=&afterMs=&everyMs=&ms=",
  "GET /v1/demand",
  "GET /v1/pods",
];
const noToken: Problem = {
  what: "not allowed",
  why: "the Authorization header does not carry this gateway's token",
  next: "send Authorization: Bearer with the content of the gateway's token file",
};
