/** `runbook page NAME`: the whole procedure, with the commands to do it by hand. Needs the inventory and nothing else. */
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { argument } from "../options.ts";
import { knownRunbook } from "../runbook-order.ts";

export const runbookPage: Command = async (call, context) => {
  const name = knownRunbook(argument(call, 0));
  const { inventory } = await context.inventory();
  const markdown = await context.outside.runbookPage(name, inventory);
  context.view.show({
    kind: "runbook-page",
    data: { runbook: name, markdown },
    text: () => markdown.trimEnd().split("\n"),
  });
  return EXIT.ok;
};
