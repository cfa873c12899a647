import { expect, test } from "vitest";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { TestBench } from "../../engine/testing/test-run.ts";
import { hostilityCanTurnRed, hostilitySuite } from "../hostility.contract.ts";
import { manualFailover } from "../manual-failover/runbook.ts";
import { runbookSuite, type SuiteCase } from "../runbook.contract.ts";
import { surviveOutage } from "./runbook.ts";

function lose(bench: TestBench, cloud: string): void {
  bench.world.inject({ group: "process", kind: "killed", actor: `cloud/${cloud}` });
}

async function passes(bench: TestBench, ms: number): Promise<void> {
  await bench.kernel.pass(ms);
}

const primaryLost: SuiteCase = {
  runbook: surviveOutage,
  input: { cloud: "aws" },
  arrange: async (bench) => {
    lose(bench, "aws");
    await passes(bench, 1_000);
  },
};

const standbyLost: SuiteCase = {
  runbook: surviveOutage,
  input: { cloud: "gcp" },
  arrange: async (bench) => {
    lose(bench, "gcp");
    await passes(bench, 1_000);
  },
};

runbookSuite("survive-outage of the primary's cloud", primaryLost);
hostilitySuite("survive-outage of the primary's cloud", primaryLost);
hostilityCanTurnRed("survive-outage of the primary's cloud", primaryLost);
runbookSuite("survive-outage of a standby's cloud", standbyLost);

test("afterwards traffic and primary are elsewhere, on a higher timeline, and what is left survives another loss", async () => {
  const bench = new TestBench(exampleInventory());
  await primaryLost.arrange(bench);
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(end).toMatchObject({ outcome: "completed", why: "" });
  expect(bench.world.policy.weights).toEqual({ aws: 0, azure: 50, gcp: 50 });
  const { members } = bench.world.databases;
  expect(members["azure"]).toMatchObject({ primary: true, timeline: 2 });
  expect(members["gcp"]).toMatchObject({ primary: false, follows: "azure", timeline: 2 });
  for (const cloud of ["azure", "gcp"]) {
    const ready = Object.values(bench.world.clusters).filter((cluster) => cluster.cloud === cloud);
    const capacity = ready.reduce((sum, cluster) => sum + cluster.ready * 30, 0);
    expect(capacity).toBeGreaterThanOrEqual(200);
  }
});

test("a cloud that is told to be healthy by the time of the shift keeps its traffic and its primary", async () => {
  const bench = new TestBench(exampleInventory());
  await primaryLost.arrange(bench);
  bench.onEvent = ({ type }) => {
    if (type === "approved")
      bench.world.inject({ group: "evidence", kind: "lies-healthy", actor: "cloud/aws" });
  };
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(end).toMatchObject({ outcome: "failed", why: "aws is healthy again" });
  expect(bench.world.policy.weights).toEqual({ aws: 34, azure: 33, gcp: 33 });
  expect(bench.world.done).toEqual([]);
});

test("the standby that has more is promoted", async () => {
  const bench = new TestBench(exampleInventory());
  const gcp = bench.world.databases.members["gcp"];
  const aws = bench.world.databases.members["aws"];
  if (gcp === undefined || aws === undefined) throw new Error("no such member");
  for (const member of [gcp, aws]) Object.assign(member, { position: 2_000, replayed: 2_000 });
  lose(bench, "aws");
  await passes(bench, 1_000);
  await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(bench.world.databases.primary()).toBe("gcp");
});

test.each([
  ["a cloud that is healthy", "azure", /azure is healthy/],
  ["the word of one observer", "aws", /the word of 1 only/],
])("%s is refused, and nothing is touched", async (_name, cloud, why) => {
  const bench = new TestBench(exampleInventory());
  bench.world.clouds["aws"] = {
    verdict: "down",
    reason: "no pod answers",
    observers: 1,
    sinceMs: 0,
    clusters: {},
  };
  const end = await bench.run(bench.bind(surviveOutage, { cloud }));
  expect(end.outcome).toBe("refused");
  expect(end.why).toMatch(why);
  expect(bench.world.attempts).toBe(0);
});

