// Why: what the backend answers. Each route is one function of the request; the server makes bytes of it.

import { builtInSchemas } from "./camtrap-tables.ts";
import type { TableName } from "./camtrap-tables.ts";
import { checkObject } from "./check-row.ts";
import { rowFrom } from "./columns.ts";
import type { Databases } from "./databases.ts";
import { isUnknownReference, Unavailable } from "./failures.ts";
import { health, isReady } from "./health.ts";
import { isIdempotencyKey } from "./keys.ts";
import { readAnywhere, readOne } from "./read-anywhere.ts";
import { BadRequest, errorReply, tryAgain } from "./reply.ts";
import type { Reply } from "./reply.ts";
import type { PodSettings } from "./settings.ts";
import type { Statement } from "./statement-pool.ts";
import { oneOf, pageOf, pageOfDeployment } from "./statements.ts";
import { writeObservation } from "./write-observation.ts";

export type Pod = {
  readonly settings: PodSettings;
  readonly databases: Databases;
  readonly isDraining: () => boolean;
};

export type PodRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly header: (name: string) => string | undefined;
  /** The whole body; throws BadRequest when it is too large. */
  readonly body: () => Promise<string>;
};

const usualLimit = 20;
const mostRows = 200;
// A pod writes a few at a time; more than this waiting would only time out together.
const mostWrites = 256;

/** Answers a request. Never rejects for what a client or a database did, only for faults of our own. */
export function routesOf(pod: Pod): (request: PodRequest) => Promise<Reply> {
  let writes = 0;
  const post = async (request: PodRequest): Promise<Reply> => {
    if (writes >= mostWrites) {
      return {
        ...errorReply(
          503,
          "busy",
          "This pod has too many writes waiting. Send the request again, under the same key.",
        ),
        headers: tryAgain,
      };
    }
    writes += 1;
    try {
      return await postObservation(pod, request);
    } finally {
      writes -= 1;
    }
  };
  return async (request) => {
    try {
      return await route(pod, request, post);
    } catch (error) {
      if (error instanceof BadRequest) return error.reply;
      if (error instanceof Unavailable) {
        const again =
          request.method === "POST"
            ? "Send the request again, under the same key."
            : "Send the request again.";
        return {
          ...errorReply(503, "unavailable", `${capital(error.message)}. ${again}`),
          headers: tryAgain,
        };
      }
      throw error;
    }
  };
}

async function route(
  pod: Pod,
  request: PodRequest,
  post: (request: PodRequest) => Promise<Reply>,
): Promise<Reply> {
  if (request.method === "GET" || request.method === "HEAD") return readRoute(pod, request);
  if (request.method === "POST" && request.path === "/observations") return post(request);
  return {
    ...errorReply(405, "method-not-allowed", `${request.method} is not answered at ${request.path}.`),
    headers: { allow: "GET, HEAD" },
  };
}

async function readRoute(pod: Pod, request: PodRequest): Promise<Reply> {
  const [room = "", id, ...more] = request.path.slice(1).split("/");
  if (more.length > 0) return notFound(request);
  switch (room) {
    case "ready":
      return id === undefined ? ready(pod) : notFound(request);
    case "health":
      return id === undefined ? health(pod.settings, pod.databases, pod.isDraining()) : notFound(request);
    case "observations":
    case "deployments":
      return id === undefined ? list(pod, room, request) : one(pod, room, id);
    case "media":
      return id === undefined ? notFound(request) : one(pod, room, id);
    default:
      return notFound(request);
  }
}

function notFound(request: PodRequest): Reply {
  return errorReply(404, "not-found", `There is nothing at ${request.path}.`);
}

function ready({ settings, databases, isDraining }: Pod): Reply {
  const draining = isDraining();
  if (!draining && isReady(databases)) return { status: 200, body: { ready: true } };
  return {
    status: 503,
    body: {
      ready: false,
      reason: draining ? "draining" : `no database can be read from ${settings.provider}`,
    },
  };
}

async function list(pod: Pod, table: TableName, { query }: PodRequest): Promise<Reply> {
  const page = { limit: readLimit(query.get("limit")), after: readText(query.get("after") ?? "") };
  const deployment = table === "observations" ? query.get("deployment") : null;
  const statement: Statement =
    deployment === null ? pageOf(table, page) : pageOfDeployment(readText(deployment), page);
  const { rows } = await readAnywhere(pod, statement);
  const found = rows.map((cells) => rowFrom(table, cells));
  const last = found.at(-1)?.[builtInSchemas[table].primaryKey];
  return { status: 200, body: { [table]: found, next: found.length === page.limit ? (last ?? null) : null } };
}

async function one(pod: Pod, table: TableName, encodedId: string): Promise<Reply> {
  const id = readId(encodedId);
  const cells = await readOne(pod, oneOf(table, id));
  if (cells === undefined) return errorReply(404, "not-found", `There is no ${id} in ${table}.`);
  return { status: 200, body: rowFrom(table, cells) };
}

async function postObservation(pod: Pod, request: PodRequest): Promise<Reply> {
  // Read before anything is refused: a connection with an unread body cannot be used again.
  const body = await request.body();
  const key = request.header("idempotency-key");
  if (key === undefined || !isIdempotencyKey(key)) {
    return errorReply(
      400,
      "idempotency-key",
      "Send the header idempotency-key: 1 to 255 visible ASCII characters, one key for each observation.",
    );
  }
  const checked = checkObject(builtInSchemas.observations, readJson(body), ["observationID"]);
  if ("problems" in checked) {
    const refused = { error: "invalid-observation", message: "The observation breaks the standard's rules." };
    return { status: 400, body: { ...refused, problems: checked.problems } };
  }
  try {
    const written = await writeObservation(pod, key, checked.row);
    switch (written.kind) {
      case "created":
        return { status: 201, body: written.row };
      case "replayed":
        return { status: 200, body: written.row, headers: { "idempotency-replayed": "true" } };
      case "other-body":
        return errorReply(
          422,
          "key-used-for-another-body",
          "This idempotency key was used for another observation. Send this one under a key of its own.",
        );
    }
  } catch (error) {
    if (!isUnknownReference(error)) throw error;
    return errorReply(
      422,
      "unknown-reference",
      "There is no deployment with this deploymentID, or no media with this mediaID.",
    );
  }
}

function readJson(body: string): unknown {
  try {
    const document: unknown = JSON.parse(body);
    return document;
  } catch {
    throw new BadRequest(errorReply(400, "not-json", "Send the observation as a JSON object."));
  }
}

function readLimit(given: string | null): number {
  if (given === null) return usualLimit;
  const limit = /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (limit >= 1 && limit <= mostRows) return limit;
  throw new BadRequest(errorReply(400, "limit", `Give a limit from 1 to ${mostRows}.`));
}

/** A text that PostgreSQL can compare with: it refuses the character U+0000. */
function readText(given: string): string {
  if (!given.includes("\0")) return given;
  throw new BadRequest(errorReply(400, "text", "The character U+0000 cannot be part of an identifier."));
}

function readId(encoded: string): string {
  try {
    return readText(decodeURIComponent(encoded));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new BadRequest(errorReply(400, "encoding", "The identifier in the path is not percent-encoded."));
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
