import { expect, test } from "vitest";
import { chainEvent, type EventType, type LedgerEvent } from "../domain/ledger.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Sheets } from "../ports/sheets.ts";
import { keepSheets } from "./sheet-keeper.ts";

function chain(...types: readonly EventType[]): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (const type of types)
    events.push(chainEvent(events.at(-1) ?? null, { run: "run-1", time: 0, type, by: "engine", data: {} }));
  return events;
}

/** Writing a sheet and the passing of time are both held until they are let go. */
function scene() {
  const held: LedgerEvent[] = [];
  const written: string[] = [];
  const failed: string[] = [];
  let write: () => Promise<void> = async () => undefined;
  let sleeping: { readonly wake: () => void; readonly signal: AbortSignal }[] = [];
  const store: LedgerStore = {
    name: "test",
    append: async (_run, events) => {
      held.push(...events);
    },
    read: async () => [...held],
    runs: async () => ["run-1"],
    close: async () => undefined,
  };
  const sheets: Sheets = {
    write: async (_run, text) => {
      await write();
      written.push(text);
    },
    read: async () => null,
    placeOf: () => ({ sheet: "", taken: "" }),
    isTaken: async () => false,
  };
  const clock: Clock = {
    now: () => 0,
    within: () => new AbortController().signal,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        sleeping.push({ wake: resolve, signal });
        signal.addEventListener("abort", () => reject(new Error("woken")));
      }),
  };
  const kept = keepSheets({
    store,
    sheets,
    clock,
    render: (events) => events.map(({ type }) => type).join(" "),
    failed: (run, why) => failed.push(`${run}: ${why}`),
  });
  return {
    kept,
    written,
    failed,
    setWrite: (by: () => Promise<void>) => (write = by),
    timePasses: async () => {
      const all = sleeping;
      sleeping = [];
      for (const { wake } of all) wake();
      await settled();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the sheet is written soon after an event, with all events so far", async () => {
  const { kept, written, timePasses } = scene();
  for (const event of chain("run-started", "planned")) await kept.append("run-1", [event]);
  await settled();
  expect(written).toEqual([]);
  await timePasses();
  expect(written).toEqual(["run-started planned"]);
});

test("an intent and an end are written at once, with what was still to be written, and that is not written again", async () => {
  const { kept, written, timePasses } = scene();
  for (const event of chain("planned", "act-intended", "act-done", "run-ended")) {
    await kept.append("run-1", [event]);
    await settled();
  }
  await timePasses();
  expect(written).toEqual(["planned act-intended", "planned act-intended act-done run-ended"]);
});

test("what comes in while it is written goes with the next write, and nothing waits for it", async () => {
  const { kept, written, setWrite, timePasses } = scene();
  const { promise, resolve } = Promise.withResolvers<void>();
  setWrite(() => promise);
  for (const event of chain("run-started", "read", "planned", "approved")) {
    await kept.append("run-1", [event]);
    await timePasses();
  }
  expect(written).toEqual([]);
  resolve();
  await settled();
  expect(written).toEqual(["run-started", "run-started read planned approved"]);
});

test("an act's intent waits until its sheet is written, and not when that takes too long", async () => {
  const { kept, written, setWrite, timePasses } = scene();
  const [first, second] = chain("act-intended", "act-intended");
  await kept.append(
    "run-1",
    [first].filter((event) => event !== undefined),
  );
  expect(written).toEqual(["act-intended"]);
  setWrite(() => new Promise(() => undefined));
  let done = false;
  const appended = kept
    .append(
      "run-1",
      [second].filter((event) => event !== undefined),
    )
    .then(() => {
      done = true;
    });
  await settled();
  expect(done).toBe(false);
  await timePasses();
  await appended;
  expect(written).toHaveLength(1);
});

test("a sheet that cannot be written fails no run, is said once, and is tried again with the next event", async () => {
  const { kept, written, failed, setWrite, timePasses } = scene();
  setWrite(async () => {
    throw new Error("the disk is full");
  });
  const events = chain("run-started", "act-intended", "planned", "approved");
  for (const event of events.slice(0, 3)) {
    await kept.append("run-1", [event]);
    await timePasses();
  }
  expect(failed).toEqual(["run-1: the disk is full"]);
  setWrite(async () => undefined);
  await kept.append("run-1", events.slice(3));
  await timePasses();
  expect(written).toEqual(["run-started act-intended planned approved"]);
});

test("what is still to be written when the store is closed is written first", async () => {
  const { kept, written } = scene();
  await kept.append("run-1", chain("run-started"));
  await kept.close();
  expect(written).toEqual(["run-started"]);
});
