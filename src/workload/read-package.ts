// Why: reads a Camera Trap Data Package from a folder and checks every row before anybody stores it.
//
// 1. A row is either whole and right by the table schema, or it is named as a problem; never mended.
// 2. Tables come in the order of their references, so a row's references have been read before it.
// 3. Nothing is fetched: a schema is the package's own file or inline object, else our built-in one.
// 4. Files outside the package's folder are not read, whatever the package says.

import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import { pipeline } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { builtInSchemas, tableNames } from "./camtrap-tables.ts";
import type { TableName } from "./camtrap-tables.ts";
import type { Row } from "./columns.ts";
import { checkHeader, RowChecker } from "./check-row.ts";
import { isObject, parseTableSchema, SchemaUnusable } from "./table-schema.ts";
import type { TableSchema } from "./table-schema.ts";

/** A package that is not taken in, with up to 20 reasons such as `observations.csv:123: column "count": expected integer >= 1, got "x"`. */
export class PackageRefused extends Error {
  override readonly name = "PackageRefused";
  readonly problems: readonly string[];

  constructor(directory: string, problems: readonly string[]) {
    super(
      `${directory} was not loaded, nothing of it was stored:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
    );
    this.problems = problems;
  }
}

/** How many problems are collected before reading stops. */
const mostProblems = 20;

export type PackageTable = {
  readonly table: TableName;
  readonly file: string;
  readonly path: string;
  readonly schema: TableSchema;
};
export type CameraTrapPackage = {
  readonly name: string;
  readonly directory: string;
  readonly tables: readonly PackageTable[];
};

/** Some rows of one table, all of them right by its schema. */
export type Batch = { readonly table: TableName; readonly rows: readonly Row[] };

/** Reads `datapackage.json` and the schemas. Throws PackageRefused. */
export async function openPackage(directory: string): Promise<CameraTrapPackage> {
  const document = await readJson(directory, "datapackage.json");
  if (document === undefined) throw new PackageRefused(directory, ["datapackage.json: not found"]);
  const resources = isObject(document) ? document["resources"] : undefined;
  if (!isObject(document) || !Array.isArray(resources)) {
    throw new PackageRefused(directory, [`datapackage.json: expected an object with "resources"`]);
  }
  const tables: PackageTable[] = [];
  for (const table of tableNames) tables.push(await openTable(directory, table, resources));
  return { name: typeof document["name"] === "string" ? document["name"] : directory, directory, tables };
}

async function openTable(
  directory: string,
  table: TableName,
  resources: readonly unknown[],
): Promise<PackageTable> {
  const refuse = (message: string): PackageRefused =>
    new PackageRefused(directory, [`datapackage.json: resource "${table}": ${message}`]);
  const resource = resources.find((entry) => isObject(entry) && entry["name"] === table);
  if (!isObject(resource)) throw refuse("missing");
  const path: unknown = resource["path"];
  const file: unknown = Array.isArray(path) && path.length === 1 ? path[0] : path;
  if (typeof file !== "string") throw refuse(`expected "path" to name one file`);
  // By the data package standard a path stays inside the package; URLs are allowed there but not here.
  if (/^([a-z]+:|[/\\.~])/i.test(file) || normalize(file).startsWith(".."))
    throw refuse(`path "${file}" is not inside the package`);
  return {
    table,
    file,
    path: join(directory, file),
    schema: await findSchema(directory, table, resource["schema"]),
  };
}

async function findSchema(directory: string, table: TableName, inline: unknown): Promise<TableSchema> {
  const file = `${table}-table-schema.json`;
  const own = (await readJson(directory, file)) ?? (isObject(inline) ? inline : undefined);
  if (own === undefined) return builtInSchemas[table];
  try {
    return parseTableSchema(own, file);
  } catch (error) {
    if (error instanceof SchemaUnusable) throw new PackageRefused(directory, [error.message]);
    throw error;
  }
}

async function readJson(directory: string, file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(join(directory, file), "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const document: unknown = JSON.parse(text);
    return document;
  } catch (error) {
    throw new PackageRefused(directory, [
      `${file}: not JSON: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

const batchRows = 500;

/**
 * Yields checked rows in batches, tables in the order of their references. Throws PackageRefused after the last
 * readable row, or at the 20th problem; no batch is yielded once a problem was found.
 */
export async function* readRows(source: CameraTrapPackage): AsyncGenerator<Batch> {
  const problems: string[] = [];
  const checker = new RowChecker(source.tables);
  for (const table of source.tables) {
    let rows: Row[] = [];
    for await (const row of readTable(table, checker, problems)) {
      if (problems.length > 0) continue;
      rows.push(row);
      if (rows.length < batchRows) continue;
      yield { table: table.table, rows };
      rows = [];
    }
    if (problems.length >= mostProblems) break;
    if (problems.length === 0 && rows.length > 0) yield { table: table.table, rows };
  }
  if (problems.length > 0) throw new PackageRefused(source.directory, problems.slice(0, mostProblems));
}

async function* readTable(
  source: PackageTable,
  checker: RowChecker,
  problems: string[],
): AsyncGenerator<Row> {
  let header: readonly string[] | undefined;
  let nextLine = 1;
  try {
    for await (const [cells, endLine] of readCsv(source.path)) {
      const place = `${source.file}:${nextLine}`;
      nextLine = endLine + 1;
      if (header === undefined) {
        header = cells;
        const wrong = checkHeader(source.schema, header);
        problems.push(...wrong.map((problem) => `${place}: ${problem}`));
        // Under a wrong header every row would be wrong for the same reason.
        if (wrong.length > 0) return;
        continue;
      }
      const found = checker.check(source, header, cells);
      if ("row" in found) yield found.row;
      else problems.push(...found.problems.map((problem) => `${place}: ${problem}`));
      if (problems.length >= mostProblems) return;
    }
  } catch (error) {
    problems.push(readProblem(source, nextLine, error));
    return;
  }
  if (header === undefined) problems.push(`${source.file}:1: expected a header, the file is empty`);
}

/** Yields each record's cells and the number of the line on which it ends (a quoted cell may hold line breaks). */
async function* readCsv(path: string): AsyncGenerator<[cells: readonly string[], endLine: number]> {
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true });
  // The iterator below reports what goes wrong; pipeline closes the file also when reading stops early.
  pipeline(createReadStream(path), parser, () => {});
  const entries: AsyncIterable<unknown> = parser;
  for await (const entry of entries) {
    if (!isCsvEntry(entry)) throw new Error("csv-parse gave something other than a record with its line");
    yield [entry.record, entry.info.lines];
  }
}

function isCsvEntry(entry: unknown): entry is { record: readonly string[]; info: { lines: number } } {
  return (
    isObject(entry) &&
    Array.isArray(entry["record"]) &&
    isObject(entry["info"]) &&
    typeof entry["info"]["lines"] === "number"
  );
}

function readProblem(source: PackageTable, line: number, error: unknown): string {
  if (isMissing(error)) return `${source.file}: not found`;
  if (error instanceof CsvError) return `${source.file}:${line}: not readable as CSV: ${error.message}`;
  throw error;
}
