/** One command line from words to exit code: parse, choose a view, load the command, say what went wrong. */
import type { Io, Outside } from "./context.ts";
import { problemOf } from "./errors.ts";
import { EXIT, type Exit } from "./exit.ts";
import type { Parsed } from "./parse-command-line.ts";
import { rootHelp } from "./root-help.ts";
import type { View } from "./views/view.ts";

export type Parts = {
  readonly io: Io;
  readonly outside: () => Promise<Outside>;
  readonly version: () => string;
};

/** `words`: without the program's own. Never throws: what goes wrong is said and is an exit code. */
export async function runCommandLine(words: readonly string[], parts: Parts): Promise<Exit> {
  const { io, version } = parts;
  try {
    if (isPlainHelp(words)) {
      io.out(rootHelp());
      return EXIT.ok;
    }
    // Loaded step by step, here and below: nobody waits for what is not used.
    const { parseCommandLine } = await import("./parse-command-line.ts");
    const parsed = parseCommandLine(words, io.terminal.columns);
    switch (parsed.kind) {
      case "help":
        io.out(parsed.text);
        return EXIT.ok;
      case "version":
        io.out(`${version()}\n`);
        return EXIT.ok;
      case "command":
        return await runCommand(parsed, parts);
      default:
        return parsed satisfies never;
    }
  } catch (error) {
    const problem = problemOf(error);
    const view = await viewFor(io, words.includes("--json"));
    view.fail(problem);
    view.close();
    return problem.exit;
  }
}

function isPlainHelp(words: readonly string[]): boolean {
  const [only, ...more] = words;
  return more.length === 0 && (only === undefined || only === "--help" || only === "-h" || only === "help");
}

async function runCommand(
  { spec, call, globals }: Extract<Parsed, { kind: "command" }>,
  { io, outside }: Parts,
): Promise<Exit> {
  const { contextOf } = await import("./make-context.ts");
  const view = await viewFor(io, globals.json);
  try {
    const command = await spec.load();
    return await command(call, contextOf({ io, outside: await outside(), view, globals }));
  } finally {
    view.close();
  }
}

async function viewFor(io: Io, json: boolean): Promise<View> {
  if (json) return (await import("./views/json.ts")).jsonView(io);
  if (io.terminal.interactive) return (await import("./views/live.ts")).liveView(io);
  return (await import("./views/plain.ts")).plainView(io);
}
