/**
 * From words to a command of the table, without running anything. Commander does the parsing; here it is told the
 * table, kept from writing and exiting, and its errors get our form: what, why, next.
 */
import { Command, type CommanderError, Option } from "commander";
import { didYouMean } from "../domain/names.ts";
import type { CommandSpec } from "./command-spec.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "./command-table.ts";
import type { Call, Globals } from "./context.ts";
import { type CliError, malformed } from "./errors.ts";
import { rootHelp } from "./root-help.ts";

export type Parsed =
  | { readonly kind: "command"; readonly spec: CommandSpec; readonly call: Call; readonly globals: Globals }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" };

/** `words`: without the program's own. Throws `CliError` (exit 2) for what cannot be understood. */
export function parseCommandLine(words: readonly string[], columns: number): Parsed {
  const shape = new Shape(columns);
  try {
    shape.program.parse(words.length === 0 ? ["--help"] : [...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (error.code === "commander.version") return { kind: "version" };
    if (error.code === "commander.helpDisplayed") return { kind: "help", text: shape.written };
    throw reworded(error);
  }
  if (shape.found === null)
    throw malformed({ what: `nothing to do for: ${words.join(" ")}`, why: "", next: "./wildcam --help" });
  const { spec, call, common } = shape.found;
  checkOptions({ spec, call });
  return { kind: "command", spec, call, globals: globalsOf(common) };
}

class Stopped extends Error {
  readonly code: string;
  readonly path: readonly string[];

  constructor(cause: CommanderError, path: readonly string[]) {
    super(cause.message);
    this.code = cause.code;
    this.path = path;
  }
}

/** The table as commander's tree. */
class Shape {
  readonly program: Command;
  found: {
    readonly spec: CommandSpec;
    readonly call: Call;
    readonly common: Readonly<Record<string, unknown>>;
  } | null = null;
  written = "";

  constructor(columns: number) {
    this.program = new Command("wildcam");
    this.program.description(
      "Runbooks for a service in several clouds: plan, approve, run, watch, undo, prove.",
    );
    this.program.version("0", "-V, --version", "the program's version");
    this.program.configureOutput({
      writeOut: (text) => {
        this.written += text;
      },
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(columns, 100),
      getErrHelpWidth: () => Math.min(columns, 100),
    });
    for (const { flags, summary } of GLOBAL_OPTIONS) this.program.addOption(new Option(flags, summary));
    // Else an option of `run` would be taken from `run show` as well, and be ignored there. So every command has
    // the common options itself, and they may stand anywhere.
    this.program.enablePositionalOptions();
    stopInsteadOfExit(this.program, []);
    // Before the commands are made, which inherit it.
    arrangeHelp(this.program);
    for (const spec of COMMANDS) this.#add(spec);
  }

  #add(spec: CommandSpec): void {
    const [noun, verb] = spec.path;
    const parent = verb === undefined ? this.program : this.#noun(noun);
    const command = parent.command(verb ?? noun);
    command.description(spec.summary);
    for (const { name, summary, optional } of spec.arguments)
      command.argument(optional ? `[${name}]` : `<${name}>`, summary);
    for (const { flags, summary, required } of spec.options) {
      command.addOption(new Option(flags, required ? `${summary} (required)` : summary));
    }
    for (const { flags, summary } of GLOBAL_OPTIONS) command.addOption(new Option(flags, summary));
    stopInsteadOfExit(command, spec.path);
    command.enablePositionalOptions();
    // `run shwo ID` is a misspelt verb, which `run` itself can tell better than "too many arguments".
    command.allowExcessArguments(verb === undefined && noun === "run");
    command.action(() => {
      const own = new Set(spec.options.map(({ flags }) => new Option(flags).attributeName()));
      const all: Readonly<Record<string, unknown>> = command.optsWithGlobals();
      const options = Object.fromEntries(Object.entries(all).filter(([name]) => own.has(name)));
      this.found = { spec, call: { args: command.args, options }, common: all };
    });
  }

  #noun(noun: string): Command {
    const known = this.program.commands.find((command) => command.name() === noun);
    if (known !== undefined) return known;
    const made = this.program.command(noun);
    const verbs = COMMANDS.filter(({ path }) => path[0] === noun).map(({ path }) => path[1] ?? "");
    made.description(`${verbs.join(", ")}`);
    stopInsteadOfExit(made, [noun]);
    return made;
  }
}

