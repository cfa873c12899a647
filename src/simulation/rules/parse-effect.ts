/** What an effect was to bring about, read from its plain parameters. */
import { z } from "zod";
import type { Json, JsonObject } from "../../domain/json.ts";
import type { Cloud } from "../../domain/snapshot.ts";

const object = z.record(z.string(), z.json());
const steady = z.object({
  primary: z.boolean(),
  writesBlocked: z.boolean(),
  follows: z.string().nullable(),
  synchronousNames: z.string(),
  slots: z.array(z.string()),
});
const weights = z.record(z.string(), z.number());

/** Throws ZodError for parameters that no act has. */
export function params(raw: Json): JsonObject {
  return object.parse(raw);
}

/** The weights of a `set-weights`, and what they were as its effect has kept it. */
export function weightsOf(effect: { readonly params: Json; readonly before: string }): {
  readonly wanted: Readonly<Record<Cloud, number>>;
  readonly before: Readonly<Record<Cloud, number>>;
} {
  const wanted = weights.parse(params(effect.params)["weights"]);
  return { wanted, before: weights.parse(JSON.parse(effect.before)) };
}

/** Of a member's state, as an effect has kept it, what only somebody's act changes. */
export function steadyOf(state: string): JsonObject {
  return steady.parse(JSON.parse(state));
}

/** Empty where the parameters do not name it. */
export function nameIn(wanted: JsonObject, key: string): string {
  const value = wanted[key];
  return typeof value === "string" ? value : "";
}
