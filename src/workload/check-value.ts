// Why: one set of rules for a value of a Camera Trap Data Package, whether it came as CSV text or as JSON.
//
// 1. An expectation is told in words, so that whoever sent the value can mend it.
// 2. A value that passes can be stored: no NUL in texts, integers that are exact, dates that exist.

import type { Field } from "./table-schema.ts";
import { parseMoment } from "./moment.ts";

/** A checked value. Date-times stay texts, as they were given. */
export type Value = string | number | boolean;

export type Checked = { readonly value: Value } | { readonly expected: string };

const trueTexts = new Set(["true", "True", "TRUE", "1"]);
const falseTexts = new Set(["false", "False", "FALSE", "0"]);
const numberText = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const integerText = /^[+-]?\d+$/;

/** Checks the text of a CSV cell that is not missing. */
export function checkText(field: Field, cell: string): Checked {
  return checkConstraints(field, fromText(field, cell));
}

/** Checks a value of a JSON body that is neither absent nor null. */
export function checkJson(field: Field, given: unknown): Checked {
  return checkConstraints(field, fromJson(field, given));
}

/** What the field takes, in words: `integer >= 1`, `one of media, event`. */
export function expectation(field: Field): string {
  if (field.oneOf !== undefined) return `one of ${field.oneOf.join(", ")}`;
  const kind =
    field.type === "datetime"
      ? "date and time like 2020-03-01T22:00:00Z or with +01:00"
      : field.type === "boolean"
        ? "true or false"
        : field.type === "any"
          ? "text"
          : field.type;
  return `${kind}${range(field)}`;
}

function range(field: Field): string {
  const words: string[] = [];
  const { minimum, maximum, minLength, maxLength, pattern } = field;
  if (minimum !== undefined && maximum !== undefined) words.push(`from ${minimum} to ${maximum}`);
  else if (minimum !== undefined) words.push(`>= ${minimum}`);
  else if (maximum !== undefined) words.push(`<= ${maximum}`);
  if (minLength !== undefined) words.push(`of at least ${minLength} characters`);
  if (maxLength !== undefined) words.push(`of at most ${maxLength} characters`);
  if (pattern !== undefined) words.push(`that matches ${pattern.source}`);
  return words.length === 0 ? "" : ` ${words.join(" ")}`;
}

function fromText(field: Field, cell: string): Value | undefined {
  switch (field.type) {
    case "boolean":
      return trueTexts.has(cell) ? true : falseTexts.has(cell) ? false : undefined;
    case "integer":
      return integerText.test(cell) ? Number(cell) : undefined;
    case "number":
      return numberText.test(cell) ? Number(cell) : undefined;
    case "datetime":
    case "string":
    case "any":
      return cell;
  }
}

function fromJson(field: Field, given: unknown): Value | undefined {
  switch (field.type) {
    case "boolean":
      return typeof given === "boolean" ? given : undefined;
    case "integer":
    case "number":
      return typeof given === "number" ? given : undefined;
    case "datetime":
    case "string":
    case "any":
      return typeof given === "string" ? given : undefined;
  }
}

function checkConstraints(field: Field, value: Value | undefined): Checked {
  if (value === undefined) return { expected: expectation(field) };
  if (typeof value === "string" && value.includes("\0"))
    return { expected: "text without the character U+0000" };
  const good =
    typeof value === "string"
      ? textIsGood(field, value)
      : typeof value === "number"
        ? numberIsGood(field, value)
        : true;
  return good ? { value } : { expected: expectation(field) };
}

function textIsGood(field: Field, value: string): boolean {
  if (field.type === "datetime" && parseMoment(value) === undefined) return false;
  if (field.oneOf !== undefined && !field.oneOf.includes(value)) return false;
  if (field.minLength !== undefined && value.length < field.minLength) return false;
  if (field.maxLength !== undefined && value.length > field.maxLength) return false;
  return field.pattern === undefined || field.pattern.test(value);
}

function numberIsGood(field: Field, value: number): boolean {
  if (field.type === "integer" ? !Number.isSafeInteger(value) : !Number.isFinite(value)) return false;
  if (field.oneOf !== undefined && !field.oneOf.includes(String(value))) return false;
  return value >= (field.minimum ?? -Infinity) && value <= (field.maximum ?? Infinity);
}
