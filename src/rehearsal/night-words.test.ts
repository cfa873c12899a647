import { expect, test } from "vitest";
import { whatStruck } from "./night-words.ts";
import type { Schedule } from "./schedule.ts";

const at = { call: "do: promote", nth: 1, phase: "during" as const };
const say = {
  does: "say" as const,
  word: "approve" as const,
  rightHash: true,
  forMs: 86_400_000,
  afterMs: 0,
  twice: false,
};
const schedule: Schedule = {
  v: 1,
  seed: 1,
  runbook: "manual-failover",
  input: {},
  profile: "drill",
  faults: [
    { group: "database", kind: "lag", actor: "database/gcp", at, lasts: { ms: 40_000 } },
    { group: "process", kind: "crash", actor: "orchestrator", at: { ...at, nth: 2 }, lasts: null },
    { group: "api", kind: "delay", actor: "edge", at: { ...at, call: "do: scale" }, lasts: { calls: 1 } },
  ],
  people: [
    { ...say, by: "approver-1", at },
    { ...say, word: "pause", by: "adam", at },
  ],
};

test("only what struck is told, with place and length, and no approval that was asked for", () => {
  const signature = [
    "manual-failover: lag database/gcp @ do: promote during -> ok",
    "manual-failover: crash orchestrator @ do: promote during -> cut off",
    "manual-failover: approver-1 approve @ do: promote during -> ok",
    "manual-failover: adam pause @ do: promote during -> ok",
  ].join("; ");
  expect(whatStruck(schedule, signature)).toEqual([
    'lag of database/gcp during "do: promote", for 40 s',
    'crash of orchestrator during "do: promote" (2)',
    'adam says pause during "do: promote"',
  ]);
  expect(whatStruck(schedule, "run-1 completed")).toEqual([]);
});

test("that the outage was over before anybody answered is told first", () => {
  expect(whatStruck({ ...schedule, over: true }, "")).toEqual(["the outage was over before the run began"]);
});
