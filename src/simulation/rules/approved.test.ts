import { expect, test } from "vitest";
import type { ModelEffect } from "../world/events.ts";
import { type ApprovedAct, Approvals } from "./approved.ts";

const acts: readonly ApprovedAct[] = ["aws", "azure", "gcp"].map((cloud) => ({
  op: "rebuild",
  target: `database/wildlifedb@${cloud}`,
  params: { database: "wildlifedb", cloud },
}));

function did(approvals: Approvals, number: number, sequence: number): string | null {
  const act = acts[number];
  if (act === undefined) throw new RangeError(`there is no act ${number}`);
  const effect: ModelEffect = {
    ...act,
    key: `run-1/${sequence}`,
    lock: "database/wildlifedb",
    epoch: 1,
    sequence,
    atMs: 0,
    effector: "agent/aws",
    before: '{"was":1}',
    after: '{"is":1}',
  };
  return approvals.rule.after({ kind: "effect", effect, caller: 1 });
}

function ofThree(skipped: number): Approvals {
  const approvals = new Approvals(() => null);
  approvals.approve("run-1", acts);
  approvals.skip("run-1", skipped);
  return approvals;
}

test("an act that people left out while nobody knew whether it had happened may land behind the next one, once", () => {
  const approvals = ofThree(1);
  expect(did(approvals, 1, 3)).toBeNull();
  expect(did(approvals, 0, 2)).toBeNull();
  expect(did(approvals, 0, 1)).toMatch(/not next in its approved plan/);
});

test("one that nobody left out may not", () => {
  const approvals = ofThree(0);
  expect(did(approvals, 0, 2)).toBeNull();
  expect(did(approvals, 1, 3)).toBeNull();
  expect(did(approvals, 0, 1)).toMatch(/not next in its approved plan/);
});
