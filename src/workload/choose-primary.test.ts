import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { choosePrimary, highestTimeline, isWritable } from "./choose-primary.ts";
import type { Probe } from "./probe.ts";

const up = {
  reachable: true,
  inRecovery: false,
  writesBlocked: false,
  migrated: true,
  timeline: 1,
  walBytes: 100,
} as const;
const standby: Probe = { ...up, inRecovery: true, timeline: null };
const gone: Probe = { reachable: false, reason: "ECONNREFUSED" };

function chosen(probes: Readonly<Record<string, Probe>>, seen = 0, current?: string): string | undefined {
  return choosePrimary(new Map(Object.entries(probes)), seen, current)?.cloud;
}

describe("the primary", () => {
  test("is the one that is not in recovery", () => {
    expect(chosen({ aws: standby, azure: up, gcp: standby })).toBe("azure");
  });

  test("is nobody while writes are blocked or all are standbys or gone", () => {
    expect(chosen({ aws: { ...up, writesBlocked: true }, azure: standby })).toBeUndefined();
    expect(chosen({ aws: gone, azure: standby })).toBeUndefined();
  });

  test("is the one on the higher timeline when an old one came back writable", () => {
    expect(chosen({ aws: { ...up, walBytes: 900 }, azure: { ...up, timeline: 2 } }, 0, "aws")).toBe("azure");
  });

  test("is not an old one while the new one does not answer", () => {
    expect(chosen({ aws: up, azure: gone }, 2)).toBeUndefined();
  });

  test("is not an old one while writes at the new one are blocked", () => {
    expect(chosen({ aws: up, azure: { ...up, timeline: 2, writesBlocked: true } })).toBeUndefined();
  });

  test("stays where it is among equals, else is the one that is further", () => {
    const both = { aws: up, azure: { ...up, walBytes: 200 } };
    expect(chosen(both, 1, "aws")).toBe("aws");
    expect(chosen(both, 1)).toBe("azure");
  });
});

test("whatever the copies say, the one chosen may be written to and none seen was on a higher timeline", () => {
  const probes = fc.oneof(
    fc.constant<Probe>(gone),
    fc.record({
      reachable: fc.constant<true>(true),
      inRecovery: fc.boolean(),
      writesBlocked: fc.boolean(),
      migrated: fc.boolean(),
      timeline: fc.option(fc.integer({ min: 1, max: 4 })),
      walBytes: fc.nat(5),
    }),
  );
  const worlds = fc
    .array(probes, { maxLength: 4 })
    .map((list) => new Map(list.map((probe, at) => [`cloud-${at}`, probe])));
  fc.assert(
    fc.property(
      worlds,
      fc.integer({ min: 0, max: 4 }),
      fc.constantFrom(undefined, "cloud-0", "cloud-1"),
      (world, seen, current) => {
        const candidate = choosePrimary(world, seen, current);
        if (candidate === undefined) return;
        expect(isWritable(world.get(candidate.cloud) ?? gone)).toBe(true);
        expect(candidate.timeline).toBe(highestTimeline(world, seen));
      },
    ),
  );
});