test("where no other cloud is healthy the traffic stays, and that is said", async () => {
  const bench = new TestBench(exampleInventory());
  for (const cloud of ["azure", "gcp"])
    bench.world.clouds[cloud] = {
      verdict: "unknown",
      reason: "nobody can look",
      observers: 0,
      sinceMs: 0,
      clusters: {},
    };
  lose(bench, "aws");
  await passes(bench, 1_000);
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(end.outcome).toBe("completed");
  expect(bench.world.policy.weights).toEqual({ aws: 34, azure: 33, gcp: 33 });
  expect(said(bench)).toContain("no other cloud is healthy");
  expect(bench.world.databases.primary()).toBe("azure");
});

test("only the database stays where that is asked for", async () => {
  const bench = new TestBench(exampleInventory());
  await primaryLost.arrange(bench);
  await bench.run(bench.bind(surviveOutage, { cloud: "aws", database: "stay" }));
  expect(bench.world.policy.weights["aws"]).toBe(0);
  expect(bench.world.databases.primary()).toBeNull();
});

test("it takes the locks of a planned run, which is superseded, and writes that this one had blocked are open again", async () => {
  const bench = new TestBench(exampleInventory());
  const planned = bench.start(bench.bind(manualFailover, { from: "aws", to: "azure" }));
  let outage: ReturnType<TestBench["start"]> | null = null;
  bench.onEvent = ({ type, data }) => {
    if (type !== "act-verified" || data["op"] !== "block-writes" || outage !== null) return;
    lose(bench, "gcp");
    outage = bench.start(bench.bind(surviveOutage, { cloud: "gcp" }), { preempt: true });
  };
  expect((await bench.kernel.run(planned.end)).outcome).toBe("superseded");
  await passes(bench, 10_000);
  // What was under way when the lock was taken may land behind the reading: then it ends, and is run again.
  await bench.run(bench.bind(surviveOutage, { cloud: "gcp" }), { preempt: true });
  const primary = bench.world.databases.primary();
  expect(primary).not.toBeNull();
  expect(bench.world.databases.members[primary ?? ""]).toMatchObject({ writesBlocked: false });
  const outcomes: string[] = [];
  bench.world.databases.write(primary ?? "", (outcome) => outcomes.push(outcome));
  await passes(bench, 1_000);
  expect(outcomes).toEqual(["acknowledged"]);
  expect(bench.world.policy.weights["gcp"]).toBe(0);
  expect(bench.locks.held().size).toBe(0);
});

function said(bench: TestBench): string {
  return JSON.stringify(bench.events.filter(({ type }) => type === "notified"));
}

test("with two clouds lost traffic still leaves, and nobody is promised what cannot be known", async () => {
  const bench = new TestBench(exampleInventory());
  for (const cloud of ["aws", "gcp"]) lose(bench, cloud);
  await passes(bench, 1_000);
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(end.outcome).toBe("completed");
  expect(bench.world.policy.weights["aws"]).toBe(0);
  expect(bench.world.databases.primary()).toBeNull();
  expect(said(bench)).toContain("what a promotion would lose cannot be known");
});

test("a primary that cannot be asked in a cloud that nobody calls down is left alone", async () => {
  const bench = new TestBench(exampleInventory());
  const seen = bench.world.clouds["gcp"];
  if (seen === undefined) throw new Error("nobody looks at gcp");
  bench.world.clouds["gcp"] = { ...seen, verdict: "degraded", reason: "half of its answers are slow" };
  bench.world.inject({ group: "process", kind: "frozen", actor: "database/aws" });
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "gcp" }));
  expect(end.outcome).toBe("completed");
  expect(bench.world.policy.weights["gcp"]).toBe(0);
  expect(bench.world.done.map(({ op }) => op)).not.toContain("detach");
  expect(said(bench)).toContain("may be in aws");
});
