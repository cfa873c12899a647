/**
 * Calls to the local world's control endpoints (edge and agents): HTTP on loopback with a bearer token.
 *
 * 1. Every call has a deadline, besides the caller's signal.
 * 2. What no answer came to is `retryable` when it only read, and `ambiguous` when it was to change something.
 * 3. A process that was frozen finds its own deadline passed before it hears the answer that came meanwhile. That says
 *    nothing of who was asked, so a read is then done once more.
 * 4. An answer that is not what was agreed on is never passed on: it counts like no answer.
 * 5. Who has let a whole deadline pass is given a short one until it answers again, or for a while, and so is who is known to
 *    be down: a cloud that is frozen or cut off must not cost every step of a run that moves away from it seconds.
 * 6. The token leaves here in the header alone. Whatever comes back is rid of it first: what listens there may be
 *    something else, that repeats what it was sent.
 */
import { Pool } from "undici";
import { z } from "zod";
import type { Secret } from "../../domain/secret.ts";
import { ambiguous, PortError, refused, retryable, terminal } from "../../ports/errors.ts";

export type ControlAddress = {
  readonly url: string;
  readonly token: Secret;
  /** For a read; left out: 3 s. */
  readonly readWithinMs?: number;
  /** Whether others have found its cloud to be down. */
  readonly isDown?: () => boolean;
};

export type ControlClient = {
  readonly read: <T>(path: string, answer: z.ZodType<T>, signal: AbortSignal) => Promise<T>;
  readonly change: <T>(request: ChangeRequest, answer: z.ZodType<T>, signal: AbortSignal) => Promise<T>;
  /** Ends its connections. */
  readonly close: () => Promise<void>;
};

export type ChangeRequest = {
  readonly method: "PUT" | "POST";
  readonly path: string;
  readonly body: unknown;
  readonly withinMs: number;
};

const readWithinMs = 3_000;
/** For who has just let a deadline pass, and for how long that is held against it. */
const afterSilenceMs = 700;
/** For who is known to be down: every read of a run that moves away from it waits for this. */
const whenDownMs = 400;
const silenceCountsMs = 15_000;
/** A deadline that is noticed later than this was not watched: the process stood still. */
const frozenAfterMs = 300;
const connectWithinMs = 1_000;
const connections = 8;

/** `who` is for messages: "the edge", "agent aws". */
export function controlClient(who: string, address: ControlAddress): ControlClient {
  const pool = poolOf(address);
  const usual = address.readWithinMs ?? readWithinMs;
  const { token } = address;
  let silentUntilMs = 0;

  async function send(
    method: "GET" | "PUT" | "POST",
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<Reply> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { authorization: `Bearer ${token.reveal()}` };
    const typed = body === undefined ? headers : { ...headers, "content-type": "application/json" };
    const answer = await pool.request({ method, path, headers: typed, signal, ...sent });
    const text = await answer.body.text();
    return { status: answer.statusCode, value: parseJson(token.hideIn(text)) };
  }

  const patienceMs = (): number => (performance.now() < silentUntilMs ? afterSilenceMs : usual);

  async function readOnce<T>(path: string, answer: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const own = AbortSignal.timeout(address.isDown?.() === true ? whenDownMs : Math.min(usual, patienceMs()));
    const bound = AbortSignal.any([signal, own]);
    const ask = async (): Promise<Reply> => await send("GET", path, undefined, bound);
    try {
      const reply = await ask().catch(async (error: unknown) => {
        // A kept connection may have died with its server; one fresh try tells.
        if (bound.aborted) throw error;
        return await ask();
      });
      silentUntilMs = 0;
      return accept(who, path, reply, answer);
    } catch (error) {
      if (own.aborted) silentUntilMs = performance.now() + silenceCountsMs;
      throw error instanceof PortError
        ? error
        : retryable(`${who} did not answer ${path}: ${token.hideIn(reasonOf(error))}`);
    }
  }

  return {
    read: async (path, answer, signal) => {
      const began = performance.now();
      try {
        return await readOnce(path, answer, signal);
      } catch (error) {
        const frozen = performance.now() - began > usual + frozenAfterMs;
        if (!frozen || signal.aborted) throw error;
        return await readOnce(path, answer, signal);
      }
    },
    close: async () => {
      await pool.destroy();
    },
    change: async ({ method, path, body, withinMs }, answer, signal) => {
      const bound = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
      try {
        return accept(who, path, await send(method, path, body, bound), answer);
      } catch (error) {
        throw error instanceof PortError
          ? error
          : ambiguous(`${who} did not answer ${path}: ${token.hideIn(reasonOf(error))}`);
      }
    },
  };
}

function poolOf({ url }: ControlAddress): Pool {
  return new Pool(url, {
    connections,
    connect: { timeout: connectWithinMs },
    // Shorter than the servers' own, so that no request is sent into a connection that is being closed.
    keepAliveTimeout: 4_000,
  });
}

type Reply = { readonly status: number; readonly value: unknown };

const told = z.object({
  error: z.object({
    kind: z.enum(["retryable", "ambiguous", "refused", "terminal"]).optional(),
    message: z.string(),
    facts: z.record(z.string(), z.unknown()).optional(),
  }),
});
/** How the edge says what is wrong with a request. */
const problem = z.object({ error: z.object({ what: z.string(), why: z.string() }) });
const facts = z.record(z.string(), z.unknown());

function accept<T>(who: string, path: string, { status, value }: Reply, answer: z.ZodType<T>): T {
  if (status >= 200 && status < 300) return answer.parse(value);
  const said = told.safeParse(value);
  const message = said.success
    ? said.data.error.message
    : `${who} answered ${path} with ${status}: ${wordsOf(value)}`;
  const given = said.success ? (said.data.error.facts ?? {}) : (facts.safeParse(value).data ?? {});
  if (said.success && said.data.error.kind !== undefined)
    throw new PortError(said.data.error.kind, message, given);
  if (status === 409) throw refused(message, given);
  if (status === 503) throw retryable(message, given);
  if (status >= 500) throw new Error(message);
  throw terminal(message, given);
}

function wordsOf(value: unknown): string {
  const said = problem.safeParse(value);
  return said.success ? `${said.data.error.what}: ${said.data.error.why}` : JSON.stringify(value);
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? `${error.code} ${error.message}` : error.message;
}
