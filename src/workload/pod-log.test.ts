import { expect, test } from "vitest";
import { fewPerSecond } from "./pod-log.ts";

test("a few lines a second pass, and how many did not is told in the next second", () => {
  const told: number[] = [];
  const passes = fewPerSecond(2, (left) => told.push(left));
  expect([0, 10, 20, 999].map(passes)).toEqual([true, true, false, false]);
  expect(told).toEqual([]);
  expect(passes(1000)).toBe(true);
  expect(told).toEqual([2]);
  expect(passes(5000)).toBe(true);
  expect(told).toEqual([2]);
});
