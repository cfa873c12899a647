import { expect, test } from "vitest";
import { FailureLog } from "./failure-log.ts";

test("a storm of failures leaves ten lines a second, and the next one says how many were left out", () => {
  const clock = { nowMs: 0 };
  const written: [number, number][] = [];
  const log = new FailureLog<number>(
    () => clock.nowMs,
    (failure, leftOut) => written.push([failure, leftOut]),
  );
  for (let n = 0; n < 25; n++) log.add(n);
  clock.nowMs = 1000;
  log.add(25);
  log.add(26);
  expect(written).toHaveLength(12);
  expect(written.slice(9)).toEqual([
    [9, 0],
    [25, 15],
    [26, 0],
  ]);
});
