import { expect, test } from "vitest";
import { compareWithUpstream, forkOf } from "./divergence.ts";

const history = "1\t0/5000100\tno recovery target specified\n2\t0/7000200\tno recovery target specified\n";
const upstream = { timeline: 3, history };

test("on the same timeline a server may follow", () => {
  const reach = { timeline: 3, position: "0/9000000", kind: "end" } as const;
  expect(compareWithUpstream(reach, upstream)).toEqual({ verdict: "may-follow" });
});

test.each([
  ["ends before the fork", { timeline: 1, position: "0/50000FF", kind: "end" }],
  ["ends exactly at the fork", { timeline: 2, position: "0/7000200", kind: "end" }],
  ["has its last record before the fork", { timeline: 1, position: "0/5000088", kind: "record" }],
] as const)("on an older timeline a server that %s may follow", (_, reach) => {
  expect(compareWithUpstream(reach, upstream)).toEqual({ verdict: "may-follow" });
});

test.each([
  ["reaches beyond the fork", { timeline: 1, position: "0/5000101", kind: "end" }, "0/5000100"],
  [
    "has a record that begins at the fork",
    { timeline: 2, position: "0/7000200", kind: "record" },
    "0/7000200",
  ],
  ["is on a newer timeline", { timeline: 4, position: "0/1000000", kind: "end" }, null],
] as const)("a server that %s has diverged", (_, reach, forkedAt) => {
  expect(compareWithUpstream(reach, upstream)).toMatchObject({ verdict: "diverged", forkedAt });
});

test("a timeline that is not in the history is another past", () => {
  expect(forkOf("2\t0/7000200\tx\n", 1)).toBeNull();
  expect(
    compareWithUpstream({ timeline: 1, position: "0/1", kind: "end" }, { timeline: 2, history: "" }),
  ).toMatchObject({
    verdict: "diverged",
  });
});
