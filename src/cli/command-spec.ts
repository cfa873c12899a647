/** What a command says of itself: the rows of the table in `command-table.ts`. */
import type { Command } from "./context.ts";

/** What a value may be; `clouds`, `profiles` and `files` are known only to the inventory or the disk. */
export type Values = readonly string[] | "clouds" | "profiles" | "files";

export type OptionSpec = {
  readonly flags: string;
  readonly summary: string;
  /** Looked at after parsing: commander would ask `run show` for what `run` requires. */
  readonly required?: true;
  readonly values?: Values;
};

export type ArgumentSpec = {
  readonly name: string;
  readonly summary: string;
  readonly optional?: true;
  readonly values?: Values;
};

export type CommandSpec = {
  readonly path: readonly [noun: string, ...verb: string[]];
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  load(): Promise<Command>;
};
