/**
 * Reads files of one JSON object a line, piece by piece, so that a long drill does not have to fit in memory as text.
 * What cannot be read is named by file and line: a judge that guesses at a record is no judge.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";

const CHUNK_BYTES = 256 * 1024;
const LINE_CHARACTERS_MAX = 4 * 1024 * 1024;
const LINES_MAX = 5_000_000;

/** A record that is missing or malformed; the message begins with `file:line` (or the file alone). */
export class BadRecords extends Error {
  override readonly name = "BadRecords";
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Where a line stands, for messages. */
export type Place = { readonly file: string; readonly line: number };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of `dir/file`, in order, with their places. Throws `BadRecords`. */
function* readObjects(dir: string, file: string): Generator<{ place: Place; fields: JsonObject }> {
  let line = 0;
  for (const text of readLines(dir, file)) {
    line += 1;
    if (line > LINES_MAX) throw new BadRecords(`${file}:${line}: more than ${LINES_MAX} lines`);
    if (text === "") continue;
    yield { place: { file, line }, fields: parseObject(text, `${file}:${line}`) };
  }
}

/** The one object in `dir/file`. Throws `BadRecords`. */
export function readObject(dir: string, file: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(join(dir, file), "utf8");
  } catch (error) {
    throw missing(file, error);
  }
  return parseObject(text, file);
}

function parseObject(text: string, where: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadRecords(`${where}: not JSON`);
  }
  if (!isJsonObject(value)) throw new BadRecords(`${where}: not a JSON object`);
  return value;
}

function* readLines(dir: string, file: string): Generator<string> {
  let descriptor: number;
  try {
    descriptor = openSync(join(dir, file), "r");
  } catch (error) {
    throw missing(file, error);
  }
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const decoder = new StringDecoder("utf8");
    let rest = "";
    for (;;) {
      const bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
      if (bytes === 0) break;
      const parts = (rest + decoder.write(chunk.subarray(0, bytes))).split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
      if (rest.length > LINE_CHARACTERS_MAX)
        throw new BadRecords(`${file}: a line is longer than ${LINE_CHARACTERS_MAX}`);
    }
    rest += decoder.end();
    if (rest !== "") yield rest;
  } finally {
    closeSync(descriptor);
  }
}

function missing(file: string, error: unknown): BadRecords {
  return new BadRecords(
    `${file}: cannot be read (${error instanceof Error ? error.message : String(error)})`,
  );
}

/** The lines of `dir/file`, each as `read` takes it. Throws `BadRecords`. */
export function collect<T>(dir: string, file: string, read: (line: Line) => T): T[] {
  const all: T[] = [];
  for (const { place, fields } of readObjects(dir, file)) all.push(read(new Line(fields, place)));
  return all;
}

/** One line's fields, each read with its place in the message when it is not what it must be. */
export class Line {
  readonly fields: JsonObject;
  readonly #place: Place;

  constructor(fields: JsonObject, place: Place) {
    this.fields = fields;
    this.#place = place;
  }

  bad(what: string): BadRecords {
    return new BadRecords(`${this.#place.file}:${this.#place.line}: ${what}`);
  }

  number(name: string): number {
    const value = this.fields[name];
    if (typeof value !== "number") throw this.bad(`"${name}" is not a number`);
    return value;
  }

  numberOrNull(name: string): number | null {
    return this.fields[name] === null ? null : this.number(name);
  }

  text(name: string): string {
    const value = this.fields[name];
    if (typeof value !== "string") throw this.bad(`"${name}" is not text`);
    return value;
  }

  textOrNull(name: string): string | null {
    return this.fields[name] === null ? null : this.text(name);
  }

  flag(name: string): boolean {
    const value = this.fields[name];
    if (typeof value !== "boolean") throw this.bad(`"${name}" is neither true nor false`);
    return value;
  }

  object(name: string): JsonObject {
    const value = this.fields[name];
    if (!isJsonObject(value)) throw this.bad(`"${name}" is not an object`);
    return value;
  }

  inside(name: string): Line {
    return new Line(this.object(name), this.#place);
  }

  texts(name: string): string[] {
    const value = this.fields[name];
    if (!Array.isArray(value)) throw this.bad(`"${name}" is not a list`);
    return value.map((item) => {
      if (typeof item !== "string") throw this.bad(`"${name}" holds something that is not text`);
      return item;
    });
  }

  oneOf<const T extends string>(name: string, values: readonly T[]): T {
    const value = this.fields[name];
    const known = values.find((candidate) => candidate === value);
    if (known === undefined) throw this.bad(`"${name}" is none of ${values.join(", ")}`);
    return known;
  }
}
