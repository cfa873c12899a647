/** Each rule turns red by what breaks it, and stays green by what only looks like it. */
import { describe, expect, test } from "vitest";
import { violationsOf } from "./checkers.ts";
import { fault, Night } from "./testing/night.ts";
import type { ModelEffect, WorldEvent } from "./world/events.ts";

function effect(of: Partial<ModelEffect> & { readonly key: string }, caller = 1): WorldEvent {
  const usual = { op: "follow", lock: "traffic", epoch: 1, sequence: 1, atMs: 0, effector: "agent/aws" };
  const target = { target: "database/wildlifedb@aws", params: {}, before: "a", after: "b" };
  return { kind: "effect", effect: { ...usual, ...target, ...of }, caller };
}

const answered = (key: string, ambiguous: boolean): WorldEvent => ({
  kind: "answered",
  key,
  section: "databases",
  caller: 1,
  ambiguous,
  stale: false,
});

const FROM_LOOK_TO_ACT_MS = 1_100;
describe("S5, ready capacity carries the weights", () => {
  test("is broken by weights that ask for more than the pods there can serve", async () => {
    const night = new Night();
    await night.setWeights({ aws: 0, azure: 80, gcp: 20 });
    expect(night.broken).toEqual(["S5"]);
  });

  test("is broken by a source that comes down too far", async () => {
    const night = new Night();
    await night.scale("aws-west", 1);
    await night.scale("aws-east", 1);
    expect(night.broken).toEqual(["S5"]);
  });

  test("is kept when capacity comes first, and while a fault has taken it away, until it is whole again", async () => {
    const night = new Night();
    for (const cluster of ["azure-west", "azure-east"]) await night.scale(cluster, 4);
    await night.setWeights({ aws: 0, azure: 80, gcp: 20 });
    const killed = fault("process", "killed", "cloud/azure");
    night.world.inject(killed);
    night.world.heal(killed);
    await night.pass(FROM_LOOK_TO_ACT_MS);
    expect(night.broken).toEqual([]);
    await night.scale("azure-west", 1);
    expect(night.broken).toEqual(["S5"]);
  });

  test("is kept by who looked a moment before a fault, and broken by who looked behind it", async () => {
    for (const [passed, broken] of [
      [10, []],
      [FROM_LOOK_TO_ACT_MS, ["S5"]],
    ] as const) {
      const night = new Night();
      for (const cluster of ["aws-west", "aws-east"]) await night.scale(cluster, 3);
      const killed = fault("process", "pod-killed", "cluster/aws-west");
      night.world.inject(killed);
      night.world.heal(killed);
      await night.pass(passed);
      for (const cluster of ["aws-west", "aws-east"]) await night.scale(cluster, 1);
      expect(night.broken).toEqual(broken);
    }
  });

  test("is kept by somebody's hand and by one who is told that the cloud is down, until it is whole again", async () => {
    const told = fault("evidence", "lies-down", "cloud/aws");
    for (const begin of [
      (night: Night) => night.world.inject(told),
      (night: Night) => night.world.inject(fault("people", "scales", "operator")),
    ]) {
      const night = new Night();
      begin(night);
      for (const cluster of ["aws-west", "aws-east"]) await night.scale(cluster, 1);
      expect(night.broken).toEqual([]);
      night.world.healAll();
      expect(night.broken).toEqual([]);
      for (const cluster of ["aws-west", "aws-east"]) await night.scale(cluster, 2);
      await night.pass(FROM_LOOK_TO_ACT_MS);
      expect(night.broken).toEqual([]);
      for (const cluster of ["aws-west", "aws-east"]) await night.scale(cluster, 1);
      expect(night.broken).toEqual(["S5"]);
    }
  });

  test("is kept while weights that would carry are not in force yet, and broken where they would not", async () => {
    const ranges = { weightsInForceMs: [50, 50] } as const;
    for (const [weights, broken] of [
      [{ aws: 0, azure: 50, gcp: 50 }, []],
      [{ aws: 30, azure: 35, gcp: 35 }, ["S5"]],
    ] as const) {
      const night = new Night({ ranges });
      await night.setWeights(weights);
      for (const cluster of ["aws-west", "aws-east"]) await night.scale(cluster, 0);
      await night.pass(100);
      expect(new Set(night.broken)).toEqual(new Set(broken));
    }
  });
});

