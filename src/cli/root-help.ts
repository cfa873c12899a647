/**
 * The first page: whole commands rather than nouns, for somebody who has no time. Made from the table without the
 * parser, so that it is there at once.
 */
import { COMMANDS, GLOBAL_OPTIONS } from "./command-table.ts";
import { EXIT_MEANINGS } from "./exit.ts";

export function rootHelp(): string {
  const commands = COMMANDS.map(({ path, arguments: wanted, summary }) => {
    const words = wanted.map(({ name, optional }) => (optional ? `[${name}]` : name));
    return [[...path, ...words].join(" "), summary] as const;
  });
  const options = [
    ...GLOBAL_OPTIONS.map(({ flags, summary }) => [flags, summary] as const),
    ["-V, --version", "the program's version"],
    ["-h, --help", "this text; after a command, that command's"],
  ] as const;
  const width = Math.max(...[...commands, ...options].map(([term]) => term.length));
  const line = ([term, summary]: readonly [string, string]) => `  ${term.padEnd(width)}  ${summary}`;
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `${code} ${meaning}`);
  return [
    "Usage: wildcam COMMAND [options]",
    "",
    "Runbooks for a service in several clouds: plan, approve, run, watch, undo, prove.",
    "",
    "Commands:",
    ...commands.map(line),
    "",
    "Options:",
    ...options.map(line),
    "",
    "Exit codes:",
    ...[codes.slice(0, 5), codes.slice(5, 8), codes.slice(8)].map((some) => `  ${some.join(", ")}`),
    "",
    "Begin with: npm start, then ./wildcam status",
    "",
  ].join("\n");
}
