/** Rules about what a run knew, saw and said: each turns red by what breaks it, and stays green by what only looks like it. */
import { describe, expect, test } from "vitest";
import { fault, Night, type NightOptions } from "../testing/night.ts";
import type { LookedAt, Told } from "../world/events.ts";

const START = { aws: 34, azure: 33, gcp: 33 };
const SHIFT = { aws: 29, azure: 38, gcp: 33 };
const HEALTHY = { aws: "healthy", azure: "healthy", gcp: "healthy" };

const shift = (weights: Record<string, number>) => ({
  op: "set-weights",
  target: "traffic",
  params: { weights },
});
const scale = (cluster: string, replicas: number) => ({
  op: "scale",
  target: `cluster/${cluster}`,
  params: { cluster, replicas },
});
const act = (op: string, cloud: string, of: Record<string, string> = {}) => ({
  op,
  target: `database/wildlifedb@${cloud}`,
  params: { database: "wildlifedb", cloud, ...of },
});

function look(night: Night, at: LookedAt, told: Told | null = null, run = "run-1"): void {
  night.checker.after({ kind: "looked", at, run, told });
}

function lookAtAll(night: Night, told: Told = HEALTHY): void {
  for (const at of ["policy", "clusters", "databases"] as const) look(night, at);
  look(night, "verdicts", told);
}

function approved(
  acts: Parameters<Night["checker"]["approve"]>[1],
  limits: NightOptions["limits"] = {},
): Night {
  const night = new Night({ limits });
  night.checker.approve("run-1", acts);
  night.checker.approve("run-2", acts);
  return night;
}

describe("S9, nothing is built on what no look has shown", () => {
  const acts = [scale("azure-west", 4), shift(SHIFT)];

  test("is broken by the next step's act when nobody has looked, or looked elsewhere", async () => {
    const night = approved(acts);
    await night.scale("azure-west", 4);
    look(night, "databases");
    look(night, "clusters", null, "run-2");
    await night.setWeights(SHIFT);
    expect(night.broken).toEqual(["S9"]);
  });

  test("is broken when the look showed that it does not stand", async () => {
    const night = new Night({ ranges: { podReadyMs: [9_000, 9_000] } });
    night.checker.approve("run-1", acts);
    await night.scale("azure-west", 4);
    look(night, "clusters");
    await night.setWeights(SHIFT);
    expect(night.broken).toEqual(["S9"]);
  });

  test("is kept by one look that showed it, by one that may have been told old things, and by people", async () => {
    for (const seen of [
      (night: Night) => look(night, "clusters"),
      (night: Night) => {
        night.world.inject(fault("api", "stale-read", "observer"));
        look(night, "clusters");
      },
      (night: Night) => night.checker.skip("run-1", 1),
    ]) {
      const night = approved(acts);
      await night.scale("azure-west", 4);
      seen(night);
      await night.setWeights(SHIFT);
      expect(night.broken).toEqual([]);
    }
  });

  test("knows of each act on a member whether it stands", async () => {
    const moves = [
      ["azure", { act: "create-slot", slot: "standby_aws" }],
      ["azure", { act: "set-synchronous", names: "ANY 1 (standby_aws, standby_gcp)" }],
      ["aws", { act: "block-writes" }],
      ["aws", { act: "stop-cleanly" }],
      ["azure", { act: "promote" }],
      ["aws", { act: "follow", primary: "azure", slot: "standby_aws" }],
      ["aws", { act: "drop-slot", slot: "standby_azure" }],
      ["azure", { act: "unblock-writes" }],
    ] as const;
    const plan = moves.map(([cloud, { act: op, ...of }]) => act(op, cloud, of));
    const night = new Night();
    night.checker.approve("run-2", plan);
    for (const [cloud, does] of moves) {
      await night.perform(cloud, does);
      look(night, "databases", null, "run-2");
    }
    expect(night.broken).toEqual([]);
  });
});

describe("S5, S6 and S10, what a run knew when it made up its mind", () => {
  const podRates = {
    "azure-west": { cloud: "azure", perSecond: 1 },
    "azure-east": { cloud: "azure", perSecond: 1 },
  };

  test("S5 is broken by more weight than the last look had shown pods for, and not by what changed behind it", async () => {
    const night = approved([shift(SHIFT)], { podRates });
    lookAtAll(night);
    await night.setWeights(SHIFT);
    expect(night.broken).toEqual(["S5"]);
    const other = approved([shift(SHIFT)], { podRates });
    other.checker.override("run-1");
    lookAtAll(other);
    await other.setWeights(SHIFT);
    expect(other.broken).toEqual([]);
  });

  test("S6 is broken by more weight for a cloud that the last look had called anything but healthy", async () => {
    for (const verdict of ["down", "degraded", "unknown"]) {
      const night = new Night();
      night.checker.approve("run-1", [shift(SHIFT)]);
      look(night, "verdicts", { ...HEALTHY, azure: verdict });
      await night.setWeights(SHIFT);
      expect(night.broken).toEqual(["S6"]);
    }
  });

  test("S10 is broken by acting on a look of half a minute ago, but for what follows a promotion", async () => {
    const night = approved([shift(SHIFT)]);
    look(night, "policy");
    await night.pass(30_000);
    await night.setWeights(SHIFT);
    expect(night.broken).toEqual(["S10"]);
    const other = approved([
      act("stop-cleanly", "aws"),
      act("promote", "azure"),
      act("unblock-writes", "azure"),
    ]);
    await other.perform("aws", { act: "stop-cleanly" });
    look(other, "databases", null, "run-2");
    await other.perform("azure", { act: "promote" });
    look(other, "databases", null, "run-2");
    await other.pass(30_000);
    await other.perform("azure", { act: "unblock-writes" });
    expect(other.broken).toEqual([]);
  });
});

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

