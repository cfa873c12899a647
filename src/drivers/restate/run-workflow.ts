/** One workflow a run, and the shared handler through which people and watchers speak to it. */
import {
  handlers,
  TerminalError,
  workflow,
  type WorkflowContext,
  type WorkflowSharedContext,
} from "@restatedev/restate-sdk";
import type { Json } from "../../domain/json.ts";
import type { Command, Journal } from "../../ports/journal.ts";
import { restateJournal } from "./journal.ts";

export type RunBody = (journal: Journal, order: Json) => Promise<Json>;

const MOST_COMMANDS = 10_000;

export function runWorkflow(body: RunBody) {
  return workflow({
    name: "run",
    handlers: {
      run: (ctx: WorkflowContext, order: Json): Promise<Json> => body(restateJournal(ctx), order),
      tell: handlers.workflow.shared(tell),
    },
  });
}

/** Resolves the first numbered promise that is still open; two callers at once may meet at one, then the later goes on. */
async function tell(ctx: WorkflowSharedContext, command: Command): Promise<{ readonly number: number }> {
  for (let number = 0; number < MOST_COMMANDS; number += 1) {
    const promise = ctx.promise<Command>(`command-${number}`);
    if ((await promise.peek()) !== undefined) continue;
    try {
      await promise.resolve(command);
      return { number };
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
    }
  }
  throw new TerminalError(`run ${ctx.key} has had ${MOST_COMMANDS} commands`);
}
