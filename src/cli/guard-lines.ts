/** Guards' verdicts for people: what is not a pass, with the facts that it rests on. */
import { factLines } from "./fact-lines.ts";
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
