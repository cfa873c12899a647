/** The body of `POST /v1/database/:act`: a token and what the act needs besides. */
import { z } from "zod";
import type { DatabaseAct } from "../../../../ports/databases.ts";

// A slot's name is PostgreSQL's own rule; the names of synchronous standbys are a list that PostgreSQL parses itself.
const slot = z
  .string()
  .regex(/^[a-z0-9_]{1,63}$/, { error: "expected lower-case letters, digits and underscores, at most 63" });

const databaseAct = z.discriminatedUnion("act", [
  z.strictObject({ act: z.literal("block-writes") }),
  z.strictObject({ act: z.literal("unblock-writes") }),
  z.strictObject({ act: z.literal("stop-cleanly") }),
  z.strictObject({ act: z.literal("start-as-primary") }),
  z.strictObject({ act: z.literal("promote") }),
  z.strictObject({ act: z.literal("follow"), primary: z.string(), slot }),
  z.strictObject({ act: z.literal("detach"), slot }),
  z.strictObject({ act: z.literal("attach"), primary: z.string(), slot }),
  z.strictObject({ act: z.literal("rebuild"), primary: z.string(), slot }),
  z.strictObject({ act: z.literal("create-slot"), slot }),
  z.strictObject({ act: z.literal("drop-slot"), slot }),
  z.strictObject({ act: z.literal("set-synchronous"), names: z.string().max(1_000) }),
]);

/** Throws a ZodError that says what was expected. */
export function parseDatabaseAct(value: unknown): DatabaseAct {
  return databaseAct.parse(value);
}
