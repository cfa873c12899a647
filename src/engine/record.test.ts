import { expect, test } from "vitest";
import type { Journal } from "../ports/journal.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import { Record } from "./record.ts";

function recordOver(...stores: readonly LedgerStore[]): Record {
  const never = () => Promise.reject(new Error("not asked"));
  const journal: Journal = {
    run: "run-1",
    effect: never,
    sleep: never,
    command: never,
    peek: never,
    lock: never,
    turn: never,
    keep: never,
    release: never,
    publish: () => undefined,
    all: never,
    race: never,
  };
  return new Record(journal, stores);
}

function storeOf(append: (types: readonly string[]) => void): LedgerStore {
  return {
    name: "memory",
    append: async (_run, events) => append(events.map(({ type }) => type)),
    read: async () => [],
    runs: async () => [],
    close: async () => undefined,
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("an event is stored by itself, at whatever turn of the write before it is noted", async () => {
  for (let turns = 0; turns < 20; turns += 1) {
    const stored: string[] = [];
    const record = recordOver(storeOf((types) => stored.push(...types)));
    record.note("planned", {});
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    record.note("waiting", {});
    await settled();
    expect(stored, `noted ${turns} turns later`).toEqual(["planned", "waiting"]);
  }
});

test("where one store fails, the others have by themselves what was noted meanwhile", async () => {
  const stored = new Set<string>();
  const record = recordOver(
    storeOf((types) => {
      for (const type of types) stored.add(type);
    }),
    storeOf(() => {
      throw new Error("the disk is full");
    }),
  );
  record.note("undo-failed", {});
  record.note("waiting", {});
  await settled();
  expect([...stored]).toEqual(["undo-failed", "waiting"]);
});
