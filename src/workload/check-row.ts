// Why: checks one row of a package against its table schema, with what only the rows before it can tell:
// whether an identifier is new and whether what it refers to exists.

import type { TableName } from "./camtrap-tables.ts";
import { checkJson, checkText, expectation } from "./check-value.ts";
import type { Value } from "./check-value.ts";
import type { Row } from "./columns.ts";
import { isObject } from "./table-schema.ts";
import type { Field, ForeignKey, TableSchema } from "./table-schema.ts";

export type CheckedRow = { readonly row: Row } | { readonly problems: readonly string[] };

type Table = { readonly table: TableName; readonly schema: TableSchema };

/** Every column must be a field of the schema, once; every required field must have a column. */
export function checkHeader(schema: TableSchema, header: readonly string[]): readonly string[] {
  const names = schema.fields.map((field) => field.name);
  return [
    ...header
      .filter((name) => !names.includes(name))
      .map((name) => `column ${shown(name)}: not in the table schema`),
    ...header
      .filter((name, at) => header.indexOf(name) !== at)
      .map((name) => `column ${shown(name)}: given twice`),
    ...schema.fields
      .filter((field) => isRequired(schema, field) && !header.includes(field.name))
      .map((field) => `column "${field.name}": missing, but required`),
  ];
}

/** Remembers identifiers across the rows of one package. */
export class RowChecker {
  readonly #fields = new Map<TableName, ReadonlyMap<string, Field>>();
  readonly #seen = new Map<string, Set<Value>>();

  constructor(tables: readonly Table[]) {
    for (const { table, schema } of tables) {
      this.#fields.set(table, new Map(schema.fields.map((field) => [field.name, field])));
      for (const field of schema.fields) {
        if (isUnique(schema, field)) this.#seen.set(`${table}.${field.name}`, new Set());
      }
    }
  }

  check({ table, schema }: Table, header: readonly string[], cells: readonly string[]): CheckedRow {
    if (cells.length !== header.length) {
      return { problems: [`expected ${header.length} cells as in the header, got ${cells.length}`] };
    }
    const fields = this.#fields.get(table);
    const row: Record<string, Value> = {};
    const problems: string[] = [];
    header.forEach((name, at) => {
      const field = fields?.get(name);
      const cell = cells[at] ?? "";
      if (field === undefined) return;
      if (schema.missingValues.includes(cell)) {
        if (isRequired(schema, field))
          problems.push(`column "${name}": expected ${expectation(field)}, got nothing`);
        return;
      }
      const checked = checkText(field, cell);
      if ("value" in checked) row[name] = checked.value;
      else problems.push(`column "${name}": expected ${checked.expected}, got ${shown(cell)}`);
    });
    problems.push(...this.#keyProblems({ table, schema }, row));
    return problems.length === 0 ? { row } : { problems };
  }

  #keyProblems({ table, schema }: Table, row: Row): readonly string[] {
    const problems: string[] = [];
    for (const field of schema.fields) {
      const value = row[field.name];
      const seen = this.#seen.get(`${table}.${field.name}`);
      if (value === undefined || seen === undefined) continue;
      if (seen.has(value))
        problems.push(`column "${field.name}": expected a value not used before, got ${shown(value)} again`);
      seen.add(value);
    }
    for (const key of schema.foreignKeys) {
      const value = row[key.field];
      if (value !== undefined && !this.#exists(key, value)) {
        problems.push(
          `column "${key.field}": expected a ${key.tableField} of ${key.table}, got ${shown(value)}`,
        );
      }
    }
    return problems;
  }

  #exists(key: ForeignKey, value: Value): boolean {
    return this.#seen.get(`${key.table}.${key.tableField}`)?.has(value) ?? false;
  }
}

/**
 * Checks a JSON object against the fields of a table, but for those in `without`, which may not be given.
 * References are left to the database.
 */
export function checkObject(schema: TableSchema, body: unknown, without: readonly string[]): CheckedRow {
  if (!isObject(body)) return { problems: ["expected a JSON object"] };
  const fields = schema.fields.filter((field) => !without.includes(field.name));
  const names = new Set(fields.map((field) => field.name));
  const row: Record<string, Value> = {};
  const problems = Object.keys(body)
    .filter((name) => !names.has(name))
    .slice(0, 10)
    .map((name) => `field ${shown(name)}: may not be given`);
  for (const field of fields) {
    const given = body[field.name] ?? null;
    if (given === null) {
      if (isRequired(schema, field))
        problems.push(`field "${field.name}": expected ${expectation(field)}, got nothing`);
      continue;
    }
    const checked = checkJson(field, given);
    if ("value" in checked) row[field.name] = checked.value;
    else problems.push(`field "${field.name}": expected ${checked.expected}, got ${shown(given)}`);
  }
  return problems.length === 0 ? { row } : { problems };
}

function isRequired(schema: TableSchema, field: Field): boolean {
  return field.required === true || field.name === schema.primaryKey;
}

function isUnique(schema: TableSchema, field: Field): boolean {
  return field.unique === true || field.name === schema.primaryKey;
}

/** The value as JSON, cut short. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
