import { expect, test } from "vitest";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { exemplarySnapshot } from "../exemplary-snapshot.ts";
import type { Act } from "../../engine/act.ts";
import type { DatabaseMemberFacts, Snapshot } from "../../domain/snapshot.ts";
import { blockWrites, promote, stopCleanly, unblockWrites } from "./primary.ts";
import { createSlot, dropSlot, follow, setSynchronous } from "./replication.ts";

const at = { database: "wildlifedb", cloud: "aws" };

const ACTS: readonly Act[] = [
  blockWrites(at),
  unblockWrites(at),
  stopCleanly(at),
  promote(at),
  createSlot(at, "standby_gcp"),
  dropSlot(at, "standby_gcp"),
  setSynchronous(at, ""),
  follow(at, "gcp", "standby_aws"),
];

/** As agents that do not answer are told of: nothing is known, and all lists are empty. */
const UNREACHABLE: Partial<DatabaseMemberFacts> = {
  state: "unreachable",
  role: null,
  timeline: null,
  position: null,
  replayed: null,
  follows: null,
  streaming: false,
  synchronousNames: "",
  slots: [],
};

function unreachable(facts: Snapshot): Snapshot {
  const members = facts.databases[at.database]?.members ?? {};
  const member = members[at.cloud];
  if (member === undefined) throw new Error("no such member");
  const gone = { ...members, [at.cloud]: { ...member, ...UNREACHABLE } };
  return { ...facts, databases: { [at.database]: { members: gone } } };
}

test.each(ACTS.map((act) => [act.op, act] as const))(
  "%s is not proved by a member that cannot be read",
  (_op, act) => {
    const before = exemplarySnapshot(exampleInventory(), { primary: null, weights: null });
    expect(act.proof(act.expect(before), before).ok).toBe(true);
    expect(act.proof(unreachable(act.expect(before)), before).ok).toBe(false);
  },
);
