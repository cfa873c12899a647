/** Zsh: the words with their summaries through `_describe`, so that what each does is seen while choosing. */
import type { CommandSpec } from "../command-spec.ts";
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

export function zshCompletion(words: CompletionWords): string {
  return `#compdef wildcam ./wildcam
# Completion of wildcam for zsh. Made by: wildcam completion zsh
_wildcam() {
  local at=\${words[2]} prev=\${words[CURRENT-1]}
  local -a candidates
  case "$at $prev" in
${valuedOptions(words)
  .map(([pattern, choices]) => `    ${pattern}) ${reply(choices)}; return ;;`)
  .join("\n")}
  esac
  if (( CURRENT == 2 )); then
    candidates=(${nouns()
      .map((noun) => described(noun, nounSummary(noun)))
      .join(" ")})
    _describe -t commands command candidates
    return
  fi
  (( CURRENT > 3 )) && case "\${words[2]} \${words[3]}" in
${COMMANDS.filter(({ path }) => path.length === 2)
  .map(({ path }) => `    "${path.join(" ")}") at="${path.join(" ")}" ;;`)
  .join("\n")}
  esac
  case $at in
${COMMANDS.map((spec) => caseOf(spec, words)).join("\n")}
${nounsAlone()}
  esac
  (( \${#candidates} )) && _describe -t words word candidates
}
compdef _wildcam wildcam ./wildcam
`;
}

function reply(choices: Choices): string {
  if (choices === "files") return "_files";
  return `compadd -- ${(choices ?? []).join(" ")}`.trimEnd();
}

function caseOf(spec: CommandSpec, words: CompletionWords): string {
  const first = firstWords(spec, words);
  const options = optionsOf(spec).map((option) => described(nameOf(option), option.summary));
  const own = first === "files" || first === null ? [] : first.map((word) => described(word, ""));
  const files = first === "files" ? " _files ;" : "";
  return `    "${spec.path.join(" ")}")${files} candidates=(${[...own, ...options].join(" ")}) ;;`;
}

function nounsAlone(): string {
  const alone = nouns().filter((noun) => !COMMANDS.some(({ path }) => path.length === 1 && path[0] === noun));
  return alone.map((noun) => `    ${noun}) candidates=(${verbsOf(noun).join(" ")}) ;;`).join("\n");
}

function nounSummary(noun: string): string {
  const own = COMMANDS.find(({ path }) => path.length === 1 && path[0] === noun);
  return own?.summary ?? verbsOf(noun).join(", ");
}

/** `'word:summary'`: a colon in the word would end it, a quote the string. */
function described(word: string, summary: string): string {
  const text = summary === "" ? word : `${word}:${summary}`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
