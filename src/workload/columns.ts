// Why: the standard's field names are the API's names; PostgreSQL's are their snake_case. This is the one place
// that goes from one to the other, so that tables, queries and loader cannot disagree.
//
// 1. A date-time takes two columns: the instant, and `<column>_offset` in minutes east of UTC.
// 2. Every name here comes from our own built-in schemas, never from a request or a package.

import { builtInSchemas } from "./camtrap-tables.ts";
import type { TableName } from "./camtrap-tables.ts";
import type { Value } from "./check-value.ts";
import { formatMoment, parseMoment } from "./moment.ts";
import type { Field } from "./table-schema.ts";

/** A row by the standard's names; missing values are left out. */
export type Row = Readonly<Record<string, Value>>;

// Asked for each field of each row that is read; the names are few and our own.
const columns = new Map<string, string>();

/** `deploymentID` -> `deployment_id`, `bboxX` -> `bbox_x`; unquoted. */
function columnOf(fieldName: string): string {
  const known = columns.get(fieldName);
  if (known !== undefined) return known;
  const column = fieldName.replace(/(?<=[a-z])([A-Z]+)/g, "_$1").toLowerCase();
  columns.set(fieldName, column);
  return column;
}

/** For SQL text: some of the standard's names (`timestamp`, `count`) are also PostgreSQL's. */
function quoted(column: string): string {
  return `"${column}"`;
}

/** The primary key's column, quoted. */
export function keyColumn(table: TableName): string {
  return quoted(columnOf(builtInSchemas[table].primaryKey));
}

/** All columns that hold the standard's fields, quoted, in the schema's order. */
export function storedColumns(table: TableName): readonly string[] {
  return builtInSchemas[table].fields.flatMap(columnsOf);
}

function columnsOf(field: Field): readonly string[] {
  const column = columnOf(field.name);
  return field.type === "datetime" ? [quoted(column), quoted(`${column}_offset`)] : [quoted(column)];
}

/** The values of a row for `storedColumns`, null where missing. A date-time stays text: PostgreSQL reads it. */
export function storedValues(table: TableName, row: Row): readonly (Value | null)[] {
  return builtInSchemas[table].fields.flatMap((field) => {
    const value = row[field.name] ?? null;
    if (field.type !== "datetime") return [value];
    return [value, typeof value === "string" ? (parseMoment(value)?.offsetMinutes ?? null) : null];
  });
}

/** The values of a row by column, unquoted, for PostgreSQL to read as JSON; missing ones are left out. */
export function storedRecord(table: TableName, row: Row): Readonly<Record<string, Value>> {
  const record: Record<string, Value> = {};
  for (const field of builtInSchemas[table].fields) {
    const value = row[field.name];
    if (value === undefined) continue;
    const column = columnOf(field.name);
    record[column] = value;
    const moment = field.type === "datetime" && typeof value === "string" ? parseMoment(value) : undefined;
    if (moment !== undefined) record[`${column}_offset`] = moment.offsetMinutes;
  }
  return record;
}

/** What to select so that `rowFrom` can read it: instants come as seconds since the epoch. */
export function selectList(table: TableName): string {
  return builtInSchemas[table].fields
    .flatMap((field) => {
      const [column = "", ...offset] = columnsOf(field);
      return field.type === "datetime" ? [`extract(epoch from ${column})::float8`, ...offset] : [column];
    })
    .join(", ");
}

/** How many entries of a result row `selectList` takes. */
export function selectWidth(table: TableName): number {
  return storedColumns(table).length;
}

/** A result row (in array mode, as `selectList` orders it) by the standard's names. */
export function rowFrom(table: TableName, cells: readonly unknown[]): Row {
  const row: Record<string, Value> = {};
  let at = 0;
  for (const field of builtInSchemas[table].fields) {
    const cell = cells[at];
    at += 1;
    if (field.type === "datetime") {
      const offsetMinutes = cells[at];
      at += 1;
      if (typeof cell === "number" && typeof offsetMinutes === "number") {
        row[field.name] = formatMoment({ epochMs: cell * 1000, offsetMinutes });
      }
    } else if (field.type === "integer" && typeof cell === "string") {
      // pg gives a bigint as text; what was stored had been checked to be exact as a number.
      row[field.name] = Number(cell);
    } else if (typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean") {
      row[field.name] = cell;
    }
  }
  return row;
}
