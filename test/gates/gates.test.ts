// Every gate can fail: each runs, as `npm run verify` would run it, on a small good project and on that project with a
// deliberately bad folder laid over it. A bad file says which rules it breaks in `expect:` comments.

import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";

const root = join(import.meta.dirname, "../..");
const fixtures = join(import.meta.dirname, "fixtures");
const configs = [
  ".gitignore",
  ".oxlintrc.json",
  "biome.json",
  "knip.json",
  "tsconfig.json",
  "vitest.config.ts",
];
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

interface Gate {
  readonly script: string;
  readonly fixture: string;
  /** Added to the script's command, for output with a line a violation. */
  readonly flags?: string;
  /** Whether the output says that this file breaks this rule. */
  readonly names: (output: string, path: string, rule: string) => boolean;
}

const onOneLine = (output: string, path: string, rule: string): boolean =>
  output.split("\n").some((line) => line.startsWith(path) && line.includes(rule));

const gates: readonly Gate[] = [
  {
    script: "lint",
    fixture: "bad-lint",
    flags: "-f unix",
    names: (output, path, rule) =>
      onOneLine(output, path, rule === "unused-directive" ? "Unused" : `(${rule})`),
  },
  { script: "typecheck", fixture: "bad-typecheck", flags: "--pretty false", names: onOneLine },
  {
    script: "boundaries",
    fixture: "bad-boundaries",
    names: (output, path, rule) => onOneLine(output, path, ` ${rule}: `),
  },
  { script: "format:check", fixture: "bad-format", names: onOneLine },
  {
    script: "dead-code",
    fixture: "bad-dead-code",
    flags: "--reporter json",
    names: (output, path, rule) => {
      const { issues } = z
        .object({ issues: z.array(z.looseObject({ file: z.string() })) })
        .parse(JSON.parse(output));
      return issues.some(
        (issue) => issue.file === path && z.array(z.unknown()).min(1).safeParse(issue[rule]).success,
      );
    },
  },
  {
    script: "habits",
    fixture: "bad-habits",
    names: (output, path, rule) => onOneLine(output, path, ` ${rule}: `),
  },
  {
    script: "test",
    fixture: "bad-test",
    names: (output, path, rule) =>
      output.split("\n").some((line) => line.trim().startsWith(rule) && line.includes(` ${path}`)),
  },
];

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

describe.concurrent("each gate", () => {
  for (const gate of gates) {
    test(`${gate.script} lets a good project pass`, async () => {
      const { code, output } = await run(gate, project());
      expect({ code, output }).toMatchObject({ code: 0 });
    });

    test(`${gate.script} stops a bad project and names what is broken where`, async () => {
      const { code, output } = await run(gate, project(gate.fixture));
      expect(code).not.toBe(0);
      const expected = expectations(gate.fixture);
      expect(expected.length).toBeGreaterThan(0);
      const missing = expected.filter(({ path, rule }) => !gate.names(output, path, rule));
      expect({ missing, output }).toMatchObject({ missing: [] });
    });
  }
});

test("every rule that the linter's configuration sets has a line that breaks it", () => {
  const configured = readFileSync(join(root, ".oxlintrc.json"), "utf8").matchAll(
    /"\w+\/([\w-]+)": (?:"error"|\[\s*"error")/g,
  );
  const broken = new Set(expectations("bad-lint").map(({ rule }) => rule));
  expect([...configured].map(([, rule = ""]) => rule).filter((rule) => !broken.has(rule))).toEqual([]);
});

/** The good project, with a bad folder laid over it, somewhere of its own. */
function project(fixture?: string): string {
  const folder = mkdtempSync(join(tmpdir(), "wildcam-gates-"));
  made.push(folder);
  cpSync(join(fixtures, "good"), folder, { recursive: true });
  if (fixture !== undefined) cpSync(join(fixtures, fixture), folder, { recursive: true });
  for (const config of configs) cpSync(join(root, config), join(folder, config));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function expectations(fixture: string): { path: string; rule: string }[] {
  return readdirSync(join(fixtures, fixture), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(join(fixtures, fixture).length + 1);
      const lines = [...readFileSync(file, "utf8").matchAll(/\bexpect: ([\w\- ]+?)(?: -->)?["',]*$/gm)];
      return lines.flatMap(([, rules = ""]) => rules.split(" ").map((rule) => ({ path, rule })));
    });
}

/** Runs the package's own script in `folder`, with our tools where they are. */
async function run(gate: Gate, folder: string): Promise<{ code: number | null; output: string }> {
  const script = scripts[gate.script];
  if (script === undefined) throw new Error(`package.json has no script ${gate.script}`);
  const command = `${script.replace("node tools/", `node ${root}/tools/`)} ${gate.flags ?? ""}`;
  const child = spawn("/bin/sh", ["-c", command], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env["PATH"]}`,
      NO_COLOR: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, output };
}
