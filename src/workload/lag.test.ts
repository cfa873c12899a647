import { expect, test } from "vitest";
import { LagTracker } from "./lag.ts";

test("lag cannot be told before the primary was seen", () => {
  expect(new LagTracker().lagAt(100, 0)).toBeUndefined();
});

test("a standby that has replayed all is not behind, however long the primary has been idle", () => {
  const lag = new LagTracker();
  lag.primaryAt(1, 100, 0);
  expect(lag.lagAt(100, 3_600_000)).toEqual({ lagBytes: 0, lagSeconds: 0 });
});

test("seconds count from when the primary was first seen beyond the standby", () => {
  const lag = new LagTracker();
  lag.primaryAt(1, 100, 0);
  lag.primaryAt(1, 200, 1000);
  lag.primaryAt(1, 300, 2000);
  expect(lag.lagAt(100, 5000)).toEqual({ lagBytes: 200, lagSeconds: 4 });
  expect(lag.lagAt(250, 5000)).toEqual({ lagBytes: 50, lagSeconds: 3 });
  expect(lag.lagAt(300, 5000)).toEqual({ lagBytes: 0, lagSeconds: 0 });
});

test("a new timeline starts anew", () => {
  const lag = new LagTracker();
  lag.primaryAt(1, 900, 0);
  lag.primaryAt(2, 950, 1000);
  expect(lag.lagAt(940, 1500)).toEqual({ lagBytes: 10, lagSeconds: 0.5 });
});

test("memory is bounded, and a long lag is not told as a short one", () => {
  const lag = new LagTracker();
  lag.primaryAt(1, 1, 0);
  for (let second = 1; second <= 5000; second += 1) lag.primaryAt(1, 100 + second, second * 1000);
  expect(lag.lagAt(0, 5_000_000)).toEqual({ lagBytes: 5100, lagSeconds: 5000 });
});
