/**
 * Who calls, found out before anything else of a request is looked at, and what is kept of a call that was refused.
 *
 * 1. No handler runs, and no body is parsed, for a caller who is not known; but for the one that says that it is there.
 * 2. A token in an address is refused also beside a good header: addresses end up in logs and histories.
 * 3. Of a refused call the route is kept, not its address; of what it names only what has the form of a name.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { personNamePattern } from "../../domain/people.ts";
import type { Audit } from "../audit.ts";
import { type Caller, requireRole, Unauthenticated } from "../identity.ts";
import type { Registry } from "../people.ts";
import { ApiError } from "./errors.ts";

/** The one address that answers anybody. */
export const ALIVE = "/v1/alive";

const callers = new WeakMap<FastifyRequest, Caller>();

const TOKEN_KEYS =
  /^(access[-_]?|id[-_]?|auth[-_]?)?token$|^authorization$|^api[-_]?key$|^password$|^bearer$/i;

export function identifyCallers(app: FastifyInstance, people: Registry): void {
  app.addHook("onRequest", async (request) => {
    // Other members ask whether this one lives, of which there is nothing to hide and nothing to note.
    if (request.routeOptions.url === ALIVE) return;
    await people.catchUp();
    const caller = people.callerOf(request.headers.authorization);
    callers.set(request, caller);
    const [, query = ""] = request.url.split("?");
    if (![...new URLSearchParams(query).keys()].some((key) => TOKEN_KEYS.test(key))) return;
    throw new ApiError("malformed", {
      what: "a token came in the address",
      why: "addresses are kept in logs and histories; a token is taken from the header Authorization alone",
      next: "have that token revoked: wildcam people revoke NAME",
    });
  });
}

/** The one who calls, and may look. */
export function viewerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) {
    throw new Unauthenticated(null, "nobody is known to call", "every call needs a person's token");
  }
  requireRole(caller, "viewer");
  return caller;
}

const REFUSALS: ReadonlySet<string> = new Set([
  "malformed",
  "unauthenticated",
  "not-allowed",
  "not-found",
  "refused",
]);

export async function noteRefusal(audit: Audit, request: FastifyRequest, error: ApiError): Promise<void> {
  if (!REFUSALS.has(error.code)) return;
  const caller = callers.get(request);
  const holder = error instanceof Unauthenticated ? error.who : null;
  // What is malformed is not repeated: its words may hold what was in the body.
  const { what, why } = error.words;
  await audit.refused({
    by: caller?.name ?? holder,
    known: caller !== undefined,
    tried: `${request.method} ${request.is404 ? "an address that is not there" : (request.routeOptions.url ?? "")}`,
    target: targetOf(request.params),
    code: error.code,
    why: (error.code === "malformed" ? why : what).slice(0, 300),
    from: request.ip,
  });
}

function targetOf(parameters: unknown): string | null {
  if (typeof parameters !== "object" || parameters === null) return null;
  const named: unknown = Reflect.get(parameters, "id") ?? Reflect.get(parameters, "name");
  return typeof named === "string" && named.length <= 100 && isName(named) ? named : null;
}

function isName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]*$/.test(text) || personNamePattern.test(text);
}
