/** What the guards of an installation go by, from its inventory. */
import type { Inventory } from "../inventory/schema.ts";
import type { GuardPolicy } from "./guard.ts";

export function guardPolicyOf({ clouds, clusters, policies, databases }: Inventory): GuardPolicy {
  const { rpo, surviveAnotherLoss } = policies;
  const synchronous: Record<string, number> = {};
  for (const [name, group] of Object.entries(databases)) synchronous[name] = group.synchronous;
  return {
    clouds: Object.keys(clouds),
    clusters,
    rpoBytes: rpo.bytes,
    surviveAnotherLoss,
    synchronous,
  };
}
