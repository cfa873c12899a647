/** What the shells' scripts are made of: the command table with every value that can be named now. */
import type { CommandSpec, OptionSpec, Values } from "../command-spec.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "../command-table.ts";

export type CompletionWords = { readonly clouds: readonly string[]; readonly profiles: readonly string[] };

/** Words to choose from, `files` for paths, null for what only a person knows. */
export type Choices = readonly string[] | "files" | null;

export function choicesOf(values: Values | undefined, { clouds, profiles }: CompletionWords): Choices {
  if (values === undefined) return null;
  if (values === "clouds") return clouds;
  if (values === "profiles") return profiles;
  return values;
}

/** `--from` of `--from <CLOUD>`. */
export function nameOf({ flags }: OptionSpec): string {
  return flags.split(" ")[0] ?? flags;
}

export function takesValue({ flags }: OptionSpec): boolean {
  return flags.includes("<");
}

/** A command's own options and the common ones. */
export function optionsOf({ options }: CommandSpec): OptionSpec[] {
  return [...options, ...GLOBAL_OPTIONS];
}

export function nouns(): string[] {
  return [...new Set(COMMANDS.map(({ path }) => path[0]))];
}

export function verbsOf(noun: string): string[] {
  return COMMANDS.flatMap(({ path }) => (path[0] === noun && path[1] !== undefined ? [path[1]] : []));
}

/**
 * Options with a value, by shell pattern of "noun option", in the order to try them. A name means the same everywhere,
 * but for those nouns that say otherwise: `--from` is a cloud, and a folder of `ledger`.
 */
export function valuedOptions(words: CompletionWords): (readonly [pattern: string, choices: Choices])[] {
  const usual = new Map<string, OptionSpec["values"]>();
  const special = new Map<string, Choices>();
  for (const spec of COMMANDS) {
    for (const option of optionsOf(spec).filter(takesValue)) {
      const name = nameOf(option);
      if (!usual.has(name)) usual.set(name, option.values);
      if (usual.get(name) !== option.values)
        special.set(`"${spec.path[0]} ${name}"`, choicesOf(option.values, words));
    }
  }
  return [
    ...special,
    ...[...usual].map(([name, values]) => [`*" ${name}"`, choicesOf(values, words)] as const),
  ];
}

/** What may stand in the first free place of a command: its argument's values, and verbs where it is a noun too. */
export function firstWords(spec: CommandSpec, words: CompletionWords): Choices {
  const own = choicesOf(spec.arguments[0]?.values, words);
  const verbs = spec.path.length === 1 ? verbsOf(spec.path[0]) : [];
  if (own === null || own === "files") return verbs.length === 0 ? own : verbs;
  return [...own, ...verbs];
}
