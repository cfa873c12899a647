/** The inventory that a drill's world runs on: the one that was named, but for what drill, sabotage or slack change in it. */
import { readFile, writeFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { AUTOMATIC_ACTIONS } from "../domain/automatic-actions.ts";
import { loadInventory } from "../drivers/inventory/load.ts";
import type { DrillOptions } from "./options.ts";

/** With the pods that are usual, this much needs one more where a cloud has to carry all: the plan raises and lowers capacity. */
const INTERRUPTED_DEMAND_FLOOR = 160;

/** What begins by itself, and would answer what the drill does to clouds, or a machine that is slow for a moment. */
const TAKEN_OVER = {
  // A planned move is people's; what would answer slow pods beside it would take its locks.
  "planned-failover": AUTOMATIC_ACTIONS,
  interrupted: AUTOMATIC_ACTIONS,
  // How the cloud is brought back, and whether the primary with it, is the story's to say.
  outage: ["restore"],
} as const;

type Wish = Pick<DrillOptions, "drill" | "inventoryFile" | "sabotage" | "slack" | "outage">;

/** Answers the file to use: `into`, written. */
export async function inventoryFor(
  { drill, inventoryFile, sabotage, slack, outage }: Wish,
  into: string,
): Promise<string> {
  const document = parseDocument(await readFile(inventoryFile, "utf8"));
  if (drill === "interrupted") {
    document.setIn(["service", "demand", "floor"], INTERRUPTED_DEMAND_FLOOR);
  }
  for (const action of TAKEN_OVER[drill])
    document.setIn(["profiles", "drill", "automation", action], "observe");
  if (sabotage === "skip-hold") {
    for (const hold of ["dwell", "soak"]) document.setIn(["profiles", "drill", hold], "0s");
  }
  const { inventory } = await loadInventory(inventoryFile);
  if (outage !== null && outage.repeat > 1) {
    // A cloud that is lost once a minute flaps, and each time its way back doubles. What is drilled is many losses that
    // have nothing to do with each other: by the end of a round it has been well for long enough to be forgiven.
    const { back, backMost } = inventory.policies.verdicts;
    document.setIn(["policies", "verdicts", "backMost"], `${Math.min(backMost, back * 2)}ms`);
  }
  document.setIn(["service", "objective", "latency"], `${inventory.service.objective.latency * slack}ms`);
  await writeFile(into, document.toString());
  return into;
}
