// Style as a test: names, sizes, words and documents (the tables are habit-rules.ts).
//
// 1. It looks at every text file of the project, prose and configuration included.
// 2. What a document names must be there: paths, `npm run` scripts, `./wildcam` commands.
// 3. Generated files (`docs/runbooks/`, the lock file) are held to the words, not to the sizes.

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import {
  countsLines,
  decisionSections,
  emptyNames,
  emptyWords,
  givenNames,
  kebabCase,
  linesMax,
  textHabits,
} from "./habit-rules.ts";
import { lineAt, projectFiles, read, report, type Violation } from "./project-files.ts";

const manifest = z.object({ scripts: z.record(z.string(), z.string()) });

type Finding = Omit<Violation, "path">;

const root = process.cwd();
const files = projectFiles(root).filter((path) => !read(root, path).includes("\0"));

const violations = files.flatMap((path) => {
  const text = read(root, path);
  const findings = [...nameFindings(path), ...textFindings(path, text), ...documentFindings(path, text)];
  return findings.map((finding) => ({ path, ...finding }));
});

report("habits", violations, files.length);

function nameFindings(path: string): Finding[] {
  const name = basename(path);
  const found: Finding[] = [];
  if (!kebabCase.test(name) && !givenNames.includes(name)) {
    found.push({ line: 1, rule: "kebab-case", why: `${name} is not kebab-case` });
  }
  const stem = name.split(".")[0] ?? name;
  if (
    path.endsWith(".ts") &&
    (emptyNames.includes(stem) || emptyWords.some((word) => stem.split("-").includes(word)))
  ) {
    found.push({ line: 1, rule: "empty-name", why: `${name} does not say what is inside` });
  }
  return found;
}

function textFindings(path: string, text: string): Finding[] {
  const found: Finding[] = [];
  for (const { rule, pattern, why, files: about } of textHabits) {
    if (about !== undefined && !about.test(path)) continue;
    for (const match of text.matchAll(pattern)) {
      found.push({ line: lineAt(text, match.index), rule, why: `${match[0]}: ${why}` });
    }
  }
  const lines = text.split("\n").length - 1;
  if (countsLines.test(path) && lines > linesMax) {
    found.push({ line: linesMax + 1, rule: "max-lines", why: `${lines} lines, at most ${linesMax}` });
  }
  return found;
}

function documentFindings(path: string, text: string): Finding[] {
  if (!path.endsWith(".md")) return [];
  if (path.startsWith("docs/runbooks/")) return [];
  return [
    ...decisionFindings(path, text),
    ...pathFindings(text),
    ...scriptFindings(text),
    ...commandFindings(text),
  ];
}

function decisionFindings(path: string, text: string): Finding[] {
  if (!/^docs\/adr\/\d/.test(path)) return [];
  return decisionSections
    .filter((section) => !new RegExp(`^## ${section}\\b`, "m").test(text))
    .map((section) => ({
      line: 1,
      rule: "decision",
      why: `a decision record has a section "## ${section}"`,
    }));
}

/** Paths in backticks and links that point into the project. Those with a placeholder in them are left alone. */
function pathFindings(text: string): Finding[] {
  const named = /[`(]((?:\.\/)?(?:src|test|tools|docs|deploy)\/[\w./-]+)(?:[:#][^`)]*)?[`)]/g;
  return [...text.matchAll(named)]
    .filter(([, path = ""]) => !existsSync(join(root, path)))
    .map((match) => ({
      line: lineAt(text, match.index),
      rule: "document-path",
      why: `${match[1]} is not there`,
    }));
}

function scriptFindings(text: string): Finding[] {
  const { scripts } = manifest.parse(JSON.parse(read(root, "package.json")));
  const lifecycle = new Set(["start", "test"]);
  return [...text.matchAll(/\bnpm (?:run (?:-s )?|-s run )?([a-z][a-z:-]*)/g)]
    .filter(([whole, name = ""]) => / run /.test(whole) || lifecycle.has(name))
    .filter(([, name = ""]) => !(name in scripts))
    .map((match) => ({
      line: lineAt(text, match.index),
      rule: "document-script",
      why: `package.json has no script ${match[1]}`,
    }));
}

/** `./wildcam noun verb` must be a command's file: `noun-verb.ts`, or `noun.ts` when it takes the rest itself. */
function commandFindings(text: string): Finding[] {
  const found: Finding[] = [];
  for (const match of text.matchAll(/\.\/wildcam ([a-z][a-z-]*)(?: ([a-z][a-z-]*(?:\|[a-z][a-z-]*)*))?/g)) {
    const [, noun = "", verbs = ""] = match;
    const missing = verbs
      .split("|")
      .filter((verb) => !isCommand(noun) && !isCommand(`${noun}-${verb}`))
      .map((verb) => ({
        line: lineAt(text, match.index),
        rule: "document-command",
        why: `there is no command wildcam ${noun} ${verb}`.trim(),
      }));
    found.push(...missing);
  }
  return found;
}

function isCommand(name: string): boolean {
  return existsSync(join(root, `src/cli/commands/${name}.ts`));
}
