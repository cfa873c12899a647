/** `run abandon RUN --why TEXT`: ends a run with the world as it stands, and gives its locks back. */
import type { Command } from "../context.ts";
import { malformed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { argument, textOption } from "../options.ts";

export const runAbandon: Command = async (call, context) => {
  const run = argument(call, 0);
  const why = textOption(call, "why")?.trim() ?? "";
  if (why === "") {
    throw malformed({
      what: "--why wants a reason",
      why: "it stays in the run's ledger: whoever finds the world as it stands needs to know",
      next: "./wildcam run abandon --help",
    });
  }
  const api = await context.api();
  const abandoned = await api.abandon(run, why);
  const { ended, locksGivenBack, inDoubt, sheet } = abandoned;
  context.view.show({
    kind: "run-abandoned",
    data: abandoned,
    text: () => [
      ended ? `${run} is ended: cancelled. Nothing was undone.` : `${run} had ended before.`,
      `locks given back: ${locksGivenBack.length === 0 ? "none" : locksGivenBack.join(", ")}`,
      ...inDoubt.map((act) => `look whether this has happened: ${act}`),
      `what is left by hand: ${sheet}`,
    ],
  });
  context.view.message(`next: ${context.again(["status"])}`);
  return EXIT.ok;
};
