/** Facts for people: what a refusal or a failure rests on, in words short enough to be read and checked. */
import { wrapped } from "./views/columns.ts";

const WIDTH = 92;

/** `fact: holder = run rollback-1, who olivia`, one a fact, wrapped below itself. */
export function factLines(facts: object, indent: string): string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    const [first = "", ...rest] = wrapped(`fact: ${name} = ${factText(value)}`, WIDTH - indent.length);
    return [`${indent}${first}`, ...rest.map((line) => `${indent}      ${line}`)];
  });
}

export function factText(value: unknown): string {
  if (value === null || value === undefined || value === "") return "none";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(nested).join(", ");
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([name, item]) => `${name} ${nested(item)}`)
      .join(", ");
  }
  return JSON.stringify(value);
}

function nested(value: unknown): string {
  return typeof value === "object" && value !== null ? `(${factText(value)})` : factText(value);
}
