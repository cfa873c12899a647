import { describe, expect, test } from "vitest";
import type { JsonObject } from "../domain/json.ts";
import { chainEvent, type EventType, type LedgerEvent } from "../domain/ledger.ts";
import type { Message } from "../ports/notify.ts";
import { lockTable, overTimes } from "./lock-table.ts";
import { watchLocks } from "./watch-locks.ts";

type Said = readonly [atMs: number, type: EventType, data?: JsonObject];

function ledger(run: string, ...said: readonly Said[]): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  const all: readonly Said[] = [[0, "run-started", { runbook: "rollback", requestedBy: "olivia" }], ...said];
  for (const [time, type, data = {}] of all)
    events.push(chainEvent(events.at(-1) ?? null, { run, time, type, by: "engine", data }));
  return events;
}

const granted = (atMs: number, lock: string, epoch: number, heldUntilMs = 600_000): Said => [
  atMs,
  "lock-granted",
  { lock, epoch, heldUntilMs },
];
const kept = (atMs: number, heldUntilMs: number | null): Said => [atMs, "locks-kept", { heldUntilMs }];
const queued = (atMs: number, lock: string): Said => [
  atMs,
  "lock-queued",
  { lock, holder: { run: "run-1" } },
];
const paused: Said = [3_000, "waiting", { state: "paused", why: "dana paused it", owner: "dana" }];

describe("the table of locks", () => {
  test("says who has each, since when and until when, and who waits in which order", () => {
    const holder = ledger(
      "run-1",
      granted(1_000, "database/a", 4),
      granted(1_500, "traffic", 9),
      kept(2_000, 900_000),
      paused,
    );
    const late = ledger("run-3", queued(8_000, "database/a"));
    const early = ledger("run-2", queued(7_000, "database/a"), queued(9_000, "database/a"));
    const gone = ledger("run-4", queued(6_000, "database/a"), [7_000, "run-ended", { outcome: "cancelled" }]);
    const row = { run: "run-1", state: "paused", requestedBy: "olivia", untilMs: 900_000 };
    expect(lockTable([late, holder, early, gone])).toEqual([
      {
        ...row,
        lock: "database/a",
        epoch: 4,
        sinceMs: 1_000,
        queue: [
          { run: "run-2", requestedBy: "olivia", sinceMs: 7_000 },
          { run: "run-3", requestedBy: "olivia", sinceMs: 8_000 },
        ],
      },
      { ...row, lock: "traffic", epoch: 9, sinceMs: 1_500, queue: [] },
    ]);
  });

  test("gives a lock that two claim to the higher epoch, and to a run that failed and kept it", () => {
    const hangs = ledger("run-1", granted(1_000, "traffic", 4));
    const takes = ledger("run-2", granted(700_000, "traffic", 5));
    expect(lockTable([takes, hangs])).toMatchObject([{ run: "run-2", epoch: 5 }]);
    const failed = ledger("run-3", granted(1, "dns", 1), kept(2, null), [
      3,
      "run-ended",
      { outcome: "failed" },
    ]);
    expect(lockTable([failed])).toMatchObject([
      { lock: "dns", run: "run-3", state: "failed", untilMs: null },
    ]);
    const ended = ledger("run-4", granted(1, "dns", 1), [2, "lock-released", { lock: "dns" }]);
    expect(lockTable([ended])).toEqual([]);
  });
});

describe("a run whose time is nearly over, or over", () => {
  const run = ledger("run-1", granted(1_000, "traffic", 4), kept(2_000, 3_602_000), paused);

  test.each<[string, LedgerEvent[], number, string | null]>([
    ["is none before the last ten minutes", run, 3_001_999, null],
    ["is nearly over in them", run, 3_002_000, "soon"],
    ["is over from its maximum on", run, 3_602_000, "over"],
    [
      "nearly over begins with the last fifth of a short time",
      ledger("run-1", granted(0, "traffic", 1)),
      480_000,
      "soon",
    ],
    [
      "is none once it has ended",
      [...run, ...ledger("run-1", [1, "run-ended", {}]).slice(1)],
      9_000_000,
      null,
    ],
    ["is none without locks", ledger("run-1", kept(0, 600_000)), 9_000_000, null],
  ])("%s", (_name, events, nowMs, when) => {
    expect(overTimes([events], nowMs)).toMatchObject(when === null ? [] : [{ when, locks: ["traffic"] }]);
  });

  test("is not said of a run whose locks another has taken", () => {
    const takes = ledger("run-2", granted(3_700_000, "traffic", 5, 9_900_000));
    expect(overTimes([run, takes], 3_800_000)).toEqual([]);
  });

  test("in a pivot is measured by what its plan gave it", () => {
    const sealed = ledger("run-1", granted(1_000, "traffic", 4), kept(2_000, 900_000), kept(5_000, null));
    expect(overTimes([sealed], 900_000)).toMatchObject([{ when: "over", sealed: true, untilMs: 900_000 }]);
  });

  test("is said beforehand and at that moment, each once, with what happens then; what was not told is told again", async () => {
    const sent: Message[] = [];
    let nowMs = 0;
    let silent = false;
    const look = watchLocks({
      clock: { now: () => nowMs, sleep: async () => undefined, within: () => new AbortController().signal },
      log: () => undefined,
      notify: {
        send: async (message) => {
          if (silent) throw new Error("the channel is down");
          sent.push(message);
        },
      },
    });
    const at = async (ms: number) => {
      nowMs = ms;
      await look([run]);
    };
    for (const ms of [3_000_000, 3_100_000, 3_200_000]) await at(ms);
    silent = true;
    await at(3_602_000);
    silent = false;
    for (const ms of [3_612_000, 3_622_000]) await at(ms);
    expect(sent.map(({ key, severity, to }) => [key, severity, to])).toEqual([
      ["run-1/locks/3602000/soon", "warning", "on-call"],
      ["run-1/locks/3602000/over", "critical", "on-call"],
    ]);
    expect(sent[0]?.text).toMatch(
      /run-1 has its locks \(traffic\) for 502 s more: dana paused it; owner olivia/,
    );
    expect(sent[1]?.text).toMatch(/past its time.*waits for them takes them.*run show run-1/);
  });

  test("that nobody may take is said to be so", async () => {
    const sealed = ledger("run-1", granted(1_000, "traffic", 4), kept(2_000, 900_000), kept(5_000, null));
    const sent: string[] = [];
    const clock = {
      now: () => 900_001,
      sleep: async () => undefined,
      within: () => new AbortController().signal,
    };
    const send = async ({ text }: Message) => void sent.push(text);
    await watchLocks({ clock, log: () => undefined, notify: { send } })([sealed]);
    expect(sent).toEqual([
      expect.stringMatching(/Nobody takes them by asking.*run abandon run-1.*--preempt/),
    ]);
  });
});
