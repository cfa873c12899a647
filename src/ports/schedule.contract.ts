/** The laws of `schedule.ts` as tests, for whatever implements it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ScheduledEntry, ScheduleNews } from "../domain/schedule.ts";
import type { Automation } from "./automation.ts";
import type { Schedule, ToldSchedule } from "./schedule.ts";

export type ScheduleSetup = {
  readonly schedule: Schedule;
  readonly automation: Pick<Automation, "stop" | "start">;
  /** The runs that were really begun, by name, as the orders that they were begun with. */
  readonly begun: () => Promise<Readonly<Record<string, unknown>>>;
  /** Sets the clock that it goes by on by so much. */
  readonly pass: (ms: number) => void;
  /** What it runs on ends without a word, and comes back with what it keeps. */
  readonly die: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const MINUTE_MS = 60_000;
const entry: ScheduledEntry = {
  name: "drill",
  kind: "failover-drill",
  cron: "* * * * *",
  timeZone: "Europe/Berlin",
  runbook: "manual-failover",
  input: { from: "aws", to: "azure" },
  back: { runbook: "rollback", input: { from: "azure", to: "aws" } },
  missed: "report",
  withinMs: 0,
  mode: "act",
};
const ground = { codeVersion: "test", inventoryDigest: "test", profile: "drill" };

function told(more: Partial<ScheduleNews> = {}): ToldSchedule {
  const look = { trouble: [], unsteady: [] };
  return { news: { by: "one", profile: "drill", entries: [entry], look, ends: {}, ...more }, ground };
}

export function scheduleContract(name: string, prepare: () => Promise<ScheduleSetup> | ScheduleSetup): void {
  describe(`the laws of the schedule hold for ${name}`, () => {
    const soon = () => AbortSignal.timeout(30_000);
    let setup: ScheduleSetup;
    let run = "";
    beforeAll(async () => {
      setup = await prepare();
    }, 60_000);
    afterAll(async () => {
      await setup.close();
    });

    test("what is due and told by many at once begins one run, with the order that it has to go by", async () => {
      const { schedule, begun, pass } = setup;
      expect((await schedule.told(told(), soon())).runs).toEqual([]);
      pass(MINUTE_MS);
      const answers = await Promise.all([1, 2, 3, 4].map(() => schedule.told(told(), soon())));
      const runs = answers.flatMap((answer) => answer.runs);
      expect(runs).toHaveLength(1);
      run = runs[0]?.run ?? "";
      expect(run).toMatch(/^drill-\d{8}-\d{4}$/);
      expect(answers.at(-1)?.wants.ends).toEqual([run]);
      await expect.poll(begun, { timeout: 20_000 }).toEqual({
        [run]: {
          runbook: "manual-failover",
          input: { from: "aws", to: "azure" },
          requestedBy: "schedule",
          requestedByHuman: "",
          planHash: null,
          waitForLocks: false,
          preempt: false,
          overrides: [],
          automatic: { mode: "act", policy: "schedule of profile drill: drill act" },
          ...ground,
        },
      });
    });

    test("what was begun is known after a death, and its way back is begun once its end is told", async () => {
      const { schedule, begun, die } = setup;
      await die();
      const again = await schedule.told(told(), soon());
      expect([again.runs, again.wants.ends]).toEqual([[], [run]]);
      const ends = { [run]: { state: "completed", why: "" } };
      const { runs } = await schedule.told(told({ ends }), soon());
      expect(runs.map((one) => one.run)).toEqual([`${run}-back`]);
      await expect
        .poll(async () => Object.keys(await begun()), { timeout: 20_000 })
        .toEqual([run, `${run}-back`]);
      const { entries, heard } = await schedule.show(soon());
      expect(Object.keys(heard)).toEqual(["one"]);
      expect(entries["drill"]).toMatchObject({
        open: { run: `${run}-back`, stage: "back" },
        last: { outcome: "begun", run: `${run}-back` },
      });
    });

    test("while automation is stopped nothing begins, also when who tells has not seen the stop", async () => {
      const { schedule, automation, pass } = setup;
      await automation.stop({ by: "olivia", why: "a test" }, soon());
      const ends = { [`${run}-back`]: { state: "completed", why: "" } };
      pass(MINUTE_MS);
      expect((await schedule.told(told({ ends }), soon())).runs).toEqual([]);
      expect((await schedule.show(soon())).entries["drill"]?.waiting?.why).toContain("stopped by olivia");
      await automation.start(soon());
      expect((await schedule.told(told(), soon())).runs).toHaveLength(1);
    });
  });
}
