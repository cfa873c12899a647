/** How the schema's errors read: what was expected, what was found, and the nearest valid name. */
import type { z } from "zod";
import { didYouMean } from "../names.ts";

type Issue = z.core.$ZodRawIssue;

/** An error function for a schema: `expected WHAT, got VALUE`. */
export function expected(what: string): (issue: Issue) => string {
  return (issue) => `expected ${what}, got ${show(issue.input)}`;
}

/** `expected one of aws, azure, gcp, got "asw" (did you mean "aws"?)` */
export function expectedOneOf(candidates: readonly string[], value: unknown): string {
  const hint = typeof value === "string" ? didYouMean(value, candidates) : "";
  return `expected ${oneOf(candidates)}, got ${show(value)}${hint}`;
}

/**
 * An error function for a strict object. One issue may hold several unknown keys: the message has a line for each,
 * in the issue's order, and `parseInventory` gives each line its own place.
 */
export function strictErrors(valid: readonly string[]): (issue: Issue) => string | undefined {
  return (issue) => {
    if (issue.code !== "unrecognized_keys") return undefined;
    const line = (key: string) => `unknown key ${JSON.stringify(key)}${hintOrList(key, valid)}`;
    return issue.keys.map(line).join("\n");
  };
}

/** An error function for a union of objects that are told apart by one property. */
export function unionErrors(discriminator: string, values: readonly string[]) {
  return (issue: Issue): string | undefined => {
    if (issue.code !== "invalid_union") return undefined;
    const { input } = issue;
    const given: unknown =
      typeof input === "object" && input !== null ? Reflect.get(input, discriminator) : undefined;
    return expectedOneOf(values, given);
  };
}

/** The error of last resort, for whatever has none of its own. */
export function describeIssue(issue: Issue): string | undefined {
  if (issue.code === "invalid_type") {
    return `expected ${typeWords[issue.expected] ?? issue.expected}, got ${show(issue.input)}`;
  }
  if (issue.code === "invalid_value") return expectedOneOf(issue.values.map(String), issue.input);
  if (issue.code === "invalid_key") return issue.issues[0]?.message;
  return undefined;
}

/** A value for an error: short, in one line, never the whole of a large one. */
function show(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const isPlain = typeof value === "number" || typeof value === "boolean" || typeof value === "bigint";
  const text = isPlain ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const typeWords: Readonly<Record<string, string>> = {
  record: "a mapping",
  object: "a mapping",
  array: "a list",
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

function oneOf(candidates: readonly string[]): string {
  const [only, ...rest] = candidates;
  if (only === undefined) return "nothing here";
  return rest.length === 0 ? only : `one of ${candidates.join(", ")}`;
}

function hintOrList(key: string, valid: readonly string[]): string {
  return didYouMean(key, valid) || `, expected ${oneOf(valid)}`;
}
