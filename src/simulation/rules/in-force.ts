/** Whether what an act was to bring about stands in a model world. */
import type { Json, JsonObject } from "../../domain/json.ts";
import type { Cloud } from "../../domain/snapshot.ts";
import type { ModelMember } from "../world/member.ts";
import type { ModelDatabases } from "../world/model-databases.ts";
import type { ModelWorld } from "../world/model-world.ts";
import { nameIn, params } from "./parse-effect.ts";

export type PlannedAct = { readonly op: string; readonly target: string; readonly params: Json };

/** Throws RangeError for an op that nobody does. */
export function isInForce(world: ModelWorld, { op, target, params: raw }: PlannedAct): boolean {
  return standsAsWanted(world, { op, target, wanted: params(raw) });
}

type Wanted = { readonly op: string; readonly target: string; readonly wanted: JsonObject };

/** The same, for whoever looks again and again and has read the parameters already. */
export function standsAsWanted(world: ModelWorld, { op, target, wanted }: Wanted): boolean {
  if (op === "set-weights") return hasWeights(world.policy.weights, wanted["weights"]);
  if (op !== "scale") return inMembers(world, op, wanted);
  const cluster = world.clusters[target.slice(target.indexOf("/") + 1)];
  return cluster?.replicas === wanted["replicas"] && cluster?.ready === wanted["replicas"];
}

function hasWeights(now: Readonly<Record<Cloud, number>>, wanted: Json | undefined): boolean {
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return false;
  return Object.entries(wanted).every(([cloud, points]) => (now[cloud] ?? 0) === points);
}

type Check = (member: ModelMember, wanted: JsonObject, databases: ModelDatabases) => boolean;

const IN_MEMBERS: Readonly<Record<string, Check>> = {
  "block-writes": ({ writesBlocked, running }) => writesBlocked || !running,
  "unblock-writes": ({ writesBlocked }) => !writesBlocked,
  "stop-cleanly": ({ running, stoppedCleanly }) => !running && stoppedCleanly,
  "start-as-primary": ({ running, primary }) => running && primary,
  promote: ({ running, primary }) => running && primary,
  "create-slot": ({ slots }, wanted) => slots.has(nameIn(wanted, "slot")),
  "drop-slot": ({ slots }, wanted) => !slots.has(nameIn(wanted, "slot")),
  "set-synchronous": ({ synchronousNames }, wanted) => synchronousNames === wanted["names"],
  detach: ({ running, primary, follows }) => running && !primary && follows === null,
  attach: ({ follows }, wanted) => follows === nameIn(wanted, "primary"),
  rebuild: ({ follows }, wanted, { replication }) =>
    follows === nameIn(wanted, "primary") && replication.streams(nameIn(wanted, "cloud")),
  follow: ({ follows, timeline }, wanted, { members, replication }) => {
    const source = nameIn(wanted, "primary");
    const streams = follows === source && replication.streams(nameIn(wanted, "cloud"));
    return streams && timeline === members[source]?.timeline;
  },
};

function inMembers({ databases }: ModelWorld, op: string, wanted: JsonObject): boolean {
  const check = IN_MEMBERS[op];
  if (check === undefined) throw new RangeError(`no member does ${op}`);
  const member = databases.members[nameIn(wanted, "cloud")];
  return member !== undefined && check(member, wanted, databases);
}
