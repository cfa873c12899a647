/**
 * Reads `inventory.yaml` and says everything that is wrong with it at once, each by line and column.
 * Needs nothing but the file: the command line tells bad input without asking the orchestrator.
 */
import { readFile } from "node:fs/promises";
import { type Document, LineCounter, parseDocument, type YAMLError } from "yaml";
import type { Finding } from "../../domain/inventory/cross-checks.ts";
import { formatPath, inventoryDigest, parseInventory } from "../../domain/inventory/parse.ts";
import type { Inventory } from "../../domain/inventory/schema.ts";
import { positionOf } from "./positions.ts";

export type LoadedInventory = {
  readonly inventory: Inventory;
  /** SHA-256 of the checked content; comments, order and spelling of durations do not change it. */
  readonly digest: string;
  /** As given. */
  readonly path: string;
};

/** Line and column count from 1; `path` leads to the value (`clusters.aws-west.cloud`), empty for syntax. */
export type InventoryProblem = {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
};

/** The inventory cannot be used. `message` has a line `file:line:column: path: what` for each problem. */
export class InventoryError extends Error {
  readonly file: string;
  /** In the file's order. Empty when the file could not be read at all. */
  readonly problems: readonly InventoryProblem[];
  /** What to do or type next. */
  readonly next: string;

  constructor(
    file: string,
    what: { message?: string; problems?: readonly InventoryProblem[]; next: string },
  ) {
    const problems = what.problems ?? [];
    super(what.message ?? problems.map((problem) => formatProblem(file, problem)).join("\n"));
    this.name = "InventoryError";
    this.file = file;
    this.problems = problems;
    this.next = what.next;
  }
}

/** `inventory.yaml:12:9: clusters.aws-west.cloud: expected one of aws, azure, gcp, got "asw" (did you mean "aws"?)` */
function formatProblem(file: string, { line, column, path, message }: InventoryProblem): string {
  return `${file}:${line}:${column}: ${path === "" ? "" : `${path}: `}${message}`;
}

/** What only others know to be wrong with an inventory that holds by itself: the inputs of runbooks. */
type FurtherCheck = (inventory: Inventory) => readonly Finding[];

/** Throws `InventoryError` when the file is not there, not readable, or not an inventory. */
export async function loadInventory(path: string, further?: FurtherCheck): Promise<LoadedInventory> {
  const inventory = readInventory(path, await readText(path), further);
  return { inventory, digest: inventoryDigest(inventory), path };
}

/** The same for text in hand; `file` is only for the errors. Throws `InventoryError`. */
export function readInventory(file: string, text: string, further: FurtherCheck = () => []): Inventory {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const faults = [...document.errors, ...document.warnings];
  const syntax = faults.map((fault) => syntaxProblem(fault, lines, text));
  // After a syntax error the rest is a guess, and errors about guesses mislead; a repeated key leaves it certain.
  if (faults.some((fault) => fault.code !== "DUPLICATE_KEY")) throw broken(file, syntax);
  const parsed = parseInventory(toPlain(file, document));
  const findings = parsed.ok ? further(parsed.inventory) : parsed.findings;
  if (parsed.ok && syntax.length === 0 && findings.length === 0) return parsed.inventory;
  throw broken(file, [...syntax, ...findings.map((finding) => problemOf(finding, document, lines))]);
}

const largestFileBytes = 1_048_576;

async function readText(path: string): Promise<string> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (content.byteLength > largestFileBytes) {
    const message = `${path}: ${content.byteLength} bytes are too many for an inventory (at most ${largestFileBytes})`;
    throw new InventoryError(path, { message, next: "give the path of the inventory itself" });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    const next = `iconv -f latin1 -t utf-8 ${path}`;
    throw new InventoryError(path, { message: `${path}: is not UTF-8 text`, next });
  }
}

function unreadable(path: string, error: unknown): InventoryError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "ENOENT") {
    const next =
      "run this in the folder that holds inventory.yaml, or bring it back with: git restore inventory.yaml";
    return new InventoryError(path, { message: `${path}: no such file`, next });
  }
  const reason = code === "EISDIR" ? "is a folder, not a file" : `cannot be read (${code})`;
  return new InventoryError(path, { message: `${path}: ${reason}`, next: `ls -l ${path}` });
}

function broken(file: string, problems: readonly InventoryProblem[]): InventoryError {
  const ordered = problems.toSorted((left, right) => left.line - right.line || left.column - right.column);
  return new InventoryError(file, {
    problems: ordered,
    next: "mend the file, then: ./wildcam inventory check",
  });
}

function toPlain(file: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // An alias of nothing, or aliases nested to fill the memory.
    const message = error instanceof Error ? error.message : String(error);
    throw broken(file, [{ line: 1, column: 1, path: "", message }]);
  }
}

function problemOf(finding: Finding, document: Document, lines: LineCounter): InventoryProblem {
  const position = positionOf(document, lines, finding.path, finding.key === true);
  return { ...position, path: formatPath(finding.path), message: finding.message };
}

function syntaxProblem(fault: YAMLError, lines: LineCounter, text: string): InventoryProblem {
  const { line, col } = lines.linePos(fault.pos[0]);
  const key = /^"?([\w.-]+)/.exec(text.slice(fault.pos[0], fault.pos[0] + 80))?.[1] ?? "";
  const message =
    fault.code === "DUPLICATE_KEY" ? `key ${JSON.stringify(key)} is there already` : fault.message;
  return { line: Math.max(1, line), column: Math.max(1, col), path: "", message };
}
