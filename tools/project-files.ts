// The project's own files, as the gates see them: without what was installed, built or run, and without the
// small projects on which the gates themselves are tried. Walks the folder rather than asking git, so that it also holds in an exported tree.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const neverOurs = new Set(["node_modules", ".git"]);
const gateFixtures = "test/gates/fixtures";

/** Paths below `root` with `/` between parts, sorted. Folders named in .gitignore (`name/`) are left out. */
export function projectFiles(root: string): string[] {
  const ignored = new Set([...neverOurs, ...ignoredFolders(root)]);
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!ignored.has(entry.name) && path !== gateFixtures) walk(path);
      } else if (entry.isFile() && !entry.name.endsWith(".log")) {
        found.push(path);
      }
    }
  };
  walk("");
  return found.sort();
}

export function read(root: string, path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** One thing that a gate objects to, printed as `path:line: rule: why`. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly why: string;
}

/** Prints what was found and sets the exit code; the only way in which a check of ours ends. */
export function report(gate: string, violations: readonly Violation[], filesSeen: number): void {
  for (const { path, line, rule, why } of violations) console.error(`${path}:${line}: ${rule}: ${why}`);
  if (filesSeen === 0) console.error(`${gate}: no files found, which proves nothing`);
  else console.log(`${gate}: ${filesSeen} files, ${violations.length} violations`);
  process.exitCode = violations.length === 0 && filesSeen > 0 ? 0 : 1;
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function ignoredFolders(root: string): string[] {
  return read(root, ".gitignore")
    .split("\n")
    .filter((line) => line.endsWith("/"))
    .map((line) => line.slice(0, -1));
}
