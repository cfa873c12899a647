import { expect, test } from "vitest";
import { lastPrimary, type StoppedMember } from "./last-primary.ts";

function member(cloud: string, changes: Partial<StoppedMember> = {}): StoppedMember {
  return {
    cloud,
    state: "shut-down-in-recovery",
    checkpoint: "0/3000028",
    timeline: 1,
    isFreshClone: false,
    ...changes,
  };
}

test("after a clean stop it is the one that was out of recovery", () => {
  expect(lastPrimary([member("aws"), member("azure", { state: "shut-down" }), member("gcp")], "aws")).toBe(
    "azure",
  );
});

test("after a kill it is the one that was in production", () => {
  const standbys = [
    member("aws", { state: "in-archive-recovery" }),
    member("gcp", { state: "in-archive-recovery" }),
  ];
  expect(lastPrimary([...standbys, member("azure", { state: "in-production" })], "aws")).toBe("azure");
});

test("killed in the middle of a move, the promoted one wins over the old primary that had stopped cleanly", () => {
  const old = member("aws", { state: "shut-down", checkpoint: "0/9000028" });
  const promoted = member("azure", { state: "in-production", timeline: 2 });
  expect(
    lastPrimary([old, promoted, member("gcp", { state: "in-archive-recovery", timeline: 2 })], "aws"),
  ).toBe("azure");
});

test("killed before the promotion, the old primary that had stopped cleanly is it again", () => {
  expect(
    lastPrimary(
      [member("aws", { state: "shut-down" }), member("azure", { state: "in-archive-recovery" })],
      "aws",
    ),
  ).toBe("aws");
});

test("of copies that were never started, the preferred one", () => {
  const copies = ["gcp", "aws", "azure"].map((cloud) => member(cloud, { state: "shut-down" }));
  expect(lastPrimary(copies, "azure")).toBe("azure");
});

test("a clone that was never started is not taken for the server it was copied from", () => {
  const clone = member("gcp", { state: "in-production", isFreshClone: true });
  expect(lastPrimary([clone, member("aws", { state: "in-archive-recovery" })], "aws")).toBeNull();
});

test("none, when a standby knows a higher timeline than every former primary here", () => {
  expect(
    lastPrimary([member("aws", { state: "shut-down" }), member("gcp", { timeline: 2 })], "aws"),
  ).toBeNull();
});
