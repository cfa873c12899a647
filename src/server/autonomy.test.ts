import { expect, test } from "vitest";
import type { Json } from "../domain/json.ts";
import type { RunsEnd } from "../domain/schedule.ts";
import type { CloudFacts, Verdict } from "../domain/snapshot.ts";
import { retryable } from "../ports/errors.ts";
import type { Message } from "../ports/notify.ts";
import { modelAutomation } from "../simulation/model-automation.ts";
import { fault, Night } from "../simulation/testing/night.ts";
import { Autonomy } from "./autonomy.ts";

function stage(shift: "act" | "observe" = "act") {
  const night = new Night();
  const { kernel } = night;
  const verdicts: Record<string, Verdict> = { aws: "healthy", azure: "healthy", gcp: "healthy" };
  const begun: string[] = [];
  const sent: Message[] = [];
  const logged: string[] = [];
  const automation = modelAutomation({
    now: () => kernel.now(),
    begin: (run, _order: Json) => begun.push(run),
  });
  const engine = { stalls: false };
  const told: string[] = [];
  const since: Partial<Record<Verdict, number>> = {};
  const ends = new Map<string, RunsEnd>();
  const facts = (verdict: Verdict): CloudFacts => ({
    verdict,
    reason: "",
    observers: 3,
    sinceMs: since[verdict] ?? 0,
    clusters: {},
  });
  const autonomy = new Autonomy({
    name: "one",
    automation: {
      ...automation,
      told: async (news, signal) => {
        told.push(`${news.news.cloud} ${news.news.verdict}`);
        if (engine.stalls) throw retryable("the durable engine does not answer");
        return await automation.told(news, signal);
      },
    },
    board: {
      verdicts: async () =>
        Object.fromEntries(Object.entries(verdicts).map(([cloud, verdict]) => [cloud, facts(verdict)])),
    },
    world: {
      databases: night.ports.databases,
      notify: { send: async (message) => void sent.push(message) },
      clock: kernel,
      named: { clouds: Object.keys(verdicts), clusters: [], databases: ["wildlifedb"], demandFloor: 0 },
    },
    policy: {
      profile: "drill",
      modes: { "shift-traffic": shift, promote: "propose", restore: "act" },
      runsPerHour: 10,
    },
    ground: {},
    endOf: async (run) => ends.get(run) ?? null,
    log: (line) => logged.push(line),
  });
  const leaving = new AbortController();
  const running = autonomy.run(leaving.signal);
  const end = async () => {
    leaving.abort();
    await running;
  };
  return { night, verdicts, told, begun, ends, since, sent, logged, engine, autonomy, end };
}

test("a cloud that is lost is answered at once by one run, and brought back by another when it is well again", async () => {
  const { night, verdicts, begun, autonomy, end } = stage();
  await night.pass(1_000);
  verdicts["aws"] = "down";
  autonomy.wake();
  await night.pass(500);
  expect(begun).toEqual(["survive-outage-aws-auto-1", "survive-outage-aws-auto-1-move"]);
  await night.pass(60_000);
  expect(begun).toHaveLength(2);
  verdicts["aws"] = "unknown";
  await night.pass(60_000);
  expect(begun).toHaveLength(2);
  verdicts["aws"] = "healthy";
  await night.pass(10_000);
  expect(begun.slice(2)).toEqual(["restore-traffic-aws-auto-1"]);
  await end();
});

test("of several clouds the lost one is told first: each telling takes its time", async () => {
  const { night, verdicts, told, autonomy, end } = stage();
  await night.pass(1_000);
  verdicts["gcp"] = "down";
  told.length = 0;
  autonomy.wake();
  await night.pass(500);
  expect(told.slice(0, 3)).toEqual(["gcp down", "aws healthy", "azure healthy"]);
  await end();
});

test("an answer that was refused is none to what is lost anew", async () => {
  const { night, verdicts, begun, ends, since, autonomy, end } = stage();
  verdicts["gcp"] = "down";
  await night.pass(6_000);
  expect(begun).toEqual(["survive-outage-gcp-auto-1"]);
  ends.set("survive-outage-gcp-auto-1", { state: "refused", why: "gcp is unknown" });
  await night.pass(20_000);
  expect(begun).toHaveLength(1);
  since["down"] = night.kernel.now();
  autonomy.wake();
  await night.pass(5_000);
  expect(begun).toEqual(["survive-outage-gcp-auto-1", "survive-outage-gcp-auto-2"]);
  await end();
});

test("of a cloud that has not the primary only the weights are moved; where it cannot be seen, people are asked", async () => {
  const there = stage();
  there.verdicts["gcp"] = "down";
  await there.night.pass(6_000);
  expect(there.begun).toEqual(["survive-outage-gcp-auto-1"]);
  await there.end();
  const blind = stage();
  for (const cloud of ["aws", "azure", "gcp"])
    blind.night.world.inject(fault("process", "killed", `agent/${cloud}`));
  blind.verdicts["gcp"] = "down";
  await blind.night.pass(10_000);
  expect(blind.begun).toEqual(["survive-outage-gcp-auto-1", "survive-outage-gcp-auto-1-move"]);
  await blind.end();
});

test("while the durable engine stalls nothing is lost: it is told again until it is heard, and said once in the log", async () => {
  const { night, verdicts, begun, logged, engine, end } = stage();
  await night.pass(1_000);
  engine.stalls = true;
  verdicts["aws"] = "down";
  await night.pass(20_000);
  expect(begun).toEqual([]);
  expect(logged.filter((line) => line.includes("was not told"))).toHaveLength(1);
  engine.stalls = false;
  await night.pass(2_000);
  expect(begun).toContain("survive-outage-aws-auto-1");
  await end();
});

test("what is only observed is told to people, once, and nothing begins", async () => {
  const { night, verdicts, begun, sent, end } = stage("observe");
  verdicts["aws"] = "down";
  await night.pass(30_000);
  expect(begun).toEqual([]);
  expect(sent.map(({ text }) => text)).toEqual([expect.stringContaining("would have run survive-outage")]);
  await end();
});
