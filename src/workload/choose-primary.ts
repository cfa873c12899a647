// Why: which database may a pod write to? Decided from what all of them say at one time; pure.
//
// 1. Only one that is not in recovery and whose writes are not blocked.
// 2. Of several, the one on the highest timeline: after a promotion an old primary that comes back writable is on a
//    lower one.
// 3. Never one on a timeline lower than the highest this pod has seen, also while that one does not answer.
// 4. Two on the same timeline: the one that is the primary already, else the one that is further, so that pods agree.

import type { Probe } from "./probe.ts";

export type Candidate = { readonly cloud: string; readonly timeline: number; readonly walBytes: number };

export function isWritable(probe: Probe): boolean {
  return probe.reachable && !probe.inRecovery && !probe.writesBlocked && probe.timeline !== null;
}

/** The highest timeline among those not in recovery, writes blocked or not, and `seen`. */
export function highestTimeline(probes: ReadonlyMap<string, Probe>, seen: number): number {
  let highest = seen;
  for (const probe of probes.values()) {
    if (probe.reachable && probe.timeline !== null) highest = Math.max(highest, probe.timeline);
  }
  return highest;
}

/** The primary, or undefined when none may be written to. `seen` is the highest timeline so far, 0 at the start. */
export function choosePrimary(
  probes: ReadonlyMap<string, Probe>,
  seen: number,
  current: string | undefined,
): Candidate | undefined {
  const least = highestTimeline(probes, seen);
  const candidates: Candidate[] = [];
  for (const [cloud, probe] of probes) {
    if (!isWritable(probe) || !probe.reachable || probe.timeline === null || probe.timeline < least) continue;
    candidates.push({ cloud, timeline: probe.timeline, walBytes: probe.walBytes });
  }
  return (
    candidates.find((candidate) => candidate.cloud === current) ??
    candidates.toSorted(
      (left, right) => right.walBytes - left.walBytes || left.cloud.localeCompare(right.cloud),
    )[0]
  );
}
