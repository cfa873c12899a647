/** What every night is laid over: the inventory of whoever rehearses, and all that can go wrong in a world made from it. */
import type { Inventory } from "../domain/inventory/schema.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import { type Fault, faultCatalogue } from "../simulation/faults.ts";

/**
 * The orchestrator's own troubles: what can become of the worker that makes a call, and of its reply. Whoever takes over from
 * one that crashed comes at once, from one that is gone only after a while.
 */
const ORCHESTRATOR_FAULTS: readonly Fault[] = [
  { group: "process", kind: "crash", actor: "orchestrator" },
  { group: "process", kind: "gone", actor: "orchestrator" },
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
  /** Those that need no call to strike: they can come at any moment. */
  readonly faultsOfWorld: readonly Fault[];
  /** The live world that nights begin from; else one as the inventory wants it. */
  readonly snapshot?: Snapshot;
};

export function groundOf(inventory: Inventory): Ground {
  const faultsOfWorld = faultCatalogue(inventory);
  return {
    inventory: withPeople(inventory),
    faults: [...ORCHESTRATOR_FAULTS, ...EFFECTOR_FAULTS, ...faultsOfWorld],
    faultsOfWorld,
  };
}

/** Null: none of the world can come at a moment under that name. */
export function faultAtAMoment(
  { faultsOfWorld }: Pick<Ground, "faultsOfWorld">,
  { kind, actor }: Pick<Fault, "kind" | "actor">,
): Fault | null {
  return faultsOfWorld.find((one) => one.kind === kind && one.actor === actor) ?? null;
}

/** The profile whose holds are shortest. */
export function shortest({ profiles }: Inventory): string {
  const [first] = Object.entries(profiles).toSorted(([, one], [, other]) => one.soak - other.soak);
  if (first === undefined) throw new RangeError("the inventory has no profile");
  return first[0];
}

/** Its approvals come from people, and its holds take no time: so people are rehearsed as often as machines. */
export const BY_PEOPLE = "rehearsal-by-people";

function withPeople(inventory: Inventory): Inventory {
  const { profiles } = inventory;
  const short = profiles[shortest(inventory)];
  const strict = Object.values(profiles).find(({ approvals }) =>
    Object.values(approvals).some(({ by }) => by === "people"),
  );
  if (short === undefined || strict === undefined) return inventory;
  const approvals = strict.approvals;
  return { ...inventory, profiles: { ...profiles, [BY_PEOPLE]: { ...short, approvals } } };
}

/** Over in a moment: it has no length. */
export function isMomentary({ actor }: Fault): boolean {
  return actor === "orchestrator";
}
