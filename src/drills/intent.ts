/** `drill.json`: what was meant to happen, which the judge measures the records against. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { selectProfile } from "../domain/inventory/profile.ts";
import { loadInventory } from "../drivers/inventory/load.ts";
import { PLACES } from "./kill-plan.ts";
import type { Scene } from "./scene.ts";

const LIMITS = { blockedWritesMs: 1_000, p99Ms: 250 };
/** A freeze of 5 s inside the pivot, and what it takes to come back from it. */
const INTERRUPTED_LIMITS = { blockedWritesInPivotMs: 10_000, resumeMs: 5_000 };

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
    },
    slack: options.slack,
    holds: holds("drill"),
    productionHolds: holds("production"),
    statedWeights: inventory.edge.weights,
    sabotage: options.sabotage,
  };
  await writeFile(join(out, "drill.json"), `${JSON.stringify(intent, null, 2)}\n`);
}

function interruptedLimits({ kills, slack }: Scene["options"]) {
  const { blockedWritesInPivotMs, resumeMs } = INTERRUPTED_LIMITS;
  return {
    kills,
    places: kills >= PLACES.length ? PLACES : [],
    blockedWritesInPivotMs: blockedWritesInPivotMs * slack,
    resumeMs: resumeMs * slack,
  };
}
