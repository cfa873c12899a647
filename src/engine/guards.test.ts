import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exampleInventory } from "./testing/example-inventory.ts";
import { TestBench } from "./testing/test-run.ts";
import type { Cloud, DatabaseMemberFacts, Snapshot } from "../domain/snapshot.ts";
import { judgeChange } from "../domain/guards/catalogue.ts";
import type { GuardPolicy } from "../domain/guards/guard.ts";
import { guardPolicyOf } from "../domain/guards/policy.ts";
import type { GuardName } from "../domain/guards/names.ts";

const inventory = exampleInventory();
const policy: GuardPolicy = guardPolicyOf(inventory);
const usual = await new TestBench(inventory).snapshot();

function verdictOf(guard: GuardName, before: Snapshot, after: Snapshot, by: GuardPolicy = policy) {
  const section =
    guard === "one-writable-primary" || guard === "no-loss-beyond-policy" ? "databases" : "traffic";
  const found = judgeChange({ before, after, policy: by }, section).find(
    (verdict) => verdict.guard === guard,
  );
  return found?.verdict;
}

function weighted(facts: Snapshot, weights: Record<Cloud, number>): Snapshot {
  return { ...facts, traffic: { ...facts.traffic, weights } };
}

function judged(
  facts: Snapshot,
  cloud: Cloud,
  verdict: "healthy" | "degraded" | "down" | "unknown",
): Snapshot {
  return {
    ...facts,
    clouds: { ...facts.clouds, [cloud]: { verdict, reason: "", observers: 1, sinceMs: 0, clusters: {} } },
  };
}

function member(facts: Snapshot, cloud: Cloud, change: Partial<DatabaseMemberFacts>): Snapshot {
  const group = facts.databases["wildlifedb"];
  const was = group?.members[cloud];
  if (group === undefined || was === undefined) throw new Error("no such member");
  return {
    ...facts,
    databases: { wildlifedb: { ...group, members: { ...group.members, [cloud]: { ...was, ...change } } } },
  };
}

function ready(facts: Snapshot, each: number): Snapshot {
  const clusters = Object.entries(facts.clusters).map(([name, cluster]) => [
    name,
    { ...cluster, ready: each, replicas: each },
  ]);
  return { ...facts, clusters: Object.fromEntries(clusters) };
}

describe("weights-are-whole", () => {
  test("passes exactly the whole weights that sum to 100 and leave a healthy cloud with traffic", () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.integer({ min: -5, max: 105 }),
          fc.integer({ min: -5, max: 105 }),
          fc.integer({ min: -5, max: 105 }),
        ),
        ([aws, azure, gcp]) => {
          const fine = aws + azure + gcp === 100 && [aws, azure, gcp].every((points) => points >= 0);
          expect(verdictOf("weights-are-whole", usual, weighted(usual, { aws, azure, gcp }))).toBe(
            fine ? "pass" : "refuse",
          );
        },
      ),
    );
  });

  test.each([
    ["a fraction", { aws: 33.5, azure: 33.5, gcp: 33 }],
    ["a cloud left out", { aws: 50, azure: 50 }],
    ["a cloud that is not there", { aws: 30, azure: 30, gcp: 30, oracle: 10 }],
  ])("refuses %s", (_name, weights) => {
    expect(verdictOf("weights-are-whole", usual, weighted(usual, weights))).toBe("refuse");
  });

  test("refuses to leave only unhealthy clouds with traffic while a healthy one stands by", () => {
    const facts = judged(usual, "aws", "down");
    expect(verdictOf("weights-are-whole", facts, weighted(facts, { aws: 100, azure: 0, gcp: 0 }))).toBe(
      "refuse",
    );
  });

  test("lets capacity be added where that stands already: the healthy one may get traffic then", () => {
    const stands = weighted(judged(usual, "aws", "down"), { aws: 100, azure: 0, gcp: 0 });
    expect(verdictOf("weights-are-whole", stands, ready(stands, 5))).toBe("warn");
    const shifted = weighted(stands, { aws: 90, azure: 5, gcp: 5 });
    expect(verdictOf("weights-are-whole", stands, shifted)).toBe("pass");
  });
});

describe("no-weight-to-the-unhealthy", () => {
  test.each(["degraded", "down", "unknown"] as const)(
    "refuses a rise to a cloud that is %s, and lets it fall",
    (verdict) => {
      const facts = judged(usual, "azure", verdict);
      expect(
        verdictOf("no-weight-to-the-unhealthy", facts, weighted(facts, { aws: 9, azure: 58, gcp: 33 })),
      ).toBe("refuse");
      expect(
        verdictOf("no-weight-to-the-unhealthy", facts, weighted(facts, { aws: 67, azure: 0, gcp: 33 })),
      ).toBe("pass");
    },
  );
});

