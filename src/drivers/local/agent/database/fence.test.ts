import fc from "fast-check";
import { expect, test } from "vitest";
import { mayBePrimary, type PeerView } from "./fence.ts";

const PEERS = 2;
const quiet: PeerView = { epoch: 3, primaryOf: null };

test("a former primary that nobody took the place of may be one again, also while one peer is silent", () => {
  expect(mayBePrimary(3, [quiet, quiet], PEERS)).toBe(true);
  expect(mayBePrimary(3, [quiet], PEERS)).toBe(true);
});

test("no answer, no start", () => {
  expect(mayBePrimary(3, [], PEERS)).toBe(false);
});

test("one peer that has seen a newer epoch is enough for a no, and so is one that is a primary", () => {
  expect(mayBePrimary(3, [quiet, { ...quiet, epoch: 4 }], PEERS)).toBe(false);
  expect(mayBePrimary(3, [quiet, { ...quiet, primaryOf: 2 }], PEERS)).toBe(false);
});

test("whatever the group's size: it starts exactly with a majority, none of which knows of a newer epoch or a primary", () => {
  const view = fc.record({ epoch: fc.nat(9), primaryOf: fc.option(fc.integer({ min: 1, max: 9 })) });
  fc.assert(
    fc.property(fc.nat(9), fc.array(view, { maxLength: 6 }), fc.nat(6), (epoch, views, silent) => {
      const peers = views.length + silent;
      const isMajority = (views.length + 1) * 2 > peers + 1;
      const objects = views.some((one) => one.epoch > epoch || one.primaryOf !== null);
      expect(mayBePrimary(epoch, views, peers)).toBe(isMajority && !objects);
    }),
  );
});
