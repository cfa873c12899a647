import { expect, test } from "vitest";
import { standbysWaitedFor } from "./synchronous.ts";

test.each([
  ["", 0],
  ["ANY 1 (standby_azure, standby_gcp)", 1],
  ["any 2 (standby_azure, standby_gcp)", 2],
  ["FIRST 2 (a, b, c)", 2],
  ["3 (a, b, c)", 3],
  ["standby_azure, standby_gcp", 1],
  ["*", 1],
])("by the names %j a commit waits for %i", (names, count) => {
  expect(standbysWaitedFor(names)).toBe(count);
});
