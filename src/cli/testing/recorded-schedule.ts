/** A recorded answer for tests: a schedule of which each entry stands another way. */
import type { ScheduleAnswer } from "../api/parse-schedule.ts";
import { NOW_MS } from "./recorded-runs.ts";

const moved = { database: "stay" } as const;
const zone = "America/Los_Angeles";

export const noSchedule: ScheduleAnswer = { profile: "drill", entries: [] };

export const schedule: ScheduleAnswer = {
  profile: "production",
  entries: [
    {
      name: "weekly-chaos",
      kind: "chaos-drill",
      cron: "0 10 * * TUE",
      timeZone: zone,
      runbook: "manual-failover",
      input: { from: "gcp", to: "azure", ...moved },
      back: { runbook: "rollback", input: { from: "azure", to: "gcp", ...moved } },
      missed: "report",
      within: 14_400_000,
      mode: "propose",
      profile: "production",
      here: true,
      next: [
        { dueMs: 1_770_141_600_000, due: `Tue 2026-02-03 10:00 ${zone}` },
        { dueMs: 1_770_746_400_000, due: `Tue 2026-02-10 10:00 ${zone}` },
        { dueMs: 1_771_351_200_000, due: `Tue 2026-02-17 10:00 ${zone}` },
      ],
      waiting: null,
      open: null,
      last: {
        dueMs: 1_769_536_800_000,
        due: `Tue 2026-01-27 10:00 ${zone}`,
        outcome: "left-out",
        run: null,
        why: "aws is degraded (9 of 20 probes were slow); the objective was missed lately: p99 was 300 ms over 60000 ms; the objective is 250 ms",
      },
    },
    {
      name: "half-hourly-look",
      kind: "run",
      cron: "*/30 * * * *",
      timeZone: "UTC",
      runbook: "restore-traffic",
      input: { cloud: "aws" },
      back: null,
      missed: "catch-up",
      within: 600_000,
      mode: "act",
      profile: null,
      here: true,
      next: [{ dueMs: NOW_MS + 1_800_000, due: "Sat 2026-01-31 12:30 UTC" }],
      waiting: { dueMs: NOW_MS, due: "Sat 2026-01-31 12:00 UTC", why: "rollback-1 has traffic" },
      open: { run: "half-hourly-look-20260131-1130", stage: "there" },
      last: {
        dueMs: NOW_MS - 1_800_000,
        due: "Sat 2026-01-31 11:30 UTC",
        outcome: "begun",
        run: "half-hourly-look-20260131-1130",
        why: "",
      },
    },
    {
      name: "elsewhere",
      kind: "run",
      cron: "0 3 * * *",
      timeZone: "UTC",
      runbook: "restore-traffic",
      input: { cloud: "aws" },
      back: null,
      missed: "report",
      within: 600_000,
      mode: "observe",
      profile: "drill",
      here: false,
      next: [],
      waiting: null,
      open: null,
      last: null,
    },
  ],
};
