import { beforeEach, expect, test } from "vitest";
import type { ModelEffect } from "../world/events.ts";
import { Consent } from "./consent.ts";

let nowMs: number;
let consent: Consent;
let planned: boolean;

beforeEach(() => {
  nowMs = 1_000;
  planned = true;
  consent = new Consent(() => nowMs, { looksAlike: () => false, isPlanned: () => planned });
  consent.needs("run-1", { people: 1, requestedBy: "olivia" });
  consent.planned("run-1", "the plan");
});

const hour = 3_600_000;
const approval = { human: "priya", hash: "the plan", startByMs: hour, finishByMs: hour };

function effect(over: Partial<ModelEffect> = {}): string | null {
  const did = {
    key: "run-1/3",
    lock: "traffic",
    epoch: 1,
    sequence: 3,
    op: "set-weights",
    atMs: nowMs,
    effector: "edge",
    target: "traffic",
    params: {},
    before: "",
    after: "",
    ...over,
  };
  return consent.rule.after({ kind: "effect", caller: 1, effect: did });
}

test("with an approval of this plan, in time, from somebody else, a run may act", () => {
  consent.said("run-1", approval);
  expect(effect()).toBeNull();
});

test.each([
  ["nobody has approved", null],
  ["the approval is for another plan", { ...approval, hash: "another" }],
  ["it comes from who asked for the run", { ...approval, human: "olivia" }],
  ["its time to begin is over", { ...approval, startByMs: 500 }],
])("where %s, an effect breaks S11", (_name, given) => {
  if (given !== null) consent.said("run-1", given);
  expect(effect()).toContain("0 of 1 approvals");
});

test("a run that was begun in time may act until the approval's end, and not an hour behind it", () => {
  consent.said("run-1", { ...approval, startByMs: 2_000 });
  expect(effect()).toBeNull();
  nowMs = hour;
  expect(effect()).toBeNull();
  nowMs = 2 * hour;
  expect(effect()).toContain("0 of 1 approvals");
});

test("who was about to act in time, and was gone then, may do that one thing when they are back", () => {
  consent.said("run-1", { ...approval, startByMs: 2_000 });
  consent.intends("run-1/3");
  nowMs = 30_000;
  consent.intends("run-1/3");
  expect(effect()).toBeNull();
  consent.needs("run-2", { people: 1, requestedBy: "olivia" });
  consent.planned("run-2", "the plan");
  consent.said("run-2", { ...approval, startByMs: 2_000 });
  consent.intends("run-2/3");
  expect(effect({ key: "run-2/3" })).toContain("0 of 1 approvals");
});

test("what takes something back needs nobody's approval, where a plan is known", () => {
  consent.said("run-1", approval);
  nowMs = 2 * hour;
  planned = false;
  expect(effect()).toBeNull();
  consent.needs("run-2", { people: 1, requestedBy: "olivia" });
  expect(effect({ key: "run-2/3" })).toContain("0 of 1 approvals");
});

test("two approvals of one human are one", () => {
  consent.needs("run-2", { people: 2, requestedBy: "olivia" });
  consent.planned("run-2", "the plan");
  consent.said("run-2", approval);
  consent.said("run-2", approval);
  expect(effect({ key: "run-2/3" })).toContain("1 of 2 approvals");
});

test("what somebody changed by hand since the plan is left alone, and what was changed before it is not", () => {
  consent.said("run-1", approval);
  consent.rule.after({ kind: "by-hand", target: "cluster/azure-west", state: "5" });
  expect(effect()).toBeNull();
  expect(effect({ target: "cluster/azure-west" })).toContain("changed by hand since the plan");
  consent.needs("run-2", { people: 0, requestedBy: "olivia" });
  consent.planned("run-2", "a later plan");
  expect(effect({ key: "run-2/1", target: "cluster/azure-west" })).toBeNull();
});
