/** Guards' verdicts for people: what is not a pass, with the facts that it rests on. */
import { factLines, factText } from "./fact-lines.ts";
import type { Json } from "../domain/json.ts";
import { wrapped } from "./views/columns.ts";

// Leaves room for the indent of a plan.
const WIDTH = 82;

type Verdict = {
  readonly guard: string;
  readonly verdict: string;
  readonly why: string;
  readonly facts: object;
};

/** `guard capacity-for-the-shift refuses: ...` and its facts below; passes say nothing. */
export function guardLines(verdicts: readonly Verdict[], indent: string): string[] {
  return verdicts
    .filter(({ verdict }) => verdict !== "pass")
    .flatMap(({ guard, verdict, why, facts }) => [
      ...wrapped(`guard ${guard} ${verdict === "refuse" ? "refuses" : "warns"}: ${why}`, WIDTH).map(
        (line, index) => `${indent}${index === 0 ? "" : "  "}${line}`,
      ),
      ...factLines(facts, `${indent}  `),
    ]);
}

/** Longer than this, facts of a pass stand in the JSON only: for capacity a plan has a line of its own. */
const SHORT = 48;
/** What the act's own changes say. */
const TOLD: ReadonlySet<string> = new Set(["weights"]);

/**
 * Passes of a whole plan, with what their guards saw where that is short: a line for an act at which any of them saw something
 * that it had not seen at the last one. A page of passes that all say the same would hide those that do not.
 */
export class GuardPasses {
  readonly #seen = new Map<string, string>();

  lines(verdicts: readonly Verdict[]): string[] {
    const passes = verdicts.filter(({ verdict }) => verdict === "pass");
    const said = passes.map(({ guard, facts }) => ({ guard, text: shortText(facts) }));
    const isNew = said.some(({ guard, text }) => text !== "" && this.#seen.get(guard) !== text);
    for (const { guard, text } of said) this.#seen.set(guard, text);
    if (!isNew) return [];
    const all = said.map(({ guard, text }) => (text === "" ? guard : `${guard} (${text})`)).join(", ");
    return wrapped(`guards pass: ${all}`, WIDTH).map((line, index) => `${index === 0 ? "" : "  "}${line}`);
  }
}

function shortText(facts: object): string {
  const text = Object.entries(facts)
    .filter(([name]) => !TOLD.has(name))
    .map(([name, value]) => `${name} ${factText(value)}`)
    .join(", ");
  return text.length <= SHORT ? text : "";
}

export function isGuardList(value: Json | undefined | readonly Verdict[]): value is readonly Verdict[] {
  return Array.isArray(value) && value.every(isVerdict);
}

function isVerdict(value: unknown): value is Verdict {
  if (typeof value !== "object" || value === null) return false;
  return (
    "guard" in value &&
    "verdict" in value &&
    "why" in value &&
    "facts" in value &&
    typeof value.facts === "object" &&
    value.facts !== null
  );
}
