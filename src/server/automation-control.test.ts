import { expect, test } from "vitest";
import { AUTOMATION, SCHEDULE } from "../domain/automatic-order.ts";
import type { AutomationPolicy } from "../domain/automation.ts";
import { chainEvent, type LedgerEvent } from "../domain/ledger.ts";
import type { Command } from "../ports/journal.ts";
import { refused } from "../ports/errors.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import { Kernel } from "../simulation/kernel.ts";
import { modelAutomation } from "../simulation/model-automation.ts";
import { Audit } from "./audit.ts";
import { stopAutomation } from "./automation-control.ts";
import { MemoryStore } from "./testing/served-api.ts";

const policy: AutomationPolicy = {
  profile: "drill",
  modes: { "shift-traffic": "act", promote: "act", restore: "act" },
  runsPerHour: 10,
};

function ledger(run: string, requestedBy: string, ended: boolean): LedgerEvent[] {
  const data = { runbook: "survive-outage", input: {}, requestedBy, profile: "drill" };
  const first = chainEvent(null, { run, time: 1, type: "run-started", by: requestedBy, data });
  if (!ended) return [first];
  const end = { outcome: "completed", why: "", facts: {}, durationMs: 1 };
  return [first, chainEvent(first, { run, time: 2, type: "run-ended", by: "engine", data: end })];
}

test("a stop pauses every run that began by itself and has not ended, also one that has written nothing yet, and no other", async () => {
  const clock = new Kernel(1_000);
  const ledgers: Record<string, LedgerEvent[]> = {
    "in-flight": ledger("in-flight", AUTOMATION, false),
    over: ledger("over", AUTOMATION, true),
    "of-olivia": ledger("of-olivia", "olivia", false),
    scheduled: ledger("scheduled", SCHEDULE, false),
    "just-over": ledger("just-over", AUTOMATION, false),
  };
  const store: LedgerStore = {
    name: "ledger",
    append: async () => undefined,
    read: async (run) => ledgers[run] ?? [],
    runs: async () => Object.keys(ledgers),
    close: async () => undefined,
  };
  const told: (readonly [string, Command["type"]])[] = [];
  const automation = modelAutomation({ now: () => 1_000, begin: () => undefined });
  const news = {
    by: "one",
    cloud: "aws",
    verdict: "down",
    reason: "",
    observers: 3,
    othersHealthy: 2,
    forMs: 0,
    refused: [],
  } as const;
  await automation.told({ news: { ...news, primaryThere: true }, policy, ground: {} }, clock.within(1_000));
  const open = { run: "drill-20261201-1000", stage: "there", said: false } as const;
  const drill = { lookedMs: 0, waiting: null, open, last: null, begunMs: [] };
  const stopped = await stopAutomation(
    {
      automation,
      schedule: { show: async () => ({ heard: {}, entries: { drill } }) },
      policy,
      audit: new Audit({ stores: [new MemoryStore("ledger")], clock, log: () => undefined }),
      runs: {
        runs: {
          start: async () => undefined,
          ready: async () => undefined,
          tell: async (run, command) => {
            if (run === "just-over") throw refused("the run takes no more commands");
            told.push([run, command.type]);
          },
        },
        store,
        clock,
        ground: { codeVersion: "test", inventoryDigest: "test", profile: "drill" },
        approvalForMs: 1_000,
        signedElsewhere: async () => null,
        humanNamed: () => null,
        newId: () => "none",
      },
      requireActing: async () => undefined,
    },
    "we look first",
    { name: "olivia", human: "olivia@wildcam.org", roles: ["operator"] },
    () => clock.within(10_000),
  );
  const paused = ["drill-20261201-1000", "in-flight", "scheduled", "survive-outage-aws-auto-1"];
  expect(stopped.paused.toSorted()).toEqual(paused);
  expect(told.toSorted(([one], [other]) => one.localeCompare(other))).toEqual(
    paused.map((run) => [run, "pause"]),
  );
  expect(stopped.stopped).toMatchObject({ by: "olivia" });
});
