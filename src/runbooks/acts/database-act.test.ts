import { expect, test } from "vitest";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { exemplarySnapshot } from "../exemplary-snapshot.ts";
import type { Act } from "../../engine/act.ts";
import { type Snapshot, UNREACHABLE_MEMBER } from "../../domain/snapshot.ts";
import { blockWrites, promote, stopCleanly, unblockWrites } from "./primary.ts";
import { createSlot, detach, dropSlot, follow, rebuild, setSynchronous } from "./replication.ts";

const at = { database: "wildlifedb", cloud: "aws" };

const ACTS: readonly Act[] = [
  blockWrites(at),
  unblockWrites(at),
  stopCleanly(at),
  promote(at, "standby_aws"),
  createSlot(at, "standby_gcp"),
  dropSlot(at, "standby_gcp"),
  setSynchronous(at, ""),
  follow(at, "gcp", "standby_aws"),
  detach({ ...at, cloud: "azure" }, "standby_azure"),
  rebuild(at, { primary: "gcp", slot: "standby_aws", deadlineMs: 1_000 }),
];

function unreachable(facts: Snapshot, { params }: Act): Snapshot {
  const { cloud } = params;
  if (typeof cloud !== "string") throw new Error("the act names no cloud");
  const members = facts.databases[at.database]?.members ?? {};
  const gone = { ...members, [cloud]: UNREACHABLE_MEMBER };
  return { ...facts, databases: { [at.database]: { members: gone, alone: { cloud: null } } } };
}

test.each(ACTS.map((act) => [act.op, act] as const))(
  "%s is not proved by a member that cannot be read",
  (_op, act) => {
    const before = exemplarySnapshot(exampleInventory(), { primary: null, weights: null });
    expect(act.proof(act.expect(before), before).ok).toBe(true);
    expect(act.proof(unreachable(act.expect(before), act), before).ok).toBe(false);
  },
);
