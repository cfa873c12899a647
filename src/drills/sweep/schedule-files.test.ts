import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { problemsOf } from "../../rehearsal/check-schedule.ts";
import { groundOf } from "../../rehearsal/ground.ts";
import type { Schedule } from "../../rehearsal/schedule.ts";
import { readOutage, readSchedule } from "./schedule-files.ts";

const CHECKOUT = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "wildcam-schedules-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schedule: Schedule = {
  v: 1,
  seed: 3,
  runbook: "rollback",
  input: { from: "azure", to: "aws" },
  profile: "drill",
  faults: [],
  people: [],
};

function fileOf(text: string): string {
  const file = join(folder, "night.json");
  writeFileSync(file, text);
  return file;
}

test("a schedule is read as it was written", async () => {
  expect(await readSchedule(fileOf(JSON.stringify(schedule)))).toEqual(schedule);
});

test.each([
  ["cut short", JSON.stringify(schedule).slice(0, 60), /may have been cut short/],
  ["of another version", JSON.stringify({ ...schedule, v: 2 }), /is of version 2, and this program knows 1/],
  ["with a runbook that is not there", JSON.stringify({ ...schedule, runbook: "reboot" }), /runbook: /],
  ["with a word that nobody reads", JSON.stringify({ ...schedule, weather: "fog" }), /weather/],
])("a schedule %s is refused, and it says why", async (_name, text, why) => {
  await expect(readSchedule(fileOf(text))).rejects.toThrow(why);
});

test("a fault that no actor has, a cloud and a profile that are not there, are told before anything runs", () => {
  const ground = groundOf(exampleInventory());
  const at = { call: "peek", nth: 1, phase: "before" } as const;
  const fault = { group: "network", kind: "edge-cut", actor: "cloud/mars", at, lasts: null } as const;
  expect(problemsOf(ground, schedule)).toEqual([]);
  expect(problemsOf(ground, { ...schedule, faults: [fault] })).toEqual([
    "no actor of this inventory can have the fault network/edge-cut@cloud/mars",
  ]);
  expect(problemsOf(ground, { ...schedule, input: { from: "mars", to: "aws" } })[0]).toContain("mars");
  expect(problemsOf(ground, { ...schedule, profile: "drll" })[0]).toContain("drll");
});

test("only an outage that somebody is to survive can be over before its run", () => {
  const ground = groundOf(exampleInventory());
  const input = { cloud: "aws", database: "move" };
  const late: Schedule = { ...schedule, runbook: "survive-outage", input, over: true };
  expect(problemsOf(ground, late)).toEqual([]);
  expect(problemsOf(ground, { ...schedule, over: true })).toEqual([
    "only an outage that somebody is to survive can be over before its run",
  ]);
});

test("a scenario that is not there is answered with the nearest that is", async () => {
  await expect(readOutage(CHECKOUT, "github-2081")).rejects.toThrow("github-2018");
});
