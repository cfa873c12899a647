/** Rules about what a run knew, saw and said: each turns red by what breaks it, and stays green by what only looks like it. */
import { describe, expect, test } from "vitest";
import { HEALTHY, SHIFT, act, approved, effectOf, look, lookAtAll, scale, shift } from "../testing/acts.ts";
import { fault, Night } from "../testing/night.ts";

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

  test("is kept by what people had passed over while it was on its way, and comes late", () => {
    const [west, east] = [scale("azure-west", 4), scale("azure-east", 4)];
    const asked = { kind: "asked", key: "run-1/1", lock: "traffic", stale: false, op: "scale" } as const;
    for (const [passedOver, broken] of [
      [true, []],
      [false, ["S9"]],
    ] as const) {
      const night = approved([west, east]);
      night.checker.after({ ...asked, section: "traffic", caller: 1 });
      if (passedOver) night.checker.skip("run-1", 1);
      effectOf(night, west, "run-1/1");
      effectOf(night, east, "run-1/2");
      expect(night.broken.filter((one) => one === "S9")).toEqual(broken);
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

  test("S5 is kept while a cloud or a region is lost, and not where what is left of its cloud is slow", async () => {
    const rates = {
      ...podRates,
      "aws-west": { cloud: "aws", perSecond: 1 },
      "aws-east": { cloud: "aws", perSecond: 1 },
    };
    for (const [told, broken] of [
      [{ aws: "down" }, []],
      [{ aws: "degraded", "aws-west": "unknown", "aws-east": "healthy" }, []],
      [{ aws: "degraded", "aws-west": "unknown", "aws-east": "degraded" }, ["S5"]],
      [{ aws: "degraded", "aws-west": "degraded", "aws-east": "healthy" }, ["S5"]],
      [{ aws: "degraded", "azure-west": "unknown", "azure-east": "healthy" }, ["S5"]],
    ] as const) {
      const night = approved([shift(SHIFT)], { podRates: rates });
      lookAtAll(night, { ...HEALTHY, ...told });
      await night.setWeights(SHIFT);
      expect(night.broken).toEqual(broken);
    }
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

  test("of who follows whom is that of whoever moved the primary last", async () => {
    const follow = act("follow", "gcp", { primary: "aws", slot: "standby_gcp" });
    const night = approved([follow]);
    effectOf(night, follow, "run-1/1");
    night.checker.reports.ended("run-1", "completed");
    night.world.inject(fault("process", "killed", "database/gcp"));
    expect(night.checker.reports.untrue()).toHaveLength(1);
    effectOf(night, act("promote", "azure"), "run-2/1");
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
