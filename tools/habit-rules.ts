// Habits of files and prose: the tables behind `npm run habits`. The checker is check-habits.ts.
// Patterns are written so that they do not match their own text.

export interface TextHabit {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly why: string;
  /** Files that the habit is about; all text files when absent. */
  readonly files?: RegExp;
}

const code = /\.(ts|js|sql|css|sh)$|^wildcam$|^\.ci\//;
const tests = /\.(test|contract)\.ts$/;

export const textHabits: readonly TextHabit[] = [
  { rule: "no-later", pattern: /\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b/g, why: "do it, or write down why not" },
  {
    rule: "no-only",
    pattern: /\b(?:test|it|describe)(?:\.\w+)*\.onl[y]\b/g,
    why: "all tests run",
    files: tests,
  },
  {
    rule: "no-skip",
    pattern: /\b(?:test|it|describe)(?:\.\w+)*\.(?:ski[p]|todo|fails|skipIf|runIf)\b/g,
    why: "a test that does not run proves nothing",
    files: tests,
  },
  { rule: "no-retry", pattern: /\bretr[y]:\s*[1-9]/g, why: "tests are not retried", files: tests },
  {
    rule: "no-machine-path",
    pattern: /(?<![\w.*~-])\/(?:work|root)\//g,
    why: "a path of somebody's machine",
  },
  {
    rule: "no-registry",
    pattern:
      /\bregistr[y]\.(?:npmjs|yarnpkg|npmmirror)\b|"resolve[d]":|\bregistr[y]\s*=\s*http|\bnpm\.pkg\.githu[b]\b/gi,
    why: "which registry is used is the machine's business",
  },
  {
    rule: "reason",
    pattern:
      /(?:oxlint|eslint)-(?:disable|enabl[e])(?![\w-]*[^\n]*? -- \S)|@ts-(?:ignor[e]|nocheck)|biome-ignor[e](?! \w+: \S)/g,
    why: "a silenced rule says why, behind ` -- `",
    files: code,
  },
];

/** Words that say nothing about what is inside, as any part of a name. */
export const emptyWords: readonly string[] = ["util", "utils", "helper", "helpers", "manager", "common"];

/** Words that do so when they are the whole name. */
export const emptyNames: readonly string[] = ["index", "misc", "shared"];

/** Names that other programs look for. */
export const givenNames: readonly string[] = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "Dockerfile",
];

export const kebabCase = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

export const linesMax = 400;
export const countsLines = /\.(ts|tsx|sql|css|sh)$/;

export const decisionSections: readonly string[] = ["Context", "Decision", "Consequences"];
