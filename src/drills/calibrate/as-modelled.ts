/**
 * The faults of the local world in the words of the model: what is done to a cloud there is done to each of its parts here.
 * Slow and failing pods change nothing that an act begins from or leaves.
 *
 * A primary that wakes up beside its successor is ended by its own agent, and comes back like one that crashed
 * (`drivers/local/agent/database/fence.ts`, 3): what thaws is killed for a moment here.
 */
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { FaultMark } from "../../rehearsal/accept-ledger.ts";
import { type Fault, faultCatalogue } from "../../simulation/faults.ts";
import type { Struck } from "./parse-records.ts";

export function marksOf(inventory: Inventory, faults: readonly Struck[]): FaultMark[] {
  const all = faultCatalogue(inventory);
  return faults.flatMap(({ time, what, cloud, fault }) => {
    const own = all.filter((one) => isPartOf(fault, one, partsOf(inventory, cloud)));
    const marks = own.map((one) => ({ timeMs: time, begins: what === "begin", fault: one }));
    return fault === "freeze" && what === "end" ? [...marks, ...endedByItsAgent(cloud, time)] : marks;
  });
}

function endedByItsAgent(cloud: string, timeMs: number): FaultMark[] {
  const fault: Fault = { group: "process", kind: "killed", actor: `database/${cloud}` };
  return [
    { timeMs, begins: true, fault },
    { timeMs, begins: false, fault },
  ];
}

type Parts = { readonly cloud: string; readonly clusters: readonly string[] };

function partsOf({ clusters }: Inventory, cloud: string): Parts {
  return { cloud, clusters: Object.keys(clusters).filter((name) => clusters[name]?.cloud === cloud) };
}

function isPartOf(what: Struck["fault"], { kind, actor }: Fault, { cloud, clusters }: Parts): boolean {
  switch (what) {
    case "kill":
      return kind === "killed" && actor === `cloud/${cloud}`;
    case "freeze": {
      const frozen = [`database/${cloud}`, `agent/${cloud}`, ...clusters.map((name) => `cluster/${name}`)];
      return kind === "frozen" && frozen.includes(actor);
    }
    case "partition":
      if (kind === "replication-cut")
        return actor.startsWith(`link/${cloud}->`) || actor.endsWith(`->${cloud}`);
      return (kind === "control-down" || kind === "edge-cut") && actor === `cloud/${cloud}`;
    case "slow":
    case "errors":
      return false;
  }
}
