/**
 * Errors as people see them, the one place for them: what happened, why, and the next command.
 * Everything that a command throws ends in `problemOf`; what is not a `CliError` is a fault of this program.
 */
import type { JsonObject } from "../domain/json.ts";
import { UnknownName } from "../domain/names.ts";
import { EXIT, type Exit } from "./exit.ts";

export type Problem = {
  readonly exit: Exit;
  /** One word for scripts: `malformed`, `refused`, `unreachable`, ... */
  readonly code: string;
  readonly what: string;
  readonly why: string;
  /** A command, or words where there is none. */
  readonly next: string;
  readonly facts: JsonObject;
};

type Words = {
  readonly what: string;
  readonly why: string;
  readonly next: string;
  readonly facts?: JsonObject;
};

export class CliError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.what);
    this.name = "CliError";
    this.problem = problem;
  }
}

const error = (exit: Exit, code: string, words: Words): CliError =>
  new CliError({ exit, code, what: words.what, why: words.why, next: words.next, facts: words.facts ?? {} });

export const malformed = (words: Words): CliError => error(EXIT.malformed, "malformed", words);
export const refused = (words: Words): CliError => error(EXIT.refused, "refused", words);
export const notAllowed = (words: Words): CliError => error(EXIT.notAllowed, "not-allowed", words);
export const unreachable = (words: Words): CliError => error(EXIT.unreachable, "unreachable", words);
export const interrupted = (): CliError =>
  error(EXIT.interrupted, "interrupted", { what: "you have left", why: "Ctrl-C", next: "" });
export const failed = (words: Words): CliError => error(EXIT.failed, "failed", words);

export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof CliError) return thrown.problem;
  if (thrown instanceof UnknownName) {
    const why = "names are those of the inventory and of the command table";
    return malformed({ what: thrown.message, why, next: "./wildcam --help" }).problem;
  }
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  const why = "a fault of this program, or of what it was told to start";
  return failed({ what, why, next: "./wildcam local status" }).problem;
}
