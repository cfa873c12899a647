/** Fish: one `complete` a word, each with the condition under which it makes sense. */
import type { CommandSpec, OptionSpec } from "../command-spec.ts";
import { COMMANDS } from "../command-table.ts";
import {
  type Choices,
  choicesOf,
  type CompletionWords,
  firstWords,
  nameOf,
  nouns,
  optionsOf,
  takesValue,
  verbsOf,
} from "./words.ts";

export function fishCompletion(words: CompletionWords): string {
  const lines = [
    "# Completion of wildcam for fish. Made by: wildcam completion fish",
    "complete -c wildcam -f",
    ...nouns().map(
      (noun) => `complete -c wildcam -n __fish_use_subcommand -a ${noun} -d ${quoted(summaryOf(noun))}`,
    ),
    ...COMMANDS.flatMap((spec) => commandLines(spec, words)),
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines(spec: CommandSpec, words: CompletionWords): string[] {
  const [noun, verb] = spec.path;
  const when = quoted(conditionOf(spec));
  const first = firstWords(spec, words);
  const verbLine = `complete -c wildcam -n ${quoted(nounOnly(noun))} -a ${verb ?? ""} -d ${quoted(spec.summary)}`;
  return [
    ...(verb === undefined ? [] : [verbLine]),
    ...argumentLines(first, when),
    ...optionsOf(spec).map((option) => optionLine(option, when, words)),
  ];
}

function argumentLines(choices: Choices, when: string): string[] {
  if (choices === "files") return [`complete -c wildcam -n ${when} -F`];
  return choices === null || choices.length === 0
    ? []
    : [`complete -c wildcam -n ${when} -a ${quoted(choices.join(" "))}`];
}

function optionLine(option: OptionSpec, when: string, words: CompletionWords): string {
  const name = nameOf(option).replace(/^--/, "");
  const choices = choicesOf(option.values, words);
  const value = !takesValue(option)
    ? ""
    : choices === "files"
      ? " -r -F"
      : ` -x${choices === null ? "" : ` -a ${quoted(choices.join(" "))}`}`;
  return `complete -c wildcam -n ${when} -l ${name}${value} -d ${quoted(option.summary)}`;
}

function conditionOf({ path: [noun, verb] }: CommandSpec): string {
  const inNoun = `__fish_seen_subcommand_from ${noun}`;
  return verb === undefined ? nounOnly(noun) : `${inNoun}; and __fish_seen_subcommand_from ${verb}`;
}

function nounOnly(noun: string): string {
  const verbs = verbsOf(noun);
  const inNoun = `__fish_seen_subcommand_from ${noun}`;
  return verbs.length === 0 ? inNoun : `${inNoun}; and not __fish_seen_subcommand_from ${verbs.join(" ")}`;
}

function summaryOf(noun: string): string {
  return (
    COMMANDS.find(({ path }) => path.length === 1 && path[0] === noun)?.summary ?? verbsOf(noun).join(", ")
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