function stopInsteadOfExit(command: Command, path: readonly string[]): void {
  command.exitOverride((error) => {
    throw new Stopped(error, path);
  });
}

/** What is required and what a value may be, as far as it can be told without the inventory. */
function checkOptions({ spec, call }: { readonly spec: CommandSpec; readonly call: Call }): void {
  const next = `./wildcam ${spec.path.join(" ")} --help`;
  for (const { flags, summary, required, values } of spec.options) {
    const option = new Option(flags);
    const value = call.options[option.attributeName()];
    if (value === undefined && required) {
      throw malformed({ what: `"${spec.path.join(" ")}" wants ${flags}`, why: summary, next });
    }
    if (typeof values !== "object") continue;
    const given: readonly unknown[] = Array.isArray(value) ? value : [value];
    const wrong = given.find((one) => typeof one === "string" && !values.includes(one));
    if (typeof wrong !== "string") continue;
    throw malformed({
      what: `${option.long ?? flags}: there is no "${wrong}"${didYouMean(wrong, values)}`,
      why: `there are: ${values.join(", ")}`,
      next,
    });
  }
}

/** Common options apart, and for the first page our own. */
function arrangeHelp(program: Command): void {
  program.configureHelp({
    showGlobalOptions: true,
    // Not those of a noun that is a command as well: `run show` takes none of `run`'s.
    visibleGlobalOptions: () => program.options.filter(({ long }) => long !== "--version"),
    visibleOptions: (command) => [...command.options.filter(({ long }) => !isCommon(long)), HELP],
  });
  program.helpInformation = rootHelp;
}

const HELP = new Option("-h, --help", "this text");

function isCommon(long: string | undefined): boolean {
  return GLOBAL_OPTIONS.some(({ flags }) => flags.split(" ")[0] === long);
}

function reworded(stopped: Stopped): CliError {
  const [first = "", ...rest] = plainMessage(stopped).split("\n");
  const next = `./wildcam ${[...stopped.path, "--help"].join(" ")}`;
  const noun = stopped.path.join(" ");
  if (stopped.code === "commander.help") {
    const verbs = verbsOf(noun);
    return malformed({
      what: `"${noun}" wants a verb: ${verbs.join(", ")}`,
      why: "a noun alone says nothing to do",
      next,
    });
  }
  if (stopped.code === "commander.unknownCommand") return unknownCommand(first, noun, next);
  const what = [first.replace(/\.$/, ""), ...rest.map((line) => line.replace(/^\((.*)\)$/, "($1)"))].join(
    " ",
  );
  return malformed({ what, why: whys[stopped.code] ?? "the command line cannot be understood", next });
}

/** Without the value of an option that there is not: it may be a token that somebody took for one. */
function plainMessage({ code, message }: Stopped): string {
  const plain = message.replace(/^error: /, "");
  return code === "commander.unknownOption"
    ? plain.replace(/(option '--?[\w-]+)=[^]*?'(?=$|\n)/, "$1'")
    : plain;
}

function unknownCommand(message: string, noun: string, next: string): CliError {
  const typed = /'(.*)'/.exec(message)?.[1] ?? "";
  const candidates = noun === "" ? [...new Set(COMMANDS.map(({ path }) => path[0]))] : verbsOf(noun);
  const what = `there is no command "${[noun, typed].join(" ").trim()}"${didYouMean(typed, candidates)}`;
  return malformed({ what, why: `there are: ${candidates.join(", ")}`, next });
}

function verbsOf(noun: string): string[] {
  return COMMANDS.flatMap(({ path }) => (path[0] === noun && path[1] !== undefined ? [path[1]] : []));
}

const whys: Readonly<Record<string, string>> = {
  "commander.unknownOption": "the command has no such option",
  "commander.missingArgument": "the command cannot guess it",
  "commander.optionMissingArgument": "the option wants a value after it",
  "commander.excessArguments": "what is not understood is not ignored",
  "commander.invalidArgument": "the value is none of those that there are",
};

function globalsOf(options: Readonly<Record<string, unknown>>): Globals {
  return {
    json: options["json"] === true,
    state: textOr(options["state"]) ?? ".wildcam",
    tokenFile: textOr(options["tokenFile"]),
    api: textOr(options["api"]),
    inventory: textOr(options["inventory"]),
  };
}

function textOr(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
