import { expect, test } from "vitest";
import { findChainFault } from "../domain/ledger.ts";
import { Kernel } from "../simulation/kernel.ts";
import { type Attempt, Audit } from "./audit.ts";
import { MemoryStore } from "./testing/served-api.ts";

function bench() {
  const clock = new Kernel(1_700_000_000_000);
  const stores = [new MemoryStore("ledger"), new MemoryStore("ledger-copy")] as const;
  const logged: string[] = [];
  const audit = () => new Audit({ stores, clock, log: (line) => logged.push(line) });
  return { clock, stores, logged, audit };
}

const attempt = (by: string | null, change: Partial<Attempt> = {}): Attempt => ({
  by,
  known: by !== null,
  tried: "POST /v1/runs",
  target: null,
  code: "not-allowed",
  why: "olivia may not do this",
  from: "127.0.0.1",
  ...change,
});

test("events that come at once are one chain, the same in every store", async () => {
  const { stores, audit } = bench();
  const one = audit();
  await Promise.all(["a", "b", "c", "d"].map((name) => one.record("people-changed", "adam", { name })));
  expect(stores[0].events.map(({ data }) => data["name"])).toEqual(["a", "b", "c", "d"]);
  expect(findChainFault(stores[0].events)).toBeNull();
  expect(stores[1].events).toEqual(stores[0].events);
});

test("after a restart the chain goes on behind the longest copy, and the shorter one is brought up", async () => {
  const { stores, audit } = bench();
  const before = audit();
  await before.record("people-changed", "adam", { name: "a" });
  stores[1].fails = true;
  await expect(before.record("people-changed", "adam", { name: "b" })).rejects.toThrow(/full/);
  stores[1].fails = false;
  await audit().record("people-changed", "adam", { name: "c" });
  expect(stores[0].events.map(({ data }) => data["name"])).toEqual(["a", "b", "c"]);
  expect(stores[1].events).toEqual(stores[0].events);
  expect(findChainFault(stores[1].events)).toBeNull();
});

test("what could be written to one store alone is not lost to the chain of the same server either", async () => {
  const { stores, audit } = bench();
  const one = audit();
  await one.record("people-changed", "adam", { name: "a" });
  stores[1].fails = true;
  await expect(one.record("people-changed", "adam", { name: "b" })).rejects.toThrow(/full/);
  stores[1].fails = false;
  await one.record("people-changed", "adam", { name: "c" });
  expect(stores[1].events.map(({ data }) => data["name"])).toEqual(["a", "b", "c"]);
});

test("a refusal stands and is logged when it cannot be recorded", async () => {
  const { stores, audit, logged } = bench();
  stores[0].fails = true;
  await audit().refused(attempt("olivia"));
  expect(logged).toEqual([expect.stringMatching(/not in the audit ledger \(ledger is full\).*olivia/)]);
});

test("a flood from nobody is ten events and one count in ten minutes, however large it is", async () => {
  const { clock, stores, audit } = bench();
  const one = audit();
  for (let each = 0; each < 5_000; each += 1) {
    await one.refused(attempt(null, { code: "unauthenticated", from: `10.0.0.${each % 250}` }));
  }
  expect(stores[0].events).toHaveLength(10);
  clock.nowMs += 600_000;
  await one.flush({ leaving: false });
  expect(stores[0].events).toHaveLength(11);
  expect(stores[0].events.at(-1)).toMatchObject({
    type: "attempts-counted",
    by: "nobody",
    data: { count: 4_990, codes: { unauthenticated: 4_990 } },
  });
});

test("one person's flood hides nobody else's attempt, and holders of dead tokens count as outsiders", async () => {
  const { stores, audit } = bench();
  const one = audit();
  for (let each = 0; each < 100; each += 1) {
    await one.refused(attempt("olivia"));
    await one.refused(attempt("rita", { known: false }));
  }
  await one.refused(attempt("priya"));
  const of = (name: string) => stores[0].events.filter(({ by }) => by === name).length;
  expect({ olivia: of("olivia"), rita: of("rita"), priya: of("priya") }).toEqual({
    olivia: 20,
    rita: 10,
    priya: 1,
  });
});

test("counts that are still open are written when the server leaves, and only once", async () => {
  const { stores, audit } = bench();
  const one = audit();
  for (let each = 0; each < 23; each += 1) await one.refused(attempt("olivia"));
  await one.flush({ leaving: true });
  await one.flush({ leaving: true });
  expect(stores[0].events.filter(({ type }) => type === "attempts-counted")).toMatchObject([
    { data: { count: 3 } },
  ]);
});
