import { describe, expect, test } from "vitest";
import { chainEvent, type EventType, type LedgerEvent } from "../domain/ledger.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Message } from "../ports/notify.ts";
import { dueOf, stuckRuns } from "./watchdog.ts";
import { watchRuns } from "./watch-runs.ts";

const limits = { stepMs: 60_000, scaleMs: 660_000, approvalForMs: 14_400_000 };

type Said = readonly [atMs: number, type: EventType, data?: JsonObject];

function ledger(run: string, ...said: readonly Said[]): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  const all: readonly Said[] = [[0, "run-started", { requestedBy: "olivia" }], ...said];
  for (const [time, type, data = {}] of all)
    events.push(chainEvent(events.at(-1) ?? null, { run, time, type, by: "engine", data }));
  return events;
}

describe("every event that is not an end says by when the next one is due", () => {
  const cases: readonly [string, Said, number][] = [
    ["an approval, until it lapses", [1_000, "approval-asked", { count: 1, untilMs: 9_000 }], 9_000],
    ["a hold, until it is over and was judged", [1_000, "hold-started", { forMs: 900_000 }], 961_000],
    ["an act, as long as it and its proof may take", [1_000, "act-intended", { op: "promote" }], 61_000],
    ["capacity, as long as it may take to be ready", [1_000, "act-done", { op: "scale" }], 661_000],
    ["a try that is to be repeated", [1_000, "act-retried", { op: "promote" }], 61_000],
    ["an event that states its own deadline is believed", [1_000, "read", { untilMs: 5_000 }], 5_000],
  ];
  test.each(cases)("%s", (_name, said, untilMs) => {
    const events = ledger("run-1", said);
    expect(dueOf(events, limits)).toMatchObject({ untilMs });
    expect(stuckRuns([events], limits, untilMs)).toEqual([]);
    expect(stuckRuns([events], limits, untilMs + 1)).toMatchObject([
      { run: "run-1", owner: "olivia", after: 1 },
    ]);
  });

  test("a run that has ended is never stuck", () => {
    const events = ledger("run-1", [1_000, "run-ended", { outcome: "completed" }]);
    expect(dueOf(events, limits)).toBeNull();
    expect(stuckRuns([events], limits, Number.MAX_SAFE_INTEGER)).toEqual([]);
  });

  test("a run that queues for a lock has until its holder is due, and no longer", () => {
    const queued = ledger("run-2");
    const holder = ledger(
      "run-1",
      [0, "lock-granted", { lock: "traffic" }],
      [1_000, "hold-started", { forMs: 900_000 }],
    );
    expect(stuckRuns([holder, queued], limits, 961_000)).toEqual([]);
    expect(stuckRuns([holder, queued], limits, 961_001).map(({ run }) => run)).toEqual(["run-1", "run-2"]);
    expect(stuckRuns([queued], limits, 60_001).map(({ run }) => run)).toEqual(["run-2"]);
  });
});

function scene() {
  const began = 1_700_000_000_000;
  let nowMs = began;
  const clock: Clock = {
    now: () => nowMs,
    sleep: async () => undefined,
    within: () => new AbortController().signal,
  };
  const ledgers = new Map<string, LedgerEvent[]>();
  const messages: Message[] = [];
  let silent = false;
  const store: LedgerStore = {
    name: "test",
    append: async () => undefined,
    read: async (run) => ledgers.get(run) ?? [],
    runs: async () => [...ledgers.keys()],
    close: async () => undefined,
  };
  const watch = watchRuns({
    store,
    clock,
    limits,
    log: () => undefined,
    notify: {
      send: async (message) => {
        if (silent) throw new Error("the channel is down");
        messages.push(message);
      },
    },
  });
  const at = async (ms: number) => {
    nowMs = began + ms;
    await watch.look();
  };
  const say = (run: string, ...said: readonly Said[]) => {
    ledgers.set(
      run,
      ledger(run, ...said.map(([time, type, data]): Said => [began + time, type, data ?? {}])),
    );
  };
  return { at, say, watch, messages, silence: (on: boolean) => (silent = on) };
}

describe("the loop", () => {
  test("says once of each stuck period that there is one, within a minute, and takes it back with the next event", async () => {
    const { at, say, watch, messages } = scene();
    const intended: Said = [100_000, "act-intended", { op: "promote", name: "promote azure" }];
    say("run-1", intended);
    await at(160_000);
    expect(messages).toEqual([]);
    for (const ms of [180_000, 190_000, 400_000]) await at(ms);
    expect(messages.map(({ key, severity, to }) => [key, severity, to])).toEqual([
      ["run-1/stuck/1", "critical", "on-call"],
    ]);
    expect(messages[0]?.text).toMatch(
      /waits for the answer to "promote azure".*owner olivia.*run show run-1/,
    );
    expect(watch.stuck("run-1")).toMatchObject({ after: 1 });
    say("run-1", intended, [401_000, "act-retried", { op: "promote" }]);
    await at(410_000);
    expect(watch.stuck("run-1")).toBeNull();
    await at(500_000);
    expect(messages.map(({ key }) => key)).toEqual(["run-1/stuck/1", "run-1/stuck/2"]);
  });

  test("finds runs past the time for their locks as well", async () => {
    const { at, say, messages } = scene();
    const until = { lock: "traffic", epoch: 1, heldUntilMs: 1_700_000_060_000 };
    say("run-1", [50_000, "lock-granted", until], [50_000, "waiting", { untilMs: 9_000_000_000_000 }]);
    await at(61_000);
    expect(messages.map(({ key }) => key)).toEqual(["run-1/locks/1700000060000/over"]);
  });

  test("tells again what could not be told, and gives runs time after the server's own start", async () => {
    const { at, say, messages, silence } = scene();
    say("run-1", [-1_000_000, "act-intended", { op: "promote" }]);
    await at(20_000);
    expect(messages).toEqual([]);
    silence(true);
    await at(40_000);
    expect(messages).toEqual([]);
    silence(false);
    await at(50_000);
    await at(60_000);
    expect(messages).toHaveLength(1);
  });
});
