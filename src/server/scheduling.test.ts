import { expect, test } from "vitest";
import type { Json } from "../domain/json.ts";
import type { Look, RunsEnd, ScheduledEntry } from "../domain/schedule.ts";
import { retryable } from "../ports/errors.ts";
import type { Message } from "../ports/notify.ts";
import type { Schedule } from "../ports/schedule.ts";
import { Kernel } from "../simulation/kernel.ts";
import { modelAutomation } from "../simulation/model-automation.ts";
import { modelSchedule } from "../simulation/model-schedule.ts";
import { Scheduling } from "./scheduling.ts";

const MINUTE_MS = 60_000;
/** Five seconds to a full hour. */
const START_MS = Date.parse("2026-12-01T09:59:55Z");
const CLEAR: Look = { trouble: [], unsteady: [] };

const hourly: ScheduledEntry = {
  name: "hourly",
  kind: "chaos-drill",
  cron: "0 * * * *",
  timeZone: "UTC",
  runbook: "manual-failover",
  input: { from: "gcp", to: "azure", database: "stay" },
  back: { runbook: "rollback", input: { from: "azure", to: "gcp", database: "stay" } },
  missed: "report",
  withinMs: MINUTE_MS,
  mode: "act",
};

/** Several servers of one installation, in virtual time. */
function stage(...names: readonly string[]) {
  return stageOf([hourly], names);
}

function stageOf(entries: readonly ScheduledEntry[], names: readonly string[]) {
  const kernel = new Kernel(START_MS);
  const now = () => kernel.now();
  const begun: string[] = [];
  const sent: Message[] = [];
  const logged: string[] = [];
  const looks: string[] = [];
  const ends: Record<string, RunsEnd> = {};
  const world: { look: Look; stalls: boolean } = { look: CLEAR, stalls: false };
  const automation = modelAutomation({ now, begin: () => undefined });
  const model = modelSchedule({ now, begin: (run: string, _order: Json) => begun.push(run), automation });
  const schedule: Schedule = {
    ...model,
    told: async (news, signal) => {
      if (world.stalls) throw retryable("the durable engine does not answer");
      return await model.told(news, signal);
    },
  };
  const leaving = new AbortController();
  const running = names.map((name) =>
    new Scheduling({
      name,
      profile: "drill",
      schedule,
      entries,
      look: async () => {
        looks.push(name);
        return world.look;
      },
      endOf: async (run) => ends[run] ?? null,
      world: { clock: kernel, notify: { send: async (message) => void sent.push(message) } },
      ground: {},
      log: (line) => logged.push(line),
    }).run(leaving.signal),
  );
  const pass = async (ms: number) => {
    await kernel.run(kernel.sleep(ms, leaving.signal));
  };
  const end = async () => {
    leaving.abort();
    await kernel.run(Promise.all(running));
  };
  return { kernel, schedule, begun, sent, logged, looks, ends, world, pass, end };
}

test("three servers begin one run of what is due, look only when something is, and begin its way back when it is over", async () => {
  const { begun, looks, ends, pass, end } = stage("one", "two", "three");
  await pass(4_000);
  expect([begun, looks]).toEqual([[], []]);
  await pass(30_000);
  expect(begun).toEqual(["hourly-20261201-1000"]);
  const looked = looks.length;
  await pass(20 * MINUTE_MS);
  expect([begun.length, looks.length]).toEqual([1, looked]);
  ends["hourly-20261201-1000"] = { state: "completed", why: "" };
  await pass(MINUTE_MS);
  expect(begun).toEqual(["hourly-20261201-1000", "hourly-20261201-1000-back"]);
  ends["hourly-20261201-1000-back"] = { state: "completed", why: "" };
  await pass(60 * MINUTE_MS);
  expect(begun.slice(2)).toEqual(["hourly-20261201-1100"]);
  await end();
});

test("what is in the way is told to people once, by whichever server", async () => {
  const { begun, sent, world, pass, end } = stage("one", "two", "three");
  world.look = { trouble: ["aws is down"], unsteady: [] };
  await pass(20 * MINUTE_MS);
  expect([begun, sent.map(({ text }) => text)]).toEqual([
    [],
    ["hourly was due Tue 2026-12-01 10:00 UTC and is left out: aws is down"],
  ]);
  await end();
});

test("while the durable engine stalls nothing is lost for a while, and it is said once in the log", async () => {
  const { begun, logged, world, pass, end } = stage("one");
  await pass(1_000);
  world.stalls = true;
  await pass(2 * MINUTE_MS);
  expect([begun, logged]).toEqual([[], [expect.stringContaining("the schedule was not told")]]);
  world.stalls = false;
  await pass(20_000);
  expect(begun).toEqual(["hourly-20261201-1000"]);
  await end();
});

test("a server whose inventory states nothing any more still hears the end of what was begun", async () => {
  const { kernel, schedule, begun, sent, ends, pass, end } = stageOf([], ["one"]);
  const before = { by: "one", profile: "drill", entries: [hourly], look: CLEAR, ends: {} };
  await schedule.told({ news: before, ground: {} }, kernel.within(1_000));
  await pass(6_000);
  await schedule.told({ news: before, ground: {} }, kernel.within(1_000));
  const there = "hourly-20261201-1000";
  ends[there] = { state: "completed", why: "" };
  await pass(MINUTE_MS);
  expect([begun, sent.map(({ text }) => text)]).toEqual([
    [there],
    [expect.stringContaining(`${there} is completed, and the inventory does not state hourly any more`)],
  ]);
  expect((await schedule.show(kernel.within(1_000))).entries).toEqual({});
  await end();
});
