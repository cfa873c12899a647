/** Reads what commander has parsed, and checks against the inventory what can be told without the orchestrator. */
import { GUARD_NAMES } from "../domain/guards/names.ts";
import { didYouMean } from "../domain/names.ts";
import { durationPattern, parseDuration } from "../domain/units.ts";
import type { Call } from "./context.ts";
import { malformed } from "./errors.ts";

export function textOption(call: Call, name: string): string | null {
  const value = call.options[name];
  return typeof value === "string" ? value : null;
}

export function flag(call: Call, name: string): boolean {
  return call.options[name] === true;
}

/** An argument that commander has seen to be there. */
export function argument(call: Call, index: number): string {
  return call.args[index] ?? "";
}

const HASH = /^[0-9a-f]{64}$/;

/** Throws `malformed` for anything but a whole hash; a shortened one approves nothing. */
export function hashOption(call: Call, name: string, flagName: string): string | null {
  const value = textOption(call, name);
  if (value === null || HASH.test(value)) return value;
  const what = `${flagName} wants the 64 hexadecimal digits of a plan's hash, got ${JSON.stringify(value)}`;
  throw malformed({ what, why: "a plan is known by its whole hash", next: "./wildcam approval list" });
}

export function knownGuard(name: string): string {
  if (GUARD_NAMES.some((known) => known === name)) return name;
  const what = `there is no guard "${name}"${didYouMean(name, GUARD_NAMES)}`;
  throw malformed({ what, why: `there are: ${GUARD_NAMES.join(", ")}`, next: "./wildcam runbook list" });
}

/** `30m` as ms, or null where it is not given. Throws `malformed`. */
export function durationOption(call: Call, name: string, flagName: string): number | null {
  const value = textOption(call, name);
  if (value === null) return null;
  const ms = durationPattern.test(value) ? parseDuration(value) : 0;
  if (ms > 0) return ms;
  const what = `${flagName} wants a time such as 30m or 2h, got ${JSON.stringify(value)}`;
  throw malformed({ what, why: "an approval is for a bounded time", next: "./wildcam approval give --help" });
}

export type NumberOption = {
  /** As commander calls it, and as people type it. */
  readonly name: string;
  readonly flagName: string;
  readonly least: number;
  readonly most: number;
  readonly why: string;
  readonly next: string;
};

/** Null where it is not given. Throws `malformed` for anything but a whole number within its bounds. */
export function wholeNumberOption(call: Call, option: NumberOption): number | null {
  const { name, flagName, least, most, why, next } = option;
  const text = textOption(call, name);
  if (text === null) return null;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const what = `${flagName} wants a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`;
  throw malformed({ what, why, next });
}
