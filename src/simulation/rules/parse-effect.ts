/** What an effect was to bring about, read from its plain parameters. */
import { z } from "zod";
import type { Json, JsonObject } from "../../domain/json.ts";
import type { Cloud } from "../../domain/snapshot.ts";

const steady = z.object({
  primary: z.boolean(),
  writesBlocked: z.boolean(),
  follows: z.string().nullable(),
  synchronousNames: z.string(),
  slots: z.array(z.string()),
});
const weights = z.record(z.string(), z.number());

/** Read for every effect, by several rules: what is in them each rule looks at itself. Throws TypeError for no parameters. */
export function params(raw: Json): JsonObject {
  if (!isObject(raw)) throw new TypeError(`${JSON.stringify(raw)} are no parameters of an act`);
  return raw;
}

function isObject(raw: Json): raw is JsonObject {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
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