describe("capacity-for-the-shift", () => {
  const away = { aws: 0, azure: 67, gcp: 33 };

  test("refuses a share that the ready pods cannot serve, whatever was asked for", () => {
    // 200/s x 67 % = 134/s on 4 pods x 30/s = 120/s.
    expect(verdictOf("capacity-for-the-shift", usual, weighted(usual, away))).toBe("refuse");
    const raised = ready(usual, 3);
    expect(verdictOf("capacity-for-the-shift", raised, weighted(raised, away))).toBe("pass");
  });

  test("refuses what the loss of one more cloud would not survive, or warns where the policy says so", () => {
    // 300/s on 6 x 30/s a cloud: each serves its share, two clouds serve 360/s; 400/s they do not.
    const facts = { ...ready(usual, 3), demand: { requestsPerSecond: 400, source: "measured" as const } };
    const shifted = weighted(facts, { aws: 32, azure: 34, gcp: 34 });
    expect(verdictOf("capacity-for-the-shift", facts, shifted)).toBe("refuse");
    expect(
      verdictOf("capacity-for-the-shift", facts, shifted, { ...policy, surviveAnotherLoss: "warn" }),
    ).toBe("warn");
  });

  test("lets capacity be added while there is too little of it", () => {
    const facts = { ...usual, demand: { requestsPerSecond: 900, source: "measured" as const } };
    expect(verdictOf("capacity-for-the-shift", facts, ready(facts, 3))).toBe("warn");
    expect(verdictOf("capacity-for-the-shift", ready(facts, 3), facts)).toBe("refuse");
  });

  test("counts no pod of a region that is down, and fails open beside it", () => {
    const seen = usual.clouds["aws"];
    if (seen === undefined) throw new Error("nobody looks at aws");
    const clusters = { "aws-west": "down", "aws-east": "healthy" } as const;
    const lost: Snapshot = {
      ...usual,
      demand: { requestsPerSecond: 240, source: "measured" },
      clouds: { ...usual.clouds, aws: { ...seen, verdict: "degraded", clusters } },
    };
    // 34 % of 240/s on the two pods of aws-east, which serve 60/s: the two of aws-west are said to be ready, and do not count.
    const whole = { ...lost, clouds: usual.clouds };
    expect(verdictOf("capacity-for-the-shift", whole, whole)).toBe("pass");
    const better = weighted(lost, { aws: 26, azure: 37, gcp: 37 });
    const worse = weighted(lost, { aws: 24, azure: 76, gcp: 0 });
    expect(verdictOf("capacity-for-the-shift", lost, better)).toBe("warn");
    expect(verdictOf("capacity-for-the-shift", lost, worse)).toBe("refuse");
  });

  test("lets traffic leave a cloud that is not well before another loss could be survived, and nothing else", () => {
    const none = { ready: 0 };
    const { "aws-west": west, "aws-east": east, ...others } = usual.clusters;
    if (west === undefined || east === undefined) throw new Error("no clusters of aws");
    const clusters = { ...others, "aws-west": { ...west, ...none }, "aws-east": { ...east, ...none } };
    const facts = judged({ ...usual, clusters }, "aws", "degraded");
    const left = { aws: 0, azure: 50, gcp: 50 };
    const guard = "capacity-for-the-shift";
    expect(verdictOf(guard, facts, weighted(facts, left))).toBe("warn");
    expect(verdictOf(guard, judged(facts, "aws", "healthy"), weighted(facts, left))).toBe("refuse");
    expect(verdictOf(guard, facts, weighted(facts, { aws: 0, azure: 67, gcp: 33 }))).toBe("refuse");
    expect(verdictOf(guard, weighted(facts, left), weighted(facts, { aws: 0, azure: 40, gcp: 60 }))).toBe(
      "refuse",
    );
    expect(verdictOf(guard, facts, weighted(ready(facts, 1), left))).toBe("refuse");
  });

  test("fails open, with words, when a cloud is down already and the rest cannot carry all", () => {
    const facts = judged(
      { ...usual, demand: { requestsPerSecond: 300, source: "measured" as const } },
      "aws",
      "down",
    );
    expect(verdictOf("capacity-for-the-shift", facts, weighted(facts, { aws: 0, azure: 50, gcp: 50 }))).toBe(
      "warn",
    );
  });
});

