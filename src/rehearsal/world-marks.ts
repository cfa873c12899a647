/** A world's events as a rehearsal's digest takes them in: what they say, without making text of them first. */
import type { Trace } from "./trace.ts";
import type { WorldEvent } from "../simulation/world/events.ts";

export function takeIn(trace: Trace, atMs: number, event: WorldEvent): void {
  switch (event.kind) {
    case "commit":
      return trace.count(atMs, "commit", event.branch, event.position);
    case "request":
      return trace.count(atMs, "request", "", event.attempts * 2 + Number(event.ok));
    case "answered":
      return trace.count(atMs, "answered", event.key, Number(event.ambiguous));
    case "read":
      return trace.count(atMs, "read", event.section, event.caller);
    case "call":
      return trace.count(atMs, "call", event.actor, 0);
    case "served":
      return trace.count(atMs, "served", event.cloud, 0);
    case "effect":
    case "found":
    case "writable":
    case "weights":
    case "capacity":
    case "demand":
    case "by-hand":
    case "fault":
      return tell(trace, atMs, event);
  }
}

/** What a reader of the night wants to see. */
function tell(trace: Trace, atMs: number, event: WorldEvent): void {
  const mark = JSON.stringify(event);
  trace.note({ atMs, what: `world ${event.kind}`, details: () => mark }, mark);
}
