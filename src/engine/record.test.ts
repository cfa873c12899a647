import { expect, test } from "vitest";
import type { Journal } from "../ports/journal.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import { Record } from "./record.ts";

function recordOver(stored: string[]): Record {
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
  const store: LedgerStore = {
    name: "memory",
    append: async (_run, events) => void stored.push(...events.map(({ type }) => type)),
    read: async () => [],
    runs: async () => [],
    close: async () => undefined,
  };
  return new Record(journal, [store]);
}

test("an event is stored by itself, at whatever turn of the write before it is noted", async () => {
  for (let turns = 0; turns < 20; turns += 1) {
    const stored: string[] = [];
    const record = recordOver(stored);
    record.note("planned", {});
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    record.note("waiting", {});
    await new Promise((resolve) => setImmediate(resolve));
    expect(stored, `noted ${turns} turns later`).toEqual(["planned", "waiting"]);
  }
});
