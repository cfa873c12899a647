/** `completion SHELL`: a script made from the command table and the inventory's names. */
import { didYouMean } from "../../domain/names.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import type { CompletionWords } from "../completion/words.ts";
import { zshCompletion } from "../completion/zsh.ts";
import type { Command, Context } from "../context.ts";
import { CliError, malformed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { argument } from "../options.ts";

const SHELLS: Readonly<Record<string, (words: CompletionWords) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

const INSTALL: Readonly<Record<string, string>> = {
  bash: "source <(./wildcam completion bash)",
  zsh: "source <(./wildcam completion zsh)",
  fish: "./wildcam completion fish | source",
};

export const completion: Command = async (call, context) => {
  const shell = argument(call, 0);
  const script = SHELLS[shell]?.(await wordsOf(context));
  if (script === undefined) {
    throw malformed({
      what: `there is no completion for "${shell}"${didYouMean(shell, Object.keys(SHELLS))}`,
      why: `there are: ${Object.keys(SHELLS).join(", ")}`,
      next: "./wildcam completion bash",
    });
  }
  context.view.show({
    kind: "completion",
    data: { shell, script },
    text: () => script.trimEnd().split("\n"),
  });
  if (context.io.terminal.interactive) context.view.message(`To use it: ${INSTALL[shell] ?? ""}`);
  return EXIT.ok;
};

/** Names are a help: without an inventory the script still completes commands and flags. */
async function wordsOf(context: Context): Promise<CompletionWords> {
  try {
    const { inventory } = await context.inventory();
    return { clouds: Object.keys(inventory.clouds), profiles: Object.keys(inventory.profiles) };
  } catch (error) {
    if (error instanceof CliError) return { clouds: [], profiles: [] };
    throw error;
  }
}
