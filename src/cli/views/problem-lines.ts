/** An error as people see it: what happened, why, on what facts, and the next command. */
import type { Problem } from "../errors.ts";
import { factLines } from "../fact-lines.ts";

/** Lines for standard error, without a trailing line feed. Facts come one a line, so that each can be checked. */
export function problemLines({ what, why, next, facts }: Problem): string[] {
  const [first = "", ...rest] = what.split("\n");
  const lines = [`wildcam: ${first}`, ...rest.map((line) => `  ${line}`)];
  if (why !== "") lines.push(...indent("why:   ", why));
  lines.push(...factLines(facts, "  "));
  if (next !== "") lines.push(...indent("next:  ", next));
  return lines;
}

function indent(label: string, text: string): string[] {
  const [first = "", ...rest] = text.split("\n");
  return [`  ${label}${first}`, ...rest.map((line) => `  ${" ".repeat(label.length)}${line}`)];
}
