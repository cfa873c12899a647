/**
 * The schedule loop's step: what is in the way of what is due, from what one server sees. Pure.
 *
 * 1. Nothing scheduled begins beside an incident: a cloud that is not known to be healthy, an outage that automation has not
 *    seen the end of, a run that has locks; nor while automation is stopped.
 * 2. A drill takes something away. It begins only from a steady state: the objective was held lately, every standby follows
 *    its one primary, and what is ready would carry the demand without any one cloud.
 * 3. What could not be read is in the way, and says so.
 *
 * Whether something begins is for the schedule to say, which hears all servers. What a drill does then is guarded, held and
 * undone like every run.
 */
import type { AutomationState } from "../../domain/automation.ts";
import { capacityPicture } from "../../domain/capacity-picture.ts";
import type { StatedClusters } from "../../domain/capacity.ts";
import { breachIn, type Objective } from "../../domain/objective.ts";
import { type Look, stoppedBy } from "../../domain/schedule.ts";
import { type Cloud, primariesOf, type Snapshot } from "../../domain/snapshot.ts";
import type { PastWindow } from "../../ports/edge.ts";

export type Seen = {
  readonly facts: Snapshot;
  readonly automation: AutomationState;
  readonly held: readonly { readonly lock: string; readonly run: string }[];
  /** What clients were answered lately, and how many windows that would be if all of it were known. */
  readonly past: { readonly windows: readonly PastWindow[]; readonly expected: number };
};

export type Stated = {
  readonly clouds: readonly Cloud[];
  readonly clusters: StatedClusters;
  readonly objective: Objective;
};

export function lookOf(seen: Seen, stated: Stated): Look {
  return {
    trouble: [
      ...unwell(seen.facts, stated.clouds),
      ...automationsOwn(seen.automation),
      ...runsInTheWay(seen.held),
    ],
    unsteady: [
      ...missedLately(seen.past, stated.objective),
      ...withoutFollowers(seen.facts),
      ...tooSmall(seen.facts, stated),
    ],
  };
}

/** A server that could not look stands in the way of everything. */
export function blindLook(why: string): Look {
  return { trouble: [`a server could not look: ${why}`], unsteady: [] };
}

function unwell({ clouds }: Snapshot, named: readonly Cloud[]): string[] {
  return named.flatMap((cloud) => {
    const { verdict = "unknown", reason = "nobody has looked at it" } = clouds[cloud] ?? {};
    return verdict === "healthy" ? [] : [`${cloud} is ${verdict}${reason === "" ? "" : ` (${reason})`}`];
  });
}

function automationsOwn({ stopped, clouds }: AutomationState): string[] {
  const open = Object.entries(clouds).filter(([, { outage }]) => outage !== null);
  return [
    ...(stopped === null ? [] : [stoppedBy(stopped.by)]),
    ...open.map(([cloud]) => `the outage of ${cloud} is not over`),
  ];
}

function runsInTheWay(held: Seen["held"]): string[] {
  return [...new Set(held.map(({ run }) => run))].map((run) => {
    const locks = held.filter((one) => one.run === run).map(({ lock }) => lock);
    return `${run} has ${locks.join(", ")}`;
  });
}

function missedLately({ windows, expected }: Seen["past"], objective: Objective): string[] {
  if (windows.length * 2 < expected)
    return [`the edge knows ${windows.length} of the last ${expected} windows: too few to call it steady`];
  const breaches = windows.flatMap((window) => breachIn(window, objective, window.ms) ?? []);
  const [first] = breaches;
  return first === undefined ? [] : [`the objective was missed lately: ${first}`];
}

function withoutFollowers(facts: Snapshot): string[] {
  return Object.entries(facts.databases).flatMap(([database, { members }]) => {
    const primaries = primariesOf(facts, database);
    if (primaries.length !== 1) return [`${database} has ${primaries.length} primaries`];
    const lost = Object.keys(members).filter(
      (cloud) => members[cloud]?.role !== "primary" && !members[cloud]?.streaming,
    );
    return lost.length === 0 ? [] : [`${database}: ${lost.join(", ")} does not follow its primary`];
  });
}

function tooSmall(facts: Snapshot, { clouds, clusters }: Stated): string[] {
  const { worstLoss } = capacityPicture(facts, { clouds, clusters });
  if (worstLoss === null || worstLoss.survives) return [];
  const { lost, remaining, demand } = worstLoss;
  return [`without ${lost} ${Math.floor(remaining)} of ${Math.ceil(demand)} requests/s could be served`];
}
