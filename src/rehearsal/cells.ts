/** The cells that coverage counts: a kind of fault, begun at an await point of a runbook, in a phase of that call. */
import type { Fault } from "../simulation/faults.ts";
import { PHASES, type Place } from "./schedule.ts";

export type Phase = Place["phase"];

export function cellOf(
  runbook: string,
  { kind }: Pick<Fault, "kind">,
  at: Pick<Place, "call" | "phase">,
): string {
  return `${runbook}|${kind}|${at.call}|${at.phase}`;
}

const ENDS_A_WORKER: ReadonlySet<string> = new Set(["crash", "gone"]);

/**
 * The phases in which a kind can begin. A reply can only be lost that is still to come; and a worker that has nothing under
 * way any more can die, but neither be doubled nor come late.
 */
export function phasesOf(fault: Fault): readonly Phase[] {
  if (fault.actor !== "orchestrator" || ENDS_A_WORKER.has(fault.kind)) return PHASES;
  return fault.kind === "reply-lost" ? ["before"] : ["before", "during"];
}
