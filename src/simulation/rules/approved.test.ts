import { expect, test } from "vitest";
import type { ModelEffect } from "../world/events.ts";
import { type ApprovedAct, Approvals } from "./approved.ts";

type Did = {
  readonly act: ApprovedAct | undefined;
  readonly sequence: number;
  readonly states?: [string, string];
};

const of = (op: string, cloud: string): ApprovedAct => ({
  op,
  target: `database/wildlifedb@${cloud}`,
  params: { database: "wildlifedb", cloud },
});

const slot: ApprovedAct = {
  op: "create-slot",
  target: "database/wildlifedb@aws",
  params: { database: "wildlifedb", cloud: "aws", slot: "standby_gcp" },
};

function judgedOf(acts: readonly ApprovedAct[], skipped: number) {
  const approvals = new Approvals(() => null);
  approvals.approve("run-1", acts);
  approvals.skip("run-1", skipped);
  return ({ act, sequence, states = ["was", "is"] }: Did): string | null => {
    if (act === undefined) throw new RangeError("there is no such act");
    const [before, after] = states;
    const effect: ModelEffect = {
      ...act,
      key: `run-1/${sequence}`,
      lock: "database/wildlifedb",
      epoch: 1,
      sequence,
      atMs: 0,
      effector: "agent/aws",
      before,
      after,
    };
    return approvals.rule.after({ kind: "effect", effect, caller: 1 });
  };
}

const three = ["aws", "azure", "gcp"].map((cloud) => of("rebuild", cloud));
const NOT_NEXT = /not next in its approved plan/;
const [first, second] = three;

test("an act that people left out while nobody knew whether it had happened may land behind the next one, once", () => {
  const did = judgedOf(three, 1);
  expect(did({ act: second, sequence: 3 })).toBeNull();
  expect(did({ act: first, sequence: 2 })).toBeNull();
  expect(did({ act: first, sequence: 1, states: ["is", "other"] })).toMatch(NOT_NEXT);
});

test("what has landed late may be taken back", () => {
  const [one, other] = ["aws", "azure"].map((cloud) => of("stop-cleanly", cloud));
  const did = judgedOf(
    [one, other].filter((act) => act !== undefined),
    1,
  );
  expect(did({ act: other, sequence: 3 })).toBeNull();
  expect(did({ act: one, sequence: 2 })).toBeNull();
  expect(did({ act: of("start-as-primary", "aws"), sequence: 9, states: ["is", "other"] })).toBeNull();
});

test("one that nobody left out may not land late, nor a setting that may have stood already", () => {
  const did = judgedOf(three, 0);
  expect(did({ act: first, sequence: 2 })).toBeNull();
  expect(did({ act: second, sequence: 3 })).toBeNull();
  expect(did({ act: first, sequence: 1, states: ["is", "other"] })).toMatch(NOT_NEXT);
  const other = judgedOf([slot, ...three], 0);
  expect(other({ act: first, sequence: 3 })).toBeNull();
  expect(other({ act: slot, sequence: 2 })).toMatch(NOT_NEXT);
});