describe("S6, weights are whole and leave somebody who serves", () => {
  test("is broken by weights that do not sum to 100", () => {
    const night = new Night();
    night.world.edge.setByHand({ aws: 0, azure: 0, gcp: 0 }, "nobody");
    expect(night.broken).toEqual(["S6"]);
  });

  test("is broken by taking the last cloud that serves out", async () => {
    const night = new Night();
    for (const cluster of ["azure-west", "azure-east", "gcp-west", "gcp-east"]) await night.scale(cluster, 0);
    await night.setWeights({ aws: 0, azure: 50, gcp: 50 });
    expect(night.broken).toContain("S6");
  });

  test("is kept by shifts between clouds that serve", async () => {
    const night = new Night();
    await night.setWeights({ aws: 50, azure: 30, gcp: 20 });
    expect(night.broken).toEqual([]);
  });
});

describe("S7 and S8, no effector goes back, and each effect happens once", () => {
  test("S7 is broken by an older token at one effector, not at another or under another lock", () => {
    const night = new Night();
    night.checker.after(effect({ key: "run-1/5", sequence: 5 }));
    night.checker.after(effect({ key: "run-1/4", sequence: 4, effector: "edge" }));
    night.checker.after(effect({ key: "run-1/3", sequence: 3, lock: "database/wildlifedb" }));
    expect(night.broken).toEqual([]);
    night.checker.after(effect({ key: "run-1/2", sequence: 2 }));
    expect(night.broken).toEqual(["S7"]);
  });

  test("S8 is broken by a key that takes effect twice, and by a change that nobody made", async () => {
    const night = new Night();
    night.checker.after(effect({ key: "run-1/1" }));
    night.checker.after(effect({ key: "run-1/1" }));
    expect(night.broken).toEqual(["S8"]);
    const other = new Night();
    other.world.edge.policy = { ...other.world.policy, version: 7 };
    await other.setWeights({ aws: 40, azure: 30, gcp: 30 });
    expect(other.broken).toEqual(["S8"]);
  });

  test("S8 is kept by an act that is done anew where somebody moved the primary by hand in between, and by no other", async () => {
    for (const [byHand, broken] of [
      [true, []],
      [false, ["S8"]],
    ] as const) {
      const night = new Night();
      const token = night.database();
      night.world.trouble = (_op, attempt) => (attempt === 1 ? { kind: "forgets" } : null);
      await expect(night.perform("aws", { act: "block-writes" }, token)).rejects.toThrow("cut off");
      await night.pass(100);
      if (byHand) night.world.inject(fault("people", "promotes", "operator"));
      else night.world.databases.apply("aws", { act: "unblock-writes" });
      await night.perform("aws", { act: "block-writes" }, token);
      expect(night.broken).toEqual(broken);
      const { world } = night;
      const atTheEnd = violationsOf({ world, acknowledged: [], held: new Map(), conflicts: [] });
      expect(atTheEnd.map(({ invariant }) => invariant)).toEqual(broken);
    }
  });

  test("both are kept over effectors that are told the same again and late, and by changes of people", async () => {
    const night = new Night();
    const late = night.traffic();
    const token = night.traffic();
    await night.setWeights({ aws: 40, azure: 30, gcp: 30 }, token);
    await night.pass(10);
    await night.setWeights({ aws: 40, azure: 30, gcp: 30 }, token);
    night.world.inject(fault("people", "changes-weights", "operator"));
    night.world.inject(fault("people", "scales", "operator"));
    await night.scale("aws-west", 5);
    await expect(night.setWeights({ aws: 34, azure: 33, gcp: 33 }, late)).rejects.toThrow("older");
    expect(night.broken).toEqual([]);
  });
});

describe("S9, what is in doubt is looked at first", () => {
  test("is broken by a further effect of the run before it has read that section", () => {
    const night = new Night();
    night.checker.after(answered("run-1/4", true));
    night.checker.after({ kind: "looked", at: "policy", run: "run-1", told: null });
    night.checker.after({ kind: "looked", at: "databases", run: "run-2", told: null });
    night.checker.after(effect({ key: "run-1/5", sequence: 5 }));
    expect(night.broken).toEqual(["S9"]);
  });

  test("is kept by reading it, by an answer after all, and is nothing to other runs and branches", () => {
    const night = new Night();
    night.checker.after(answered("run-1/4", true));
    night.checker.after(effect({ key: "run-2/5", sequence: 5, epoch: 2 }));
    night.checker.after(effect({ key: "run-1/4.1", sequence: 4, effector: "agent/gcp" }));
    night.checker.after({ kind: "looked", at: "databases", run: "run-1", told: null });
    night.checker.after(effect({ key: "run-1/6", sequence: 6, epoch: 2 }));
    night.checker.after(answered("run-1/7", true));
    night.checker.after(answered("run-1/7", false));
    night.checker.after(effect({ key: "run-1/8", sequence: 8, epoch: 2 }));
    expect(night.broken).toEqual([]);
  });
});

