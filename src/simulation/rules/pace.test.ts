/** S6 and S15: weights in steps, holds that somebody watched, and tries with pauses between them. */
import { describe, expect, test } from "vitest";
import { SHIFT, START, act, approved, effectOf, look, shift } from "../testing/acts.ts";
import { Night } from "../testing/night.ts";

describe("S6, in steps and with holds", () => {
  const pace = { stepMost: 5, dwellMs: 2_000, pivotMs: 20_000 };
  const acts = [shift({ ...START, aws: 32, azure: 35 }), shift(SHIFT)];
  const [first] = acts;

  async function shiftTwice(between: (night: Night) => Promise<void> | void): Promise<string[]> {
    const night = approved(acts, { pace });
    await night.setWeights(first?.params.weights ?? {});
    look(night, "policy");
    await between(night);
    look(night, "policy");
    await night.setWeights(SHIFT);
    return night.broken;
  }

  test("is broken by a step that is too large", async () => {
    const large = { aws: 28, azure: 39, gcp: 33 };
    const night = approved([shift(large)], { pace });
    await night.setWeights(large);
    expect(night.broken).toEqual(["S6"]);
  });

  test("is broken by a hold that is too short, and kept by one that people pass over", async () => {
    expect(await shiftTwice((night) => night.pass(1_900))).toEqual(["S6"]);
    expect(await shiftTwice((night) => night.pass(2_000))).toEqual([]);
    expect(await shiftTwice((night) => night.checker.skip("run-1", 0))).toEqual([]);
  });

  test("is broken by going on over what a watcher saw, or where it saw next to nothing", async () => {
    const after = (seen: { samples: number; breach: string | null }) =>
      shiftTwice(async (night) => {
        await night.pass(2_000);
        night.checker.pace.watched("run-1", 4, { ...seen, expected: 8 });
      });
    expect(await after({ samples: 8, breach: "9 of 10 requests failed" })).toEqual(["S6"]);
    expect(await after({ samples: 2, breach: null })).toEqual(["S6"]);
    expect(await after({ samples: 4, breach: null })).toEqual([]);
  });

  test("is kept where what went wrong was seen in a hold that people had passed over before", async () => {
    const bad = { samples: 2, expected: 8, breach: "7 of 23 requests failed" };
    const passedOver = (step: number) =>
      shiftTwice(async (night) => {
        night.checker.pace.watched("run-1", 4, { samples: 0, expected: 8, breach: null });
        night.checker.skip("run-1", 0);
        await night.pass(2_000);
        night.checker.pace.watched("run-1", step, bad);
      });
    expect(await passedOver(4)).toEqual([]);
    expect(await passedOver(6)).toEqual(["S6"]);
  });

  test("is kept by what was asked for before a hold and comes late in it, and holds what comes behind that", async () => {
    const rebuild = act("rebuild", "aws");
    const asked = { op: rebuild.op, lock: "traffic", section: "databases", stale: false } as const;
    const bad = { samples: 8, expected: 8, breach: "9 of 10 requests failed" };
    for (const [when, broken] of [
      ["before", []],
      ["after", ["S6"]],
    ] as const) {
      const night = approved([rebuild, rebuild], { pace });
      const ask = () => night.checker.after({ kind: "asked", key: "run-1/1", caller: 1, ...asked });
      if (when === "before") ask();
      await night.pass(1_000);
      night.checker.pace.watched("run-1", 4, bad);
      if (when === "after") ask();
      effectOf(night, rebuild, "run-1/1");
      expect(night.broken.filter((one) => one === "S6")).toEqual(broken);
      effectOf(night, rebuild, "run-1/2");
      expect(night.broken.filter((one) => one === "S6")).toEqual(["S6"]);
    }
  });

  test("is broken by a promotion long behind a pivot's deadline", async () => {
    for (const [ms, broken] of [
      [20_000, []],
      [60_000, ["S6"]],
    ] as const) {
      const night = approved([
        act("block-writes", "aws"),
        act("stop-cleanly", "aws"),
        act("promote", "azure"),
      ]);
      await night.perform("aws", { act: "block-writes" });
      look(night, "databases", null, "run-2");
      await night.perform("aws", { act: "stop-cleanly" });
      await night.pass(ms);
      look(night, "databases", null, "run-2");
      await night.perform("azure", { act: "promote" });
      expect(night.broken.filter((one) => one === "S6")).toEqual(broken);
    }
  });
});

describe("S15, tries of an act", () => {
  const asked = (caller = 1) =>
    ({
      kind: "asked",
      key: "run-1/4",
      lock: "traffic",
      stale: false,
      op: "scale",
      section: "traffic",
      caller,
    }) as const;

  test("is broken by two tries of one worker at one time, not by its twin's", async () => {
    const night = new Night();
    night.checker.after(asked(1));
    night.checker.after(asked(2));
    expect(night.broken).toEqual([]);
    night.checker.after(asked(1));
    expect(night.broken).toEqual(["S15"]);
  });

  test("is kept by the one try at once that a person asks that run for", () => {
    const night = new Night();
    night.checker.after(asked());
    night.checker.pace.retried("run-1");
    night.checker.after(asked());
    expect(night.broken).toEqual([]);
    night.checker.pace.retried("run-2");
    night.checker.after(asked());
    expect(night.broken).toEqual(["S15"]);
  });

  test("is broken by more than a dozen of them", async () => {
    const night = new Night();
    for (let number = 0; number < 13; number += 1) {
      expect(night.broken).toEqual([]);
      night.checker.after(asked());
      await night.pass(100);
    }
    expect(night.broken).toEqual(["S15"]);
  });
});
