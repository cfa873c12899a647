import { expect, test } from "vitest";
import { chainEvent, type EventType, type LedgerEvent } from "../../domain/ledger.ts";
import type { JsonObject } from "../../domain/json.ts";
import { holdOfStep, holdUnderWay } from "./holds-in-ledger.ts";

const OBJECTIVE = { goodPercent: 99.9, latency: 250 };

function ledger(...drafts: readonly (readonly [EventType, JsonObject])[]): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (const [index, [type, data]] of drafts.entries()) {
    const draft = { run: "run-1", time: 1_000 + index, type, by: "engine", data };
    events.push(chainEvent(events.at(-1) ?? null, draft));
  }
  return events;
}

const first = ["hold-started", { step: 4, forMs: 2_000, windowMs: 1_000, title: "dwell" }] as const;
const HOLD = {
  run: "run-1",
  step: 4,
  forMs: 2_000,
  windowMs: 1_000,
  goodPercent: 99.9,
  latencyMs: 250,
  startedAtMs: 1_001,
};

test("a run whose last hold has no end stands in it", () => {
  expect(holdUnderWay(ledger(["run-started", {}], first), OBJECTIVE)).toEqual(HOLD);
});

test.each([
  ["passed", ["hold-passed", { step: 4 }]],
  ["was breached", ["hold-breached", { step: 4 }]],
  ["ended with its run", ["run-ended", {}]],
] as const)("a run stands in no hold that %s", (_how, end) => {
  expect(holdUnderWay(ledger(["run-started", {}], first, end), OBJECTIVE)).toBeNull();
});

test("a hold is found by its step, also when it has ended", () => {
  const events = ledger(["run-started", {}], first, ["hold-passed", { step: 4 }]);
  expect(holdOfStep(events, 4, OBJECTIVE)).toEqual(HOLD);
  expect(holdOfStep(events, 5, OBJECTIVE)).toBeNull();
});

test("a hold that is not written as holds are is none", () => {
  expect(holdUnderWay(ledger(["run-started", {}], ["hold-started", { step: "4" }]), OBJECTIVE)).toBeNull();
});
