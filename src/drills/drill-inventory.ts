/** The inventory that a drill's world runs on: the one that was named, but for what drill, sabotage or slack change in it. */
import { readFile, writeFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { loadInventory } from "../drivers/inventory/load.ts";
import type { DrillOptions } from "./options.ts";

/** With the pods that are usual, this much needs one more where a cloud has to carry all: the plan raises and lowers capacity. */
const INTERRUPTED_DEMAND_FLOOR = 160;

/** Answers the file to use: the one that was named where nothing is changed, else `into`, written. */
export async function inventoryFor(
  {
    drill,
    inventoryFile,
    sabotage,
    slack,
  }: Pick<DrillOptions, "drill" | "inventoryFile" | "sabotage" | "slack">,
  into: string,
): Promise<string> {
  if (drill === "planned-failover" && sabotage !== "skip-hold" && slack === 1) return inventoryFile;
  const document = parseDocument(await readFile(inventoryFile, "utf8"));
  if (drill === "interrupted") {
    document.setIn(["service", "demand", "floor"], INTERRUPTED_DEMAND_FLOOR);
  }
  // How the cloud is brought back, and whether the primary with it, is the story's to say.
  if (drill === "outage") document.setIn(["profiles", "drill", "automation", "restore"], "observe");
  if (sabotage === "skip-hold") {
    for (const hold of ["dwell", "soak"]) document.setIn(["profiles", "drill", hold], "0s");
  }
  const { inventory } = await loadInventory(inventoryFile);
  document.setIn(["service", "objective", "latency"], `${inventory.service.objective.latency * slack}ms`);
  await writeFile(into, document.toString());
  return into;
}
