import { expect, test } from "vitest";
import { behind, insideOf, KillPlan, KINDS, PLACES } from "./kill-plan.ts";

const isBlockedOnly = (place: string) =>
  /pivot-committed|block-writes|stop-cleanly|promote|drop-slot/.test(place);

/** Passes every place that often, in order, and answers who was struck where. */
function walked(plan: KillPlan, rounds: number): string[] {
  const struck: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const place of PLACES) {
      const due = plan.due([place], isBlockedOnly(place));
      if (due === null) continue;
      plan.took(due.place);
      struck.push(`${due.how.kind} ${due.how.victims.join("+")} @ ${due.place}`);
    }
  }
  return struck;
}

test("every place meets every kind once in six rounds", () => {
  const struck = walked(new KillPlan(7), KINDS.length);
  expect(struck).toHaveLength(PLACES.length * KINDS.length);
  expect(new Set(struck).size).toBe(struck.length);
});

test("in one round every place has its turn, and each kind comes up as often as any other", () => {
  const plan = new KillPlan(3);
  const struck = walked(plan, 1);
  expect(plan.unvisited).toEqual([]);
  const times = KINDS.map(
    ({ kind, victims }) => struck.filter((one) => one.startsWith(`${kind} ${victims.join("+")} @`)).length,
  );
  expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
});

test("the same seed makes the same plan, another one another", () => {
  expect(walked(new KillPlan(1), 2)).toEqual(walked(new KillPlan(1), 2));
  expect(walked(new KillPlan(1), 1)).not.toEqual(walked(new KillPlan(2), 1));
});

test("no place is interrupted a third time before every place was interrupted once", () => {
  const plan = new KillPlan(1);
  for (let turn = 0; turn < 2; turn += 1) plan.took(plan.due(["read of rollback"], false)?.place ?? "");
  expect(plan.due(["read of rollback"], false)).toBeNull();
  expect(plan.hits).toBe(2);
});

test("of places passed at the same moment, the one that had fewest turns is struck", () => {
  const plan = new KillPlan(1);
  const place = behind("rollback", "act-intended", "scale");
  plan.took(place);
  expect(plan.due([place, insideOf("rollback", "scale")], false)?.place).toBe("inside scale of rollback");
});

test("while writes are blocked only what is nowhere else is struck, and what nobody knows never", () => {
  const plan = new KillPlan(1);
  expect(
    plan.due([behind("rollback", "act-done", "follow"), insideOf("rollback", "follow")], true),
  ).toBeNull();
  expect(plan.due([insideOf("rollback", "promote")], true)?.place).toBe("inside promote of rollback");
  expect(plan.due(["guarded of rollback"], false)).toBeNull();
});
