/**
 * The record of who may acknowledge alone, as one virtual object a database: replicated over the members of the durable
 * engine like runs and locks, so that it outlives the cloud that it is about. The rules are those of `domain/alone-note.ts`.
 */
import { handlers, object, type ObjectContext, type ObjectSharedContext } from "@restatedev/restate-sdk";
import { request } from "undici";
import { z } from "zod";
import { type AloneNote, NOBODY_ALONE, noted } from "../../domain/alone-note.ts";
import type { AloneRecord } from "../../ports/alone-record.ts";
import { refused, retryable } from "../../ports/errors.ts";

type Stored = { note: AloneNote };

async function write(ctx: ObjectContext<Stored>, order: AloneNote): Promise<{ readonly stands: boolean }> {
  const next = noted((await ctx.get("note")) ?? NOBODY_ALONE, order);
  if (next !== null) ctx.set("note", next);
  return { stands: next !== null };
}

async function read(ctx: ObjectSharedContext<Stored>): Promise<AloneNote> {
  return (await ctx.get("note")) ?? NOBODY_ALONE;
}

export const aloneObject = object({
  name: "alone",
  handlers: { write, read: handlers.object.shared(read) },
});

const note = z.object({ cloud: z.string().nullable(), epoch: z.number(), sequence: z.number() });
const written = z.object({ stands: z.boolean() });

/** The asking side, over the engine's ingress. */
export function restateAloneRecord(ingressUrl: string): AloneRecord {
  const urlOf = (database: string, handler: string) =>
    `${ingressUrl}/alone/${encodeURIComponent(database)}/${handler}`;
  return {
    read: async (database, signal) => note.parse(await call(urlOf(database, "read"), {}, signal)).cloud,
    write: async ({ database, cloud, token }, signal) => {
      const { epoch, sequence } = token;
      const answer = await call(urlOf(database, "write"), { cloud, epoch, sequence }, signal);
      if (!written.parse(answer).stands)
        throw refused("the record of who acknowledges alone has a newer token", {
          database,
          epoch,
          sequence,
        });
    },
  };
}

const WITHIN_MS = 3_000;

async function call(url: string, body: object, signal: AbortSignal): Promise<unknown> {
  let answer: { readonly status: number; readonly text: string };
  try {
    const { statusCode, body: reply } = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]),
    });
    answer = { status: statusCode, text: await reply.text() };
  } catch (error) {
    throw retryable(`the durable engine: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (answer.status === 200) return JSON.parse(answer.text);
  throw retryable(`the durable engine answered ${answer.status}`);
}
