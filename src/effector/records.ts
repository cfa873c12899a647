/**
 * The lines of an effector's two files. `effects/<effector>.ndjson` says what was carried out, and is read by the drill's
 * judge; `effects/<effector>.started` says what was begun, so that after a crash "never tried" and "perhaps done" differ.
 */
import { isRecord, parseToken, type Position, type Token } from "./token.ts";

export type StartedRecord = Token & Readonly<{ time: number; effector: string; op: string }>;

/** One line of the effects file. `time` in milliseconds since the epoch. */
export type EffectRecord = StartedRecord &
  (
    | Readonly<{ result: "done" | "found"; answer: unknown }>
    | Readonly<{ result: "repeated"; first: "done" | "found"; answer: unknown }>
    | Readonly<{ result: "refused"; reason: string; highest: Position }>
  );

/** @throws Error saying what is wrong with the line. */
export function parseStarted(line: string): StartedRecord {
  const row: unknown = JSON.parse(line);
  if (!isRecord(row)) throw new Error("expected a JSON object");
  const { time, effector, op, key, lock, epoch, sequence } = row;
  if (typeof time !== "number") throw new Error("time: expected a number");
  if (typeof effector !== "string") throw new Error("effector: expected a text");
  if (typeof op !== "string") throw new Error("op: expected a text");
  return { time, effector, op, ...parseToken({ key, lock, epoch, sequence }) };
}

/** @throws Error saying what is wrong with the line. */
export function parseEffect(line: string): EffectRecord {
  const started = parseStarted(line);
  const row: unknown = JSON.parse(line);
  if (!isRecord(row)) throw new Error("expected a JSON object");
  const { result, answer = null, first, reason, highest } = row;
  switch (result) {
    case "done":
    case "found":
      return { ...started, result, answer };
    case "repeated":
      if (first !== "done" && first !== "found") throw new Error('first: expected "done" or "found"');
      return { ...started, result, first, answer };
    case "refused":
      if (typeof reason !== "string") throw new Error("reason: expected a text");
      if (!isRecord(highest)) throw new Error("highest: expected an object");
      return { ...started, result, reason, highest: positionOf(highest) };
    default:
      throw new Error("result: expected done, found, repeated or refused");
  }
}

function positionOf({ epoch, sequence }: Record<string, unknown>): Position {
  if (typeof epoch !== "number" || typeof sequence !== "number")
    throw new Error("highest: expected epoch and sequence");
  return { epoch, sequence };
}
