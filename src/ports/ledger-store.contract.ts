/** The laws of the `LedgerStore` port, as tests that every implementation passes. */
import { afterEach, expect, test } from "vitest";
import type { LedgerHead } from "../domain/ledger-head.ts";
import { chainEvent, type LedgerEvent } from "../domain/ledger.ts";
import type { LedgerStore } from "./ledger-store.ts";

export type StoreHarness = {
  /** A store over the same place each time, as after a restart. */
  readonly open: () => LedgerStore;
  /** Leaves the run's record as a crash in the middle of a write does. */
  readonly tear: (run: string) => Promise<void>;
  /** The head that signs the run's record; null when there is none. */
  readonly head: (run: string) => Promise<LedgerHead | null>;
  /** Leaves the run's record as a crash between its first events and their head does. */
  readonly behead: (run: string) => Promise<void>;
};

/** A chain of `count` events of one run, each saying `word`. */
export function chainOf(run: string, count: number, word = "hello"): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (let index = 0; index < count; index += 1) {
    events.push(
      chainEvent(events.at(-1) ?? null, {
        run,
        time: 1_000 + index,
        type: "read",
        by: "engine",
        data: { word },
      }),
    );
  }
  return events;
}

/** The same, with its end. */
function endedChainOf(run: string, count: number): LedgerEvent[] {
  const events = chainOf(run, count - 1);
  const end = { run, time: 9_000, type: "run-ended", by: "engine", data: { outcome: "completed" } } as const;
  return [...events, chainEvent(events.at(-1) ?? null, end)];
}

export function ledgerStoreContract(name: string, newHarness: () => Promise<StoreHarness>): void {
  const opened: LedgerStore[] = [];
  const harness = async (): Promise<StoreHarness> => {
    const place = await newHarness();
    const open = () => {
      const store = place.open();
      opened.push(store);
      return store;
    };
    return { ...place, open };
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });

  test(`${name}: what was appended is read back in order, also after a restart, and its run is listed`, async () => {
    const { open } = await harness();
    const events = chainOf("run-1", 5);
    await open().append("run-1", events.slice(0, 2));
    const later = open();
    await later.append("run-1", events.slice(2));
    expect(await later.read("run-1")).toEqual(events);
    expect(await open().read("run-1")).toEqual(events);
    expect(await open().runs()).toEqual(["run-1"]);
    expect(await open().read("run-2")).toEqual([]);
  });

  test(`${name}: events that it has are skipped; another event in their place is refused and nothing written`, async () => {
    const store = (await harness()).open();
    const events = chainOf("run-1", 3);
    await store.append("run-1", events);
    await store.append("run-1", events.slice(1));
    await expect(store.append("run-1", chainOf("run-1", 4, "other"))).rejects.toMatchObject({
      kind: "terminal",
    });
    await expect(store.append("run-1", chainOf("run-1", 9).slice(6))).rejects.toMatchObject({
      kind: "terminal",
    });
    expect(await store.read("run-1")).toEqual(events);
  });

  test(`${name}: appends side by side keep the order of the chain`, async () => {
    const store = (await harness()).open();
    const events = chainOf("run-1", 20);
    await Promise.all(events.map((event) => store.append("run-1", [event])));
    expect(await store.read("run-1")).toEqual(events);
  });

  test(`${name}: a torn end is cut before the next append, and nothing else is lost`, async () => {
    const { open, tear } = await harness();
    const events = chainOf("run-1", 4);
    await open().append("run-1", events.slice(0, 3));
    await tear("run-1");
    const after = open();
    expect(await after.read("run-1")).toEqual(events.slice(0, 3));
    await after.append("run-1", events.slice(3));
    expect(await open().read("run-1")).toEqual(events);
  });

  test(`${name}: every append is signed before the next, and the one that ends a run before it returns`, async () => {
    const { open, head } = await harness();
    const store = open();
    const events = endedChainOf("run-1", 4);
    await store.append("run-1", events.slice(0, 2));
    await store.append("run-1", events.slice(2, 3));
    expect((await head("run-1"))?.index).toBeGreaterThanOrEqual(1);
    await store.append("run-1", events.slice(3));
    expect(await head("run-1")).toMatchObject({ run: "run-1", index: 3, hash: events[3]?.hash });
  });

  test(`${name}: what is found is not signed until it is given again, and a head never goes back`, async () => {
    const { open, head, behead } = await harness();
    const events = endedChainOf("run-1", 4);
    const before = open();
    await before.append("run-1", events);
    await before.close();
    await behead("run-1");
    const after = open();
    expect(await after.read("run-1")).toEqual(events);
    await after.append("run-1", events.slice(0, 2));
    await after.close();
    expect(await head("run-1")).toMatchObject({ index: 1 });
    await after.append("run-1", events);
    expect(await head("run-1")).toMatchObject({ index: 3 });
    const replaying = open();
    await replaying.append("run-1", events.slice(0, 1));
    await replaying.close();
    expect(await head("run-1")).toMatchObject({ index: 3 });
  });

  test(`${name}: two servers at one place see what the other appended, and go on behind it`, async () => {
    const { open } = await harness();
    const [one, other] = [open(), open()];
    const events = chainOf("run-1", 6);
    await one.append("run-1", events.slice(0, 2));
    expect(await other.read("run-1")).toEqual(events.slice(0, 2));
    // Who takes a run over gives all of it again, as a replay does.
    await other.append("run-1", events.slice(0, 4));
    expect(await one.read("run-1")).toEqual(events.slice(0, 4));
    // Who was frozen meanwhile goes on where it stood.
    await one.append("run-1", events.slice(2, 3));
    await one.append("run-1", events.slice(3));
    expect(await other.read("run-1")).toEqual(events);
    // Of another chain, though its index would follow.
    const stray = chainOf("run-1", 7, "other").slice(6);
    await expect(one.append("run-1", stray)).rejects.toMatchObject({ kind: "terminal" });
    expect(await other.read("run-1")).toEqual(events);
  });

  test(`${name}: two servers that write one run at the same time leave each event once, whole and in order`, async () => {
    const { open } = await harness();
    const events = endedChainOf("run-1", 40);
    const writeAll = async (batch: number) => {
      const store = open();
      for (let end = batch; end < events.length + batch; end += batch)
        await store.append("run-1", events.slice(0, end));
    };
    await Promise.all([1, 2, 3].map(writeAll));
    expect(await open().read("run-1")).toEqual(events);
  });

  test(`${name}: a server that comes back from a freeze does not set the head back`, async () => {
    const { open, head } = await harness();
    const [frozen, successor] = [open(), open()];
    const events = endedChainOf("run-1", 8);
    await frozen.append("run-1", events.slice(0, 2));
    await successor.append("run-1", events);
    await frozen.append("run-1", events.slice(0, 4));
    await frozen.close();
    expect(await head("run-1")).toMatchObject({ index: 7, hash: events[7]?.hash });
  });

  test(`${name}: a name that would leave the store's place is refused`, async () => {
    const store = (await harness()).open();
    for (const run of ["../elsewhere", "a/b", "", ".hidden"]) {
      await expect(store.append(run, chainOf("run-1", 1))).rejects.toMatchObject({ kind: "terminal" });
    }
  });
}
