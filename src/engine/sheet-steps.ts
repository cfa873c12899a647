/**
 * One planned step as what a person types for it: what must hold first, the command, and the look that proves it.
 *
 * 1. Every command may be typed again: edge and agents answer what stands already as found.
 * 2. Before the commit stands the comparison that the run would make: nothing is promoted that lacks a write.
 */
import { z } from "zod";
import type { DatabaseAct } from "../ports/databases.ts";
import type { Looks } from "../ports/looks.ts";
import { type Course, type CourseAct, type CourseStep, isCourseAct } from "./sheet-course.ts";

const weights = z.object({ weights: z.record(z.string(), z.number()) });
const scaling = z.object({ cluster: z.string(), replicas: z.number() });
const place = z.object({ database: z.string(), cloud: z.string() });
const following = z.object({ primary: z.string(), slot: z.string() });

const UNSTATED_HOLD_MS = 60_000;

export function stepLines(step: CourseStep, course: Course, looks: Looks): string[] {
  if (isCourseAct(step))
    return [...firstLines(step, course, looks), ...step.byHand, ...proofLines(step, looks)];
  switch (step.kind) {
    case "hold":
      return [...looks.hold(step.forMs ?? UNSTATED_HOLD_MS)];
    case "check":
      return checkLines(step.pivot, course, looks);
    case "notify":
      return [];
    default:
      return step satisfies never;
  }
}

/** How to see whether an act has happened, in whole or in part. */
export function lookLines({ op, params }: CourseAct, looks: Looks): readonly string[] {
  const scale = scaling.safeParse(params).data;
  const at = place.safeParse(params).data;
  if (op === "scale" && scale !== undefined) return looks.cluster(scale.cluster);
  return at === undefined ? looks.traffic() : looks.member(at);
}

/** The end of a pivot: everybody follows the new primary, and it takes writes. */
export function pivotEndLines(pivot: string, course: Course, looks: Looks): string[] {
  const lines: string[] = [];
  for (const { kind, pivot: of, params } of course.acts) {
    const at = kind === "commit" && of === pivot ? place.safeParse(params).data : undefined;
    if (at === undefined) continue;
    const others = (course.members[at.database] ?? []).filter((cloud) => cloud !== at.cloud);
    for (const cloud of others) lines.push(...looks.follows({ database: at.database, cloud }, at.cloud));
    lines.push(...looks.writable(at));
  }
  return lines;
}

function firstLines(
  { kind, op, params, before }: CourseAct,
  course: Course,
  looks: Looks,
): readonly string[] {
  const [now, wanted] = [weights.safeParse(before).data?.weights, weights.safeParse(params).data?.weights];
  if (op === "set-weights" && now !== undefined && wanted !== undefined) {
    const rising = Object.keys(wanted).filter((cloud) => (wanted[cloud] ?? 0) > (now[cloud] ?? 0));
    return rising.flatMap((cloud) => looks.healthy(cloud));
  }
  const at = place.safeParse(params).data;
  const from = at === undefined ? null : (course.primaries[at.database] ?? null);
  if (kind !== "commit" || at === undefined || from === null) return [];
  return looks.caughtUp({ database: at.database, from, to: at.cloud });
}

function proofLines({ op, params }: CourseAct, looks: Looks): readonly string[] {
  if (op === "set-weights") {
    const wanted = weights.safeParse(params).data?.weights;
    return wanted === undefined ? [] : looks.weightsStand(wanted);
  }
  if (op === "scale") {
    const wanted = scaling.safeParse(params).data;
    return wanted === undefined ? [] : looks.replicasReady(wanted.cluster, wanted.replicas);
  }
  const at = place.safeParse(params).data;
  const act = provedAct(op, params);
  return at === undefined || act === null ? [] : looks.stands(at, act);
}

/** The acts whose effect is looked for again; the others' own answers show it. */
function provedAct(op: string, params: CourseAct["params"]): DatabaseAct | null {
  switch (op) {
    case "block-writes":
    case "unblock-writes":
    case "stop-cleanly":
    case "start-as-primary":
    case "promote":
      return { act: op };
    case "follow": {
      const to = following.safeParse(params).data;
      return to === undefined ? null : { act: "follow", ...to };
    }
    default:
      return null;
  }
}

/** A check's own code cannot be typed; what it looks at can be looked at. What must hold is beside the acts. */
function checkLines(pivot: string | null, course: Course, looks: Looks): string[] {
  const members = Object.entries(course.members).flatMap(([database, clouds]) =>
    clouds.flatMap((cloud) => looks.member({ database, cloud })),
  );
  return pivot === null ? [...looks.traffic(), ...members] : members;
}
