/** The body of every run: what the durable engine calls, again after each crash. */
import type { Json } from "../domain/json.ts";
import { type RunEnd, executeRun } from "../engine/execute.ts";
import { Refusal } from "../engine/failures.ts";
import type { EngineDependencies } from "../engine/run.ts";
import type { BoundRunbook, RunbookContext } from "../engine/runbook.ts";
import type { Journal } from "../ports/journal.ts";
import { findRunbook } from "../runbooks/catalogue.ts";
import { type Order, parseOrder } from "./orders.ts";
import { differences, differenceWords, type Ground, NotHere } from "./version-gate.ts";

export type RunBodyParts = {
  readonly engine: EngineDependencies;
  readonly context: RunbookContext;
  readonly here: Ground;
  /** Whether people do it by hand meanwhile. */
  readonly isTaken: (run: string) => Promise<boolean>;
  /** A run was not executed: for the log. */
  readonly left: (run: string, why: string) => void;
};

export function runBody({ engine, context, here, isTaken, left }: RunBodyParts) {
  return async (journal: Journal, raw: Json): Promise<RunEnd> => {
    const order = parseOrder(raw);
    const another = differences(order, here);
    const taken = another.length === 0 && (await isTaken(journal.run));
    if (another.length > 0 || taken) {
      const why = taken ? "people have taken it over by hand" : differenceWords(another);
      left(journal.run, why);
      throw new NotHere(journal.run, why);
    }
    const {
      runbook: _runbook,
      input: _input,
      codeVersion: _code,
      inventoryDigest: _inventory,
      ...request
    } = order;
    return await executeRun(journal, engine, boundOf(order, context), { run: journal.run, ...request });
  };
}

/** What cannot be bound is a run all the same, whose ledger says that it was refused and why. */
function boundOf({ runbook, input }: Order, context: RunbookContext): BoundRunbook {
  const binding = findRunbook(runbook)?.bind(input, context);
  if (binding?.ok === true) return binding.bound;
  const problems = binding?.problems ?? [`there is no runbook "${runbook}"`];
  return {
    name: runbook,
    input,
    locks: [],
    onObstacle: "ask",
    peopleMs: 0,
    run: async () => {
      throw new Refusal(problems.join("; "));
    },
  };
}
