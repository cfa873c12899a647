import fc from "fast-check";
import { expect, test } from "vitest";
import { mayBePrimary, type PeerView } from "./fence.ts";

const follower: PeerView = { follows: "aws", primaryOf: null };
const left: PeerView = { follows: null, primaryOf: null };

test("a former primary that a standby still follows may be one again, also while the other is silent", () => {
  expect(mayBePrimary("aws", [follower, follower], 1)).toBe(true);
  expect(mayBePrimary("aws", [follower], 1)).toBe(true);
  expect(mayBePrimary("aws", [follower, { follows: "azure", primaryOf: null }], 1)).toBe(true);
});

test("no answer, no start; and none either once those who answer have left it", () => {
  expect(mayBePrimary("aws", [], 1)).toBe(false);
  expect(mayBePrimary("aws", [left, left], 1)).toBe(false);
  expect(mayBePrimary("aws", [follower, left], 2)).toBe(false);
});

test("beside a primary it never starts", () => {
  expect(mayBePrimary("aws", [follower, { follows: null, primaryOf: 2 }], 1)).toBe(false);
});

test("whatever the group's size, it starts exactly if as many as its commits wait for follow it, and none is a primary", () => {
  const view = fc.record({
    follows: fc.constantFrom("aws", "azure", null),
    primaryOf: fc.option(fc.integer({ min: 1, max: 9 })),
  });
  fc.assert(
    fc.property(fc.array(view, { maxLength: 6 }), fc.nat(4), (views, synchronous) => {
      const following = views.filter(({ follows }) => follows === "aws").length;
      const alone = views.every(({ primaryOf }) => primaryOf === null);
      expect(mayBePrimary("aws", views, synchronous)).toBe(
        alone && following >= synchronous && following > 0,
      );
    }),
  );
});
