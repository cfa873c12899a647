import { expect, test } from "vitest";
import { LostByVerdict } from "./lost-by-verdict.ts";
import type { ModelEffect, WorldEvent } from "../world/events.ts";

const EVEN = { aws: 34, azure: 33, gcp: 33 };

const looked = (aws: string): WorldEvent => ({
  kind: "looked",
  at: "verdicts",
  run: "run-1",
  told: { aws, azure: "healthy", gcp: "healthy" },
});

function set(before: Record<string, number>, weights: Record<string, number>, run = "run-1"): WorldEvent {
  const effect: ModelEffect = {
    key: `${run}/3`,
    lock: "traffic",
    epoch: 1,
    sequence: 3,
    op: "set-weights",
    atMs: 0,
    effector: "edge",
    target: "traffic",
    params: { weights },
    before: JSON.stringify(before),
    after: JSON.stringify(weights),
  };
  return { kind: "effect", effect, caller: 1 };
}

const AWAY = { aws: 0, azure: 50, gcp: 50 };

function judged(...events: readonly WorldEvent[]): (string | null)[] {
  const rule = new LostByVerdict();
  rule.survives("run-1", "aws");
  return events.map((event) => rule.rule.after(event)).filter((what) => what !== null);
}

test("a run that leaves a cloud of which it was only told that it is healthy breaks the rule", () => {
  expect(judged(looked("healthy"), set(EVEN, AWAY))).toEqual([
    "run-1 leaves aws, and was never told anything but that it is healthy",
  ]);
});

test("one that was told once that it is not leaves it by right, and so does a run that survives nothing", () => {
  expect(judged(looked("down"), looked("healthy"), set(EVEN, AWAY))).toEqual([]);
  expect(judged(looked("healthy"), set(EVEN, AWAY, "run-2"))).toEqual([]);
  expect(judged(looked("healthy"), set(AWAY, EVEN))).toEqual([]);
});
