/** `runbook list`: the procedures that the orchestrator can run. */
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { columns } from "../views/columns.ts";

export const runbookList: Command = async (_call, context) => {
  const api = await context.api();
  const runbooks = await api.runbooks();
  context.view.show({
    kind: "runbooks",
    data: { runbooks },
    text: () =>
      columns([["RUNBOOK", "WHAT IT DOES"], ...runbooks.map(({ name, summary }) => [name, summary])]),
  });
  return EXIT.ok;
};
