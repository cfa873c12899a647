/**
 * Undo: acts in reverse, from where the run stands to the last good point.
 *
 * Invariants
 * 1. Each undo is an act like any other: guarded, keyed, proved; and it acts only where the world is as ours left it.
 * 2. One that cannot be done stops the undo there: what is left is said, locks are kept, people are told.
 */
import type { JsonObject } from "../domain/json.ts";
import { Drifted, Refusal, StepFailed } from "./failures.ts";
import { performActs } from "./perform.ts";
import type { Run } from "./run.ts";

export type UndoOutcome =
  | { readonly complete: true }
  | { readonly complete: false; readonly why: string; readonly left: readonly string[] };

export async function undoToLastGoodPoint(run: Run): Promise<UndoOutcome> {
  if (run.begun.length === 0) return { complete: true };
  run.record.note("undo-started", { acts: run.begun.map(({ act }) => act.title).reverse() });
  for (let last = run.begun.at(-1); last !== undefined; last = run.begun.at(-1)) {
    const inverse = last.act.undo(last.before);
    if (inverse === "never") return incomplete(run, `"${last.act.title}" cannot be taken back`);
    if (inverse !== null) {
      try {
        await performActs(run, [inverse], "undo");
      } catch (error) {
        if (!(error instanceof StepFailed || error instanceof Refusal)) throw error;
        return incomplete(
          run,
          error instanceof Drifted ? `somebody else changed it: ${error.message}` : error.message,
          error.facts,
        );
      }
    }
    run.begun.pop();
  }
  run.record.note("undone", {});
  return { complete: true };
}

function incomplete(run: Run, why: string, facts: JsonObject = {}): UndoOutcome {
  const left = run.begun.map(({ act }) => act.title).reverse();
  run.record.note("undo-failed", { why, facts, left });
  return { complete: false, why, left };
}
