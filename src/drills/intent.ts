/** `drill.json`: what was meant to happen, which the judge measures the records against. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { selectProfile } from "../domain/inventory/profile.ts";
import { loadInventory } from "../drivers/inventory/load.ts";
import { PLACES } from "./kill-plan.ts";
import type { Scene } from "./scene.ts";

const LIMITS = { blockedWritesMs: 1_000, p99Ms: 250 };
/** A freeze of 5 s inside the pivot, and what it takes to come back from it. */
const INTERRUPTED_LIMITS = { blockedWritesInPivotMs: 10_000, resumeMs: 5_000, frozenResumeMs: 10_000 };
/** From the kill of a cloud, but for the shift, which counts from the verdict. */
const OUTAGE_LIMITS = {
  detectedMs: 10_000,
  detectedP50Ms: 4_000,
  shiftMs: 2_000,
  writesBackMs: 15_000,
  stallMs: 5_000,
};
/** Of idempotent reads; and of all traffic, in one step of a restoration. */
const OUTAGE_SHARES = { failedReadsPercent: 0.1, restoreStepPoints: 10 };

export type Times = {
  readonly startedAtMs: number;
  readonly loadStartedAtMs: number;
  readonly endedAtMs: number;
};

/** From the inventory that was named, not from one that the drill put in its place. */
export async function writeIntent({ options, out, status }: Scene, times: Times): Promise<void> {
  const { inventory } = await loadInventory(options.inventoryFile);
  const holds = (name: string) => {
    const { dwell, soak, holdWindow } = selectProfile(inventory, name);
    return { dwellMs: dwell, soakMs: soak, windowMs: holdWindow };
  };
  const intent = {
    drill: options.drill,
    profile: status.profile,
    ratePerSecond: options.ratePerSecond,
    from: options.from,
    to: options.to,
    database: "move",
    ...times,
    expectations: {
      blockedWritesMs: LIMITS.blockedWritesMs * options.slack,
      p99Ms: LIMITS.p99Ms * options.slack,
      ...(options.drill === "interrupted" ? interruptedLimits(options) : {}),
      ...(options.drill === "outage" ? outageLimits(options) : {}),
    },
    ...(options.outage === null ? {} : { outage: options.outage }),
    slack: options.slack,
    holds: holds("drill"),
    productionHolds: holds("production"),
    statedWeights: inventory.edge.weights,
    sabotage: options.sabotage,
  };
  await writeFile(join(out, "drill.json"), `${JSON.stringify(intent, null, 2)}\n`);
}

function interruptedLimits({ kills, slack }: Scene["options"]) {
  const { blockedWritesInPivotMs, resumeMs, frozenResumeMs } = INTERRUPTED_LIMITS;
  return {
    kills,
    places: kills >= PLACES.length ? PLACES : [],
    blockedWritesInPivotMs: blockedWritesInPivotMs * slack,
    resumeMs: resumeMs * slack,
    frozenResumeMs: frozenResumeMs * slack,
  };
}

function outageLimits({ slack }: Scene["options"]) {
  const times = Object.entries(OUTAGE_LIMITS).map(([name, ms]) => [name, ms * slack] as const);
  return { ...Object.fromEntries(times), ...OUTAGE_SHARES };
}
