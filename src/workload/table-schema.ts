// Why: a Camera Trap Data Package says what its rows may hold in Frictionless table schemas
// (https://specs.frictionlessdata.io/table-schema/). The same description serves the CSV loader,
// the POST body and the columns of our tables, so a rule is written once.
//
// 1. A schema that asks for something we cannot check is refused; it is never half-obeyed.
// 2. Nothing here reads files or knows the three tables of the standard.

export type FieldType = "string" | "number" | "integer" | "boolean" | "datetime" | "any";

/** One column. Bounds are inclusive; `pattern` must match the whole text. */
export type Field = {
  readonly name: string;
  readonly type: FieldType;
  readonly required?: boolean;
  readonly unique?: boolean;
  readonly oneOf?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: RegExp;
};

export type ForeignKey = {
  readonly field: string;
  readonly table: string;
  readonly tableField: string;
};

export type TableSchema = {
  readonly fields: readonly Field[];
  readonly primaryKey: string;
  readonly missingValues: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
};

/** A table schema that cannot be read or that asks for more than can be checked. */
export class SchemaUnusable extends Error {
  override readonly name = "SchemaUnusable";
}

const knownTypes: readonly FieldType[] = ["string", "number", "integer", "boolean", "datetime", "any"];
const knownConstraints = new Set([
  "required",
  "unique",
  "enum",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
]);

/** Reads a parsed table-schema JSON document. `source` names it in errors. Throws SchemaUnusable. */
export function parseTableSchema(document: unknown, source: string): TableSchema {
  const at = (message: string): SchemaUnusable => new SchemaUnusable(`${source}: ${message}`);
  if (!isObject(document) || !Array.isArray(document["fields"])) throw at(`expected an object with "fields"`);
  const fields = document["fields"].map((field: unknown) => parseField(field, at));
  const primaryKey = singleName(document["primaryKey"]);
  if (primaryKey === undefined) throw at(`expected "primaryKey" to name one field`);
  const missing = document["missingValues"] ?? [""];
  if (!isTextList(missing)) throw at(`expected "missingValues" to be a list of texts`);
  const keys: unknown = document["foreignKeys"] ?? [];
  if (!Array.isArray(keys)) throw at(`expected "foreignKeys" to be a list`);
  const foreignKeys = keys.map((key: unknown) => parseForeignKey(key, at));
  const names = new Set(fields.map((field) => field.name));
  for (const name of [primaryKey, ...foreignKeys.map((key) => key.field)]) {
    if (!names.has(name)) throw at(`key field "${name}" is not among the fields`);
  }
  return { fields, primaryKey, missingValues: missing, foreignKeys };
}

type Refuse = (message: string) => SchemaUnusable;

function parseField(document: unknown, at: Refuse): Field {
  if (!isObject(document) || typeof document["name"] !== "string") throw at("a field has no name");
  const name = document["name"];
  const type = knownTypes.find((known) => known === (document["type"] ?? "string"));
  if (type === undefined) throw at(`field "${name}": type "${String(document["type"])}" cannot be checked`);
  const constraints: unknown = document["constraints"] ?? {};
  if (!isObject(constraints)) throw at(`field "${name}": expected "constraints" to be an object`);
  for (const key of Object.keys(constraints)) {
    if (!knownConstraints.has(key)) throw at(`field "${name}": constraint "${key}" cannot be checked`);
  }
  const oneOf = constraints["enum"];
  if (oneOf !== undefined && !isTextList(oneOf))
    throw at(`field "${name}": expected "enum" to be a list of texts`);
  return {
    name,
    type,
    ...(constraints["required"] === true ? { required: true } : {}),
    ...(constraints["unique"] === true ? { unique: true } : {}),
    ...(oneOf === undefined ? {} : { oneOf }),
    ...bound(constraints, "minimum", name, at),
    ...bound(constraints, "maximum", name, at),
    ...bound(constraints, "minLength", name, at),
    ...bound(constraints, "maxLength", name, at),
    ...parsePattern(constraints["pattern"], name, at),
  };
}

function bound(
  constraints: Readonly<Record<string, unknown>>,
  key: "minimum" | "maximum" | "minLength" | "maxLength",
  name: string,
  at: Refuse,
): Partial<Record<typeof key, number>> {
  const value = constraints[key];
  if (value === undefined) return {};
  if (typeof value !== "number") throw at(`field "${name}": expected "${key}" to be a number`);
  return { [key]: value };
}

function parsePattern(value: unknown, name: string, at: Refuse): { pattern?: RegExp } {
  if (value === undefined) return {};
  if (typeof value !== "string") throw at(`field "${name}": expected "pattern" to be a text`);
  try {
    return { pattern: wholePattern(value) };
  } catch {
    throw at(`field "${name}": pattern ${value} cannot be read`);
  }
}

/** The pattern as one that must match the whole text, as XML Schema patterns do. */
export function wholePattern(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, "u");
}

function parseForeignKey(document: unknown, at: Refuse): ForeignKey {
  const reference = isObject(document) ? document["reference"] : undefined;
  if (!isObject(document) || !isObject(reference)) throw at("a foreign key has no reference");
  const field = singleName(document["fields"]);
  const tableField = singleName(reference["fields"]);
  const table = reference["resource"];
  if (field === undefined || tableField === undefined || typeof table !== "string") {
    throw at("expected a foreign key of one field that refers to one field of a resource");
  }
  return { field, table, tableField };
}

function singleName(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length === 1 && typeof value[0] === "string") return value[0];
  return undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}
