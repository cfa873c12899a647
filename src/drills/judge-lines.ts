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
export function* readObjects(dir: string, file: string): Generator<{ place: Place; fields: JsonObject }> {
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
