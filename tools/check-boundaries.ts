// Import boundaries between rooms (the table is boundary-rules.ts), read from the text of each import.
//
// 1. Every line that begins an import or a re-export must be understood; one that is not is itself a violation,
//    so that a shape unknown to this file cannot slip by. Comments are not told apart: at worst one is objected to.
// 2. A dynamic import names its module as a plain string, outside tools, tests and `loadsByMadeName`: else nobody can
//    say what it loads.
// 3. Nothing that ships imports a test, a contract suite or what serves only them.

import { builtinModules } from "node:module";
import { matchesGlob, posix } from "node:path";
import {
  doors,
  forTests,
  loadsByMadeName,
  pureBuiltins,
  type Room,
  rooms,
  testPackages,
} from "./boundary-rules.ts";
import { lineAt, projectFiles, read, report, type Violation } from "./project-files.ts";

export interface Import {
  readonly target: string;
  readonly line: number;
  readonly typesOnly: boolean;
  readonly reExport: boolean;
  /** Names inside braces; undefined when the whole module is taken. */
  readonly names: readonly string[] | undefined;
}

interface Source {
  readonly path: string;
  readonly room: Room;
}

const statement =
  /^[ \t]*(import|export)\s+(type\s+(?!from\b))?([\w$\s,*{}]*?)\s*(?:\bfrom\s*)?(["'])([^"'\n]+)\4(?:\s+with\s*\{[^}]*\})?\s*;/gm;
const opening = /^[ \t]*(?:import(?:\s+\w|\s*["'{*])|export\s*(?:type\s*)?[{*])/gm;
const dynamic = /\bimport\(\s*(?:(["'])([^"'\n]+)\1)?/g;
// Asking where a module is (`.resolve`) loads nothing, and a `require` made for that may be named so.
const backDoor =
  /\b(?:require|getBuiltinModule)\s*\(|(?<!const require = )\bcreateRequire\((?:[^()]|\([^()]*\))*\)(?!\.resolve\b)/g;

/** The imports in a file's text; `unread` are lines that look like one and are not understood. */
export function importsOf(text: string): { imports: Import[]; unread: number[]; unnamed: number[] } {
  const imports: Import[] = [];
  const readAt = new Set<number>();
  for (const match of text.matchAll(statement)) {
    const [, keyword, type, clause = "", , target = ""] = match;
    const names = namesIn(clause);
    readAt.add(lineAt(text, match.index));
    imports.push({
      target,
      line: lineAt(text, match.index),
      typesOnly:
        type !== undefined || (names?.length ? names.every((name) => name.startsWith("type ")) : false),
      reExport: keyword === "export",
      names: names?.map((name) => name.replace(/^type /, "")),
    });
  }
  const unnamed: number[] = [];
  for (const match of text.matchAll(dynamic)) {
    const line = lineAt(text, match.index);
    if (match[2] === undefined) unnamed.push(line);
    else imports.push({ target: match[2], line, typesOnly: false, reExport: false, names: undefined });
  }
  for (const match of text.matchAll(backDoor)) unnamed.push(lineAt(text, match.index));
  const unread = [...text.matchAll(opening)]
    .filter((match) => !readAt.has(lineAt(text, match.index)) && !isLocalExport(text, match.index))
    .map((match) => lineAt(text, match.index));
  return { imports, unread, unnamed };
}

/** Everything that is wrong with one file's imports. */
export function violationsIn(path: string, text: string): Violation[] {
  const room = roomOf(path);
  if (room === undefined) {
    return [
      { path, line: 1, rule: "room", why: "this file is in no room; tools/boundary-rules.ts lists them" },
    ];
  }
  const source = { path, room };
  const { imports, unread, unnamed } = importsOf(text);
  const found: Violation[] = unread.map((line) => ({
    path,
    line,
    rule: "unread",
    why: "cannot read this import",
  }));
  if (!isForTests(source) && loadsByMadeName[path] === undefined) {
    const why = "a module is imported by a plain name, else nobody can say what it loads";
    for (const line of unnamed) found.push({ path, line, rule: "unnamed", why });
  }
  for (const one of imports) {
    for (const [rule, why] of objections(source, one)) found.push({ path, line: one.line, rule, why });
  }
  return found;
}

function objections(source: Source, one: Import): [rule: string, why: string][] {
  const found: [string, string][] = [];
  if (one.reExport) found.push(["barrel", `re-exports ${one.target}; import it where it is`]);
  if (one.target.startsWith(".")) found.push(...roomObjections(source, one));
  else if (isBuiltin(one.target)) found.push(...builtinObjections(source, one));
  else found.push(...packageObjections(source, one.target));
  return found;
}

function roomObjections(source: Source, one: Import): [string, string][] {
  const { room } = source;
  const path = posix.join(posix.dirname(source.path), one.target);
  if (path.endsWith(".json")) return [];
  if (forTests.test(path) && !isForTests(source)) {
    return [["test-import", `${path} is for tests; nothing that ships imports it`]];
  }
  const target = roomOf(path);
  if (target === undefined) return [["room", `${path} is in no room`]];
  if (maySee(source, target, one.typesOnly)) return [];
  const allowed = room.sees.length === 0 ? "nothing of ours" : [room.sees].flat().join(", ");
  return [["room", `${room.name} may not see ${target.name} (${path}); it sees ${allowed}`]];
}

function maySee(source: Source, target: Room, typesOnly: boolean): boolean {
  const { room } = source;
  if (room.sees === "everything" || target === room || room.sees.includes(target.name)) return true;
  if (typesOnly && room.seesTypesOf?.includes(target.name)) return true;
  return isForTests(source) && (target.name === "test" || room.testsSee?.includes(target.name) === true);
}

/** Tests and what serves only them, and what stands in `test/` or `tools/`. */
function isForTests({ path, room }: Source): boolean {
  return forTests.test(path) || room.name === "test" || room.name === "tools";
}

function builtinObjections(source: Source, one: Import): [string, string][] {
  if (!one.target.startsWith("node:")) return [["builtin", `write node:${one.target}`]];
  if (source.room.builtins === "any" || isForTests(source) || one.typesOnly) return [];
  const pure = pureBuiltins[one.target];
  if (pure === "any") return [];
  const why = `${source.room.name} may not touch ${one.target}; what it needs of the world comes from a port`;
  if (pure === undefined || one.names === undefined) return [["builtin", why]];
  const beyond = one.names.filter((name) => !pure.includes(name));
  return beyond.length === 0 ? [] : [["builtin", `${why} (${beyond.join(", ")})`]];
}

function packageObjections(source: Source, target: string): [string, string][] {
  const named = (name: string): boolean =>
    name.endsWith("/") ? target.startsWith(name) : packageName(target) === name;
  const door = Object.entries(doors).find(([name]) => named(name));
  if (door !== undefined && !door[1].some((files) => matchesGlob(source.path, files))) {
    return [["door", `${target} is known only to ${door[1].join(", ")}`]];
  }
  if (testPackages.some(named)) {
    return isForTests(source) ? [] : [["package", `${target} is for tests`]];
  }
  if (source.room.packages === "any" || source.room.packages.some(named)) return [];
  return [["package", `${source.room.name} may not import ${target}`]];
}

function roomOf(path: string): Room | undefined {
  return rooms.find((room) => room.files.some((files) => matchesGlob(path, files)));
}

function namesIn(clause: string): string[] | undefined {
  const braces = /^\{([^}]*)\}$/.exec(clause.trim());
  return braces?.[1]
    ?.split(",")
    .map((name) =>
      name
        .trim()
        .replace(/\s+as\s+\w+$/, "")
        .replace(/\s+/g, " "),
    )
    .filter((name) => name !== "");
}

function packageName(target: string): string {
  const parts = target.split("/");
  return target.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? target);
}

function isBuiltin(target: string): boolean {
  return target.startsWith("node:") || builtinModules.includes(target);
}

/** `export { a, b };` and `export type { A };` name what is here and import nothing. */
function isLocalExport(text: string, index: number): boolean {
  return /^[ \t]*export\s*(?:type\s*)?\{[^}]*\}\s*;/.test(text.slice(index));
}

if (import.meta.main) {
  const root = process.cwd();
  const files = projectFiles(root).filter((path) => path.endsWith(".ts"));
  const violations = files.flatMap((path) => violationsIn(path, read(root, path)));
  report("boundaries", violations, files.length);
}
