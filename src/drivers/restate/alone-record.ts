/**
 * The record of who may acknowledge alone, as one virtual object a database: replicated over the members of the durable
 * engine like runs and locks, so that it outlives the cloud that it is about. The rules are those of `domain/alone-note.ts`.
 */
import { handlers, object, type ObjectContext, type ObjectSharedContext } from "@restatedev/restate-sdk";
import { z } from "zod";
import { type AloneNote, NOBODY_ALONE, noted } from "../../domain/alone-note.ts";
import type { AloneRecord } from "../../ports/alone-record.ts";
import { refused } from "../../ports/errors.ts";
import { callObject } from "./call-object.ts";

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

/** The asking side, over the ingress of any engine: this member's own first. */
export function restateAloneRecord(...ingressUrls: readonly string[]): AloneRecord {
  const ask = async (database: string, handler: string, order: object, signal: AbortSignal) =>
    await callObject(ingressUrls, `/alone/${encodeURIComponent(database)}/${handler}`, { order, signal });
  return {
    read: async (database, signal) => note.parse(await ask(database, "read", {}, signal)).cloud,
    write: async ({ database, cloud, token }, signal) => {
      const { epoch, sequence } = token;
      const answer = await ask(database, "write", { cloud, epoch, sequence }, signal);
      if (!written.parse(answer).stands)
        throw refused("the record of who acknowledges alone has a newer token", {
          database,
          epoch,
          sequence,
        });
    },
  };
}
