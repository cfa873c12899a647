/** By hand: what is left of a run's plan, as shell lines for the world that it acts on. Derived from its events. */
import type { Json, JsonObject } from "../domain/json.ts";
import type { LedgerEvent } from "../domain/ledger.ts";

const NOTHING_LEFT: readonly (Json | undefined)[] = ["completed", "refused", "undone"];

/**
 * A comment line and the commands of every planned act that the world has not yet been shown to have. Empty once the run
 * has ended in a state that needs nobody's hand.
 */
export function sheetOf(events: readonly LedgerEvent[]): string[] {
  const planned = events.find(({ type }) => type === "planned");
  const end = events.at(-1);
  if (planned === undefined || (end?.type === "run-ended" && NOTHING_LEFT.includes(end.data["outcome"])))
    return [];
  const forward = events
    .filter(({ type, data }) => type === "act-intended" && data["mode"] !== "undo")
    .map(({ data }) => data["key"]);
  const proved = events.filter(({ type, data }) => type === "act-verified" && forward.includes(data["key"]));
  const verified = proved.map(({ data }) => nameOf(data));
  const lines: string[] = [];
  for (const act of objects(planned.data["acts"])) {
    const at = verified.indexOf(nameOf(act));
    if (at >= 0) verified.splice(at, 1);
    else lines.push(`# ${text(act["name"])}`, ...texts(act["byHand"]));
  }
  return lines;
}

function nameOf(data: JsonObject): string {
  return `${text(data["op"])} ${text(data["target"])}`;
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((line) => typeof line === "string") : [];
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
