/** The body of every run: what the durable engine calls, again after each crash. */
import type { Json } from "../domain/json.ts";
import { type RunEnd, executeRun } from "../engine/execute.ts";
import type { EngineDependencies } from "../engine/run.ts";
import type { RunbookContext } from "../engine/runbook.ts";
import type { Journal } from "../ports/journal.ts";
import { findRunbook } from "../runbooks/catalogue.ts";
import { parseOrder } from "./orders.ts";

export function runBody(engine: EngineDependencies, context: RunbookContext) {
  return async (journal: Journal, raw: Json): Promise<RunEnd> => {
    const order = parseOrder(raw);
    const binding = findRunbook(order.runbook)?.bind(order.input, context);
    if (binding === undefined || !binding.ok) {
      const problems = binding?.problems ?? [`there is no runbook "${order.runbook}"`];
      return { outcome: "failed", why: problems.join("; "), facts: {} };
    }
    const { runbook: _runbook, input: _input, ...request } = order;
    return await executeRun(journal, engine, binding.bound, { run: journal.run, ...request });
  };
}
