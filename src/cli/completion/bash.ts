/** Bash: one function over the words so far; no bash-completion package is needed. */
import { COMMANDS } from "../command-table.ts";
import {
  type Choices,
  type CompletionWords,
  firstWords,
  nameOf,
  nouns,
  optionsOf,
  valuedOptions,
  verbsOf,
} from "./words.ts";

export function bashCompletion(words: CompletionWords): string {
  return `# Completion of wildcam for bash. Made by: wildcam completion bash
_wildcam() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at=\${COMP_WORDS[1]}
  local words= options=
  case "$at $prev" in
${valuedOptions(words)
  .map(([pattern, choices]) => `    ${pattern}) ${reply(choices)}; return ;;`)
  .join("\n")}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${[...nouns(), "--help", "--version"].join(" ")}" -- "$cur")); return; fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${verbPatterns()}
  esac
  case $at in
${COMMANDS.map((spec) => caseOf(spec.path.join(" "), firstWords(spec, words), optionsOf(spec).map(nameOf))).join("\n")}
${nounsAlone()}
  esac
  case $cur in
    -*) COMPREPLY=($(compgen -W "$options --help" -- "$cur")) ;;
    *) if [ "$words" = FILES ]; then COMPREPLY=($(compgen -f -- "$cur")); else COMPREPLY=($(compgen -W "$words" -- "$cur")); fi ;;
  esac
}
complete -o filenames -F _wildcam wildcam ./wildcam
`;
}

function reply(choices: Choices): string {
  if (choices === "files") return 'COMPREPLY=($(compgen -f -- "$cur"))';
  return `COMPREPLY=($(compgen -W "${(choices ?? []).join(" ")}" -- "$cur"))`;
}

function verbPatterns(): string {
  return nouns()
    .flatMap((noun) => verbsOf(noun).map((verb) => `"${noun} ${verb}"`))
    .map((pattern) => `    ${pattern}) [ "$COMP_CWORD" -gt 2 ] && at=${pattern} ;;`)
    .join("\n");
}

function caseOf(path: string, first: Choices, options: readonly string[]): string {
  const words = first === "files" ? "FILES" : (first ?? []).join(" ");
  return `    "${path}") words="${words}" options="${options.join(" ")}" ;;`;
}

/** Nouns that are no commands themselves. */
function nounsAlone(): string {
  const alone = nouns().filter((noun) => !COMMANDS.some(({ path }) => path.length === 1 && path[0] === noun));
  return alone.map((noun) => `    ${noun}) words="${verbsOf(noun).join(" ")}" ;;`).join("\n");
}
