import { describe, expect, test } from "vitest";
import { chainEvent, type EventType, type LedgerEvent } from "../domain/ledger.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Peers } from "../ports/peers.ts";
import { speaker } from "./speaker.ts";
import { watchHolds } from "./watch-holds.ts";
import { watchRuns } from "./watch-runs.ts";

class TestClock implements Clock {
  nowMs = 0;
  now() {
    return this.nowMs;
  }
  async sleep() {}
  within() {
    return new AbortController().signal;
  }
}

const NAMES = ["aws", "azure", "gcp"] as const;
const clock = new TestClock();

function peersOf(self: string | null, down: ReadonlySet<string>): Peers {
  return { self, look: async () => NAMES.map((name) => ({ name, up: name === self || !down.has(name) })) };
}

async function speakers(...down: readonly string[]): Promise<string[]> {
  const gone = new Set(down);
  const said: string[] = [];
  for (const name of NAMES) {
    if (gone.has(name)) continue;
    if (await speaker(peersOf(name, gone), clock)()) said.push(name);
  }
  return said;
}

describe("of three servers", () => {
  test("the first that is up speaks, and no other", async () => {
    expect(await speakers()).toEqual(["aws"]);
    expect(await speakers("aws")).toEqual(["azure"]);
    expect(await speakers("aws", "azure")).toEqual(["gcp"]);
    expect(await speakers("azure")).toEqual(["aws"]);
  });
});

test("the only server speaks", async () => {
  expect(await speaker(peersOf(null, new Set(NAMES)), clock)()).toBe(true);
});

function ledger(...types: readonly EventType[]): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (const type of types) {
    const draft = { run: "run-1", time: 1_000, type, by: "engine", data: {} };
    events.push(chainEvent(events.at(-1) ?? null, draft));
  }
  return events;
}

function storeOf(runs: Readonly<Record<string, readonly LedgerEvent[]>>): LedgerStore {
  return {
    name: "memory",
    append: async () => undefined,
    read: async (run) => [...(runs[run] ?? [])],
    runs: async () => Object.keys(runs),
    close: async () => undefined,
  };
}

describe("holds that others have begun", () => {
  const runs = { live: ledger("run-started", "hold-started"), over: ledger("run-started", "run-ended") };
  const looking = (speaks: boolean) => {
    const adopted: string[] = [];
    const holds = watchHolds({
      store: storeOf(runs),
      clock,
      speaks: async () => speaks,
      adopt: (events) => adopted.push(events.at(-1)?.type ?? ""),
      log: () => undefined,
    });
    return { holds, adopted };
  };

  test("are looked after by the server that speaks, at every look; ended runs are not", async () => {
    const { holds, adopted } = looking(true);
    await holds.look();
    await holds.look();
    expect(adopted).toEqual(["hold-started", "hold-started"]);
  });

  test("are left to it by the others", async () => {
    const { holds, adopted } = looking(false);
    await holds.look();
    expect(adopted).toEqual([]);
  });
});

test("of a run that is stuck every server knows, one tells people, and the next one when that one has died", async () => {
  const at = new TestClock();
  const told: string[] = [];
  const live = { first: true };
  const watchOf = (speaks: () => boolean) =>
    watchRuns({
      store: storeOf({ "run-1": ledger("run-started") }),
      clock: at,
      notify: { send: async ({ key }) => void told.push(key) },
      limits: { stepMs: 1_000, scaleMs: 1_000, approvalForMs: 1_000 },
      log: () => undefined,
      speaks: async () => speaks(),
    });
  const [first, second] = [watchOf(() => live.first), watchOf(() => !live.first)];
  at.nowMs = 600_000;
  for (const watch of [first, second]) await watch.look();
  expect([first.stuck("run-1"), second.stuck("run-1")]).toEqual([
    expect.objectContaining({ run: "run-1" }),
    expect.objectContaining({ run: "run-1" }),
  ]);
  expect(told).toEqual(["run-1/stuck/0"]);
  await first.look();
  expect(told).toHaveLength(1);
  live.first = false;
  await second.look();
  // At least once: the same key again, and never none.
  expect(told).toEqual(["run-1/stuck/0", "run-1/stuck/0"]);
});