describe("S11, only what was approved, in its order", () => {
  const shift = (aws: number) => ({ aws, azure: 100 - aws - 30, gcp: 30 });
  const approved = (night: Night) =>
    night.checker.approve(
      "run-1",
      [40, 30, 35].map((aws) => ({ op: "set-weights", target: "traffic", params: { weights: shift(aws) } })),
    );

  test("is broken by an act that is not the next one, and by one that the plan does not hold", async () => {
    const night = new Night();
    approved(night);
    await night.setWeights(shift(30));
    expect(night.broken).toEqual(["S11"]);
    const other = new Night();
    approved(other);
    await other.scale("aws-west", 3);
    expect(other.broken).toEqual(["S11"]);
  });

  test("is kept in order, over what people pass over, by taking back, and by runs of which no plan is known", async () => {
    const night = new Night();
    approved(night);
    await night.setWeights(shift(40));
    night.checker.skip("run-1", 1);
    await night.setWeights(shift(35));
    await night.setWeights(shift(40));
    await night.setWeights({ aws: 34, azure: 33, gcp: 33 });
    await night.perform("aws", { act: "block-writes" });
    approved(night);
    expect(night.broken).toEqual([]);
  });

  test("acts side by side are told apart by their branch", async () => {
    const acts = ["aws-west", "aws-east"].map((cluster) => ({
      op: "scale",
      target: `cluster/${cluster}`,
      params: { cluster, replicas: 4 },
    }));
    for (const [branches, broken] of [
      [[1, 0], []],
      [[0, 1], ["S11"]],
    ] as const) {
      const night = new Night();
      night.checker.approve("run-1", acts);
      const token = night.traffic();
      for (const branch of branches) {
        const cluster = broken.length === 0 ? branch : 1 - branch;
        const name = acts[cluster]?.params.cluster ?? "";
        await night.scale(name, 4, { ...token, key: `run-1/1.${branch}` });
      }
      expect([...new Set(night.broken)]).toEqual(broken);
    }
  });
});

describe("S15, calls and retries are bounded", () => {
  test("is broken by retries beyond a fifth, and by more calls than providers allow", () => {
    const night = new Night({ limits: { callsPerMinuteMost: 5 } });
    for (let number = 0; number < 100; number += 1)
      night.checker.after({ kind: "request", ok: false, attempts: 2 });
    for (let number = 0; number < 6; number += 1) night.checker.after({ kind: "call", actor: "edge" });
    expect([...new Set(night.broken)]).toEqual(["S15"]);
    expect(night.checker.violations().at(-1)?.what).toContain("calls");
  });

  test("is kept by the edge while two of three clouds answer nothing and clients storm", async () => {
    const night = new Night();
    night.world.inject(fault("process", "killed", "cloud/aws"));
    night.world.inject(fault("process", "killed", "cloud/azure"));
    night.world.inject(fault("load", "retry-storm", "client"));
    night.clients.start(60_000, { requestsPerSecond: 200, seed: 5, writeShare: 0.1 });
    await night.pass(20_000);
    expect(night.clients.goodput.gaveUp).toBeGreaterThan(0);
    expect(night.broken).toEqual([]);
  });
});

describe("S17, one cloud is drained on purpose", () => {
  async function drain(first: Record<string, number>, second: Record<string, number>): Promise<Night> {
    const night = new Night();
    for (const cluster of Object.keys(night.world.clusters)) await night.scale(cluster, 8);
    await night.setWeights(first);
    await night.setWeights(second);
    return night;
  }

  test("is broken by draining a second one", async () => {
    const night = await drain({ aws: 0, azure: 50, gcp: 50 }, { aws: 0, azure: 0, gcp: 100 });
    expect(night.broken).toEqual(["S17"]);
  });

  test("is kept by giving the first its traffic back before", async () => {
    const night = await drain({ aws: 0, azure: 50, gcp: 50 }, { aws: 50, azure: 0, gcp: 50 });
    expect(night.broken).toEqual([]);
  });
});
