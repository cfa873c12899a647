/** What every night is laid over: the inventory of whoever rehearses, and all that can go wrong in a world made from it. */
import type { Inventory } from "../domain/inventory/schema.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import { type Fault, faultCatalogue } from "../simulation/faults.ts";

/** The orchestrator's own troubles: what can become of the worker that makes a call, and of its reply. */
const ORCHESTRATOR_FAULTS: readonly Fault[] = [
  { group: "process", kind: "crash", actor: "orchestrator" },
  { group: "process", kind: "twin", actor: "orchestrator" },
  { group: "process", kind: "zombie-soon", actor: "orchestrator" },
  { group: "process", kind: "zombie-at-end", actor: "orchestrator" },
  { group: "api", kind: "reply-lost", actor: "orchestrator" },
];

/** What becomes of an act at its effector: refused for good, or cut off before the effector has noted its key. */
const EFFECTOR_FAULTS: readonly Fault[] = [
  { group: "api", kind: "fails-for-good", actor: "effector" },
  { group: "api", kind: "cut-off", actor: "effector" },
];

export type Ground = {
  readonly inventory: Inventory;
  /** Every fault that a schedule may name. */
  readonly faults: readonly Fault[];
  /** The live world that nights begin from; else one as the inventory wants it. */
  readonly snapshot?: Snapshot;
};

export function groundOf(inventory: Inventory): Ground {
  return { inventory, faults: [...ORCHESTRATOR_FAULTS, ...EFFECTOR_FAULTS, ...faultCatalogue(inventory)] };
}

/** Over in a moment: it has no length. */
export function isMomentary({ actor }: Fault): boolean {
  return actor === "orchestrator";
}
