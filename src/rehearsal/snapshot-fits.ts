/** Whether a snapshot is of a world that an inventory describes, so that the model can begin from it. */
import type { Inventory } from "../domain/inventory/schema.ts";
import type { Snapshot } from "../domain/snapshot.ts";

/** The snapshot is not of a world of this inventory. */
export class UnusableSnapshot extends Error {
  constructor(misfits: readonly string[]) {
    super(misfits.join("; "));
    this.name = "UnusableSnapshot";
  }
}

/** Throws UnusableSnapshot. */
export function requireFit(inventory: Inventory, snapshot: Snapshot): void {
  const misfits = misfitsOf(inventory, snapshot);
  if (misfits.length > 0) throw new UnusableSnapshot(misfits);
}

/** What does not fit, in words; empty where all does. */
function misfitsOf(inventory: Inventory, { clouds, clusters, traffic, databases }: Snapshot): string[] {
  const named = Object.keys(inventory.clouds);
  return [
    ...differences("cloud", named, clouds),
    ...differences("cluster", Object.keys(inventory.clusters), clusters),
    ...differences("weight of", named, traffic.weights),
    ...differences("database", Object.keys(inventory.databases), databases),
    ...Object.entries(inventory.databases).flatMap(([name, { members }]) =>
      differences(`member of ${name} in`, Object.keys(members), databases[name]?.members ?? {}),
    ),
  ];
}

function differences(what: string, names: readonly string[], found: object): string[] {
  const known = new Set(names);
  return [
    ...names.filter((name) => !Object.hasOwn(found, name)).map((name) => `it has no ${what} ${name}`),
    ...Object.keys(found)
      .filter((name) => !known.has(name))
      .map((name) => `it has a ${what} ${name}, which the inventory does not name`),
  ];
}
