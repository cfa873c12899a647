/** Holds as a run's ledger has them, for a process that did not see them begin. */
import { z } from "zod";
import type { LedgerEvent } from "../../domain/ledger.ts";
import type { HoldUnderWay } from "./watchers.ts";

export type Objective = { readonly goodPercent: number; readonly latency: number };

const begun = z.looseObject({ step: z.int(), forMs: z.number(), windowMs: z.number() });
const ENDS: readonly string[] = ["hold-passed", "hold-breached"];

/** The hold of that step, whether or not it has ended; null when there is none. */
export function holdOfStep(
  events: readonly LedgerEvent[],
  step: number,
  objective: Objective,
): HoldUnderWay | null {
  const event = events.findLast(({ type, data }) => type === "hold-started" && data["step"] === step);
  return event === undefined ? null : holdOf(event, objective);
}

/** The hold in which the run stands, or null. */
export function holdUnderWay(events: readonly LedgerEvent[], objective: Objective): HoldUnderWay | null {
  if (events.at(-1)?.type === "run-ended") return null;
  const event = events.findLast(({ type }) => type === "hold-started" || ENDS.includes(type));
  return event === undefined || ENDS.includes(event.type) ? null : holdOf(event, objective);
}

function holdOf({ run, time, data }: LedgerEvent, { goodPercent, latency }: Objective): HoldUnderWay | null {
  const read = begun.safeParse(data);
  if (!read.success) return null;
  const { step, forMs, windowMs } = read.data;
  return { run, step, forMs, windowMs, goodPercent, latencyMs: latency, startedAtMs: time };
}
