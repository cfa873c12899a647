/** `run show RUN`: where a run stands, on what facts, and what is left of it by hand. */
import { waitsForApproval } from "../../domain/waiting.ts";
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { followRun } from "../follow.ts";
import { argument, flag } from "../options.ts";
import { runDocument } from "../run-document.ts";
import { waitingLines } from "../waiting.ts";

export const runShow: Command = async (call, context) => {
  const run = argument(call, 0);
  if (flag(call, "follow")) return followRun({ run, fresh: "no" }, context);
  const api = await context.api();
  const answer = await api.run(run);
  context.view.show(runDocument(answer, context));
  if (waitsForApproval(answer.view)) {
    for (const line of await waitingLines(answer.view, context)) context.view.message(line);
  }
  // Looking has succeeded, however the run has ended; `--follow` answers with the run's own code.
  return EXIT.ok;
};
