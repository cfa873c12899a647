import fc from "fast-check";
import { expect, test } from "vitest";
import { RetryBudget } from "./retry-budget.ts";

test("retries never exceed a fifth of the requests, the floor of ten, and one a second", () => {
  const event = fc.oneof(fc.constant("request" as const), fc.constant("retry" as const), fc.nat(2000));
  fc.assert(
    fc.property(fc.array(event, { maxLength: 2000 }), (events) => {
      let nowMs = 0;
      let requests = 0;
      let retries = 0;
      const budget = new RetryBudget(() => nowMs);
      for (const one of events) {
        if (one === "request") {
          requests++;
          budget.earn();
        } else if (one === "retry") {
          if (budget.take()) retries++;
        } else nowMs += one;
        expect(retries).toBeLessThanOrEqual(0.2 * requests + 10 + nowMs / 1000 + 1e-6);
      }
    }),
  );
});

test("a quiet gateway can retry a lone request, and what a busy one saved carries the loss of a cloud", () => {
  const clock = { nowMs: 0 };
  const budget = new RetryBudget(() => clock.nowMs);
  while (budget.take());
  clock.nowMs = 1000;
  expect([budget.take(), budget.take()]).toEqual([true, false]);
  for (let n = 0; n < 1000; n++) budget.earn();
  let retries = 0;
  while (budget.take()) retries++;
  expect(retries).toBe(200);
});