describe("one-writable-primary", () => {
  test("refuses a promotion while the old primary is not stopped, even when its writes are blocked", () => {
    const blocked = member(usual, "aws", { writesBlocked: true });
    expect(verdictOf("one-writable-primary", blocked, member(blocked, "azure", { role: "primary" }))).toBe(
      "refuse",
    );
  });

  test.each([
    ["cannot be reached", { state: "unreachable", role: null, stoppedCleanly: false } as const],
    [
      "stopped without a shutdown checkpoint",
      { state: "stopped", role: null, stoppedCleanly: false } as const,
    ],
  ])("refuses a promotion beside an old primary that %s", (_name, change) => {
    const facts = member(usual, "aws", change);
    expect(verdictOf("one-writable-primary", facts, member(facts, "azure", { role: "primary" }))).toBe(
      "refuse",
    );
  });

  test("lets a promotion pass behind the fence of a clean stop", () => {
    const facts = member(usual, "aws", { state: "stopped", role: null, stoppedCleanly: true });
    expect(verdictOf("one-writable-primary", facts, member(facts, "azure", { role: "primary" }))).toBe(
      "pass",
    );
  });
});

describe("the fence by quorum, on a primary that cannot be asked", () => {
  const detached = { follows: null, streaming: false } as const;
  const lost = member(usual, "aws", { state: "unreachable", role: null, position: null, replayed: null });
  const left = member(member(lost, "azure", detached), "gcp", detached);
  const promoted = (facts: Snapshot) => member(facts, "azure", { role: "primary" });

  test("lets a promotion pass once every standby that its commits could wait for has left it", () => {
    expect(verdictOf("one-writable-primary", left, promoted(left))).toBe("pass");
    expect(verdictOf("no-loss-beyond-policy", left, promoted(left))).toBe("pass");
  });

  test.each([
    ["still follows it", { follows: "aws", streaming: false } as const],
    ["cannot be asked", { state: "unreachable", role: null, position: null } as const],
  ])("refuses while one that could acknowledge %s", (_name, change) => {
    const facts = member(left, "gcp", change);
    expect(verdictOf("one-writable-primary", facts, promoted(facts))).toBe("refuse");
    expect(verdictOf("no-loss-beyond-policy", facts, promoted(facts))).toBe("refuse");
  });

  test("never takes a server for fenced that is seen to be out of recovery", () => {
    const facts = member(left, "aws", { state: "running", role: "primary" });
    expect(verdictOf("one-writable-primary", facts, promoted(facts))).toBe("refuse");
  });

  test.each([
    ["is on record as acknowledging alone", { cloud: "aws" }],
    ["may be, since the record cannot be read", null],
  ])("is none on a server that %s", (_name, alone) => {
    const group = left.databases["wildlifedb"];
    if (group === undefined) throw new Error("no such database");
    const facts = { ...left, databases: { wildlifedb: { ...group, alone } } };
    expect(verdictOf("one-writable-primary", facts, promoted(facts))).toBe("refuse");
    expect(verdictOf("no-loss-beyond-policy", facts, promoted(facts))).toBe("refuse");
  });

  test("is none where commits wait for nobody", () => {
    const alone = { ...policy, synchronous: { wildlifedb: 0 } };
    expect(verdictOf("one-writable-primary", left, promoted(left), alone)).toBe("refuse");
    expect(verdictOf("no-loss-beyond-policy", left, promoted(left), alone)).toBe("refuse");
  });

  test("the one that has replayed less is not promoted", () => {
    const facts = member(left, "gcp", { replayed: "0/9000000", position: "0/9000000" });
    expect(verdictOf("no-loss-beyond-policy", facts, promoted(facts))).toBe("refuse");
    expect(verdictOf("no-loss-beyond-policy", facts, member(facts, "gcp", { role: "primary" }))).toBe("pass");
  });
});

describe("no-loss-beyond-policy", () => {
  const fenced = member(usual, "aws", {
    state: "stopped",
    role: null,
    stoppedCleanly: true,
    position: "0/2000",
  });
  const promotedWith = (replayed: string) => {
    const facts = member(fenced, "azure", { replayed, position: replayed });
    return verdictOf("no-loss-beyond-policy", facts, member(facts, "azure", { role: "primary" }));
  };

  test("refuses one byte of loss under an RPO of nothing, and passes at or beyond the old primary's end", () => {
    expect(promotedWith("0/1FFF")).toBe("refuse");
    expect(promotedWith("0/2000")).toBe("pass");
    expect(promotedWith("0/2070")).toBe("pass");
  });

  test("refuses when the old primary's end is not known", () => {
    const facts = member(fenced, "aws", { position: null });
    expect(verdictOf("no-loss-beyond-policy", facts, member(facts, "azure", { role: "primary" }))).toBe(
      "refuse",
    );
  });
});