describe("L3, blocked writes", () => {
  async function blockedFor(ms: number, with_: (night: Night) => void = () => undefined): Promise<string[]> {
    const night = new Night();
    await night.perform("aws", { act: "block-writes" });
    with_(night);
    for (let passed = 0; passed < ms; passed += 1_000) {
      night.checker.after({ kind: "request", ok: false, attempts: 1 });
      await night.pass(1_000);
    }
    return night.broken;
  }

  test("is broken where nothing is wrong and nobody is waited for", async () => {
    expect(await blockedFor(120_000)).toEqual(["L3"]);
    expect(await blockedFor(30_000)).toEqual([]);
  });

  test("is kept while a fault lasts, and while a run waits for people", async () => {
    expect(
      await blockedFor(120_000, (night) => night.world.inject(fault("process", "killed", "agent/aws"))),
    ).toEqual([]);
    expect(await blockedFor(120_000, (night) => night.checker.blocked.waits("run-1", true))).toEqual([]);
  });

  test("is theirs who ended a run as it stood, until writes are open again", async () => {
    const night = new Night();
    const asks = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        night.checker.after({ kind: "request", ok: false, attempts: 1 });
        await night.pass(1_000);
      }
    };
    await night.perform("aws", { act: "block-writes" });
    night.checker.blocked.endedAsItStands();
    await asks(120_000);
    expect(night.broken).toEqual([]);
    await night.perform("aws", { act: "unblock-writes" });
    await night.perform("aws", { act: "block-writes" });
    await asks(120_000);
    expect(night.broken).toEqual(["L3"]);
  });
});

describe("L1, the word of a run", () => {
  const plan = [scale("azure-west", 4), shift(SHIFT)];

  async function half(): Promise<Night> {
    const night = approved(plan);
    await night.scale("azure-west", 4);
    return night;
  }

  test("is untrue where it says completed and something of its plan does not stand", async () => {
    const night = await half();
    night.checker.reports.ended("run-1", "completed");
    expect(night.checker.reports.untrue()).toHaveLength(1);
    look(night, "clusters");
    await night.setWeights(SHIFT);
    expect(night.checker.reports.untrue()).toEqual([]);
  });

  test("is untrue where it says undone and something is as it left it, but for what lies before a good point", async () => {
    const night = await half();
    night.checker.reports.ended("run-1", "undone");
    expect(night.checker.reports.untrue()).toHaveLength(1);
    await night.scale("azure-west", 2);
    expect(night.checker.reports.untrue()).toEqual([]);
    await night.scale("azure-west", 4);
    night.checker.reports.goodPoint("run-1");
    expect(night.checker.reports.untrue()).toEqual([]);
  });

  test("of a member: undone is who follows whom, for whom commits wait and which slots there are", async () => {
    const night = new Night();
    await night.perform("azure", { act: "create-slot", slot: "standby_aws" });
    night.checker.reports.ended("run-2", "undone");
    expect(night.checker.reports.untrue()).toHaveLength(1);
    await night.perform("azure", { act: "drop-slot", slot: "standby_aws" });
    expect(night.checker.reports.untrue()).toEqual([]);
  });

  test("does not cover what somebody changed since, and what people had it pass over", async () => {
    const night = await half();
    night.checker.reports.ended("run-1", "undone");
    night.checker.after({ kind: "by-hand", target: "cluster/azure-west", state: "5" });
    expect(night.checker.reports.untrue()).toEqual([]);
    const other = await half();
    other.checker.skip("run-1", 1);
    other.checker.reports.ended("run-1", "completed");
    expect(other.checker.reports.untrue()).toEqual([]);
  });
});

test("S11 is broken by taking back behind a promotion what stands before it", async () => {
  const night = new Night();
  const slot = { slot: "standby_aws" };
  night.checker.approve("run-2", [
    act("create-slot", "azure", slot),
    act("stop-cleanly", "aws"),
    act("promote", "azure"),
  ]);
  await night.perform("azure", { act: "create-slot", ...slot });
  look(night, "databases", null, "run-2");
  await night.perform("aws", { act: "stop-cleanly" });
  look(night, "databases", null, "run-2");
  await night.perform("azure", { act: "promote" });
  expect(night.broken).toEqual([]);
  await night.perform("azure", { act: "drop-slot", ...slot });
  expect(night.broken).toEqual(["S11"]);
});
