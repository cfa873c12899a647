import { expect, test } from "vitest";
import { breachIn } from "./objective.ts";

const OBJECTIVE = { goodPercent: 99.9, latencyMs: 250 };
const WHOLE_MS = 2_000;

/** 200 requests/s. */
const seen = (ms: number, slow: number, failed = 0) =>
  breachIn({ ms, requests: ms / 5, failed, slow, p99Ms: slow > 0 ? 900 : 40 }, OBJECTIVE, WHOLE_MS);

test("a whole window is missed by its 99th percentile", () => {
  expect(seen(WHOLE_MS, 0)).toBeNull();
  expect(seen(WHOLE_MS, 5)).toBe("p99 was 900 ms over 2000 ms; the objective is 250 ms");
});

test("one that has only begun is missed once more answers were slow than the whole of it may have", () => {
  expect(seen(500, 4)).toBeNull();
  expect(seen(500, 5)).toMatch(/over 500 ms/);
  expect(seen(1_500, 4)).toBeNull();
  expect(seen(500, 100)).toMatch(/over 500 ms/);
});

test("failures are no less a miss in a window that has only begun", () => {
  expect(seen(500, 0, 1)).toMatch(/1 of 100 requests failed/);
  expect(breachIn({ ms: 500, requests: 3, failed: 3, slow: 0, p99Ms: null }, OBJECTIVE, WHOLE_MS)).toMatch(
    /all of 3/,
  );
});
