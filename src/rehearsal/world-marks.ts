/** A world's events as a rehearsal's digest takes them in: what they say, without making text of them first. */
import type { Trace } from "./trace.ts";
import type { WorldEvent } from "../simulation/world/events.ts";

export function takeIn(trace: Trace, atMs: number, event: WorldEvent): void {
  if (!isFrequent(event)) return tell(trace, atMs, event);
  const [name, amount] = inShort(event);
  trace.count(atMs, event.kind, name, amount);
}

/** Too many of them for a reader: they are only counted. */
type Frequent = Extract<WorldEvent, { readonly kind: (typeof KINDS)[number] }>;

const KINDS = ["commit", "request", "answered", "asked", "looked", "call", "served"] as const;
const FREQUENT: ReadonlySet<string> = new Set(KINDS);

function isFrequent(event: WorldEvent): event is Frequent {
  return FREQUENT.has(event.kind);
}

function inShort(event: Frequent): readonly [string, number] {
  switch (event.kind) {
    case "commit":
      return [event.branch, event.position];
    case "request":
      return ["", event.attempts * 2 + Number(event.ok)];
    case "answered":
      return [event.key, Number(event.ambiguous)];
    case "asked":
      return [event.key, event.caller];
    case "looked":
      return [event.at, 0];
    case "call":
      return [event.actor, 0];
    case "served":
      return [event.cloud, 0];
  }
}

/** The rest, which a reader of the night wants to see. */
function tell(trace: Trace, atMs: number, event: WorldEvent): void {
  const mark = JSON.stringify(event);
  trace.note({ atMs, what: `world ${event.kind}`, details: () => mark }, mark);
}
