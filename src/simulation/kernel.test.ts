import { expect, test } from "vitest";
import { Kernel, Stuck } from "./kernel.ts";

test("timers fire in the order of their times, and those of one time in the order in which they were set", async () => {
  const kernel = new Kernel(0);
  const seen: string[] = [];
  for (const [name, ms] of Object.entries({ late: 30, early: 10, first: 20, second: 20 }))
    kernel.at(ms, () => seen.push(`${name} at ${kernel.now()}`));
  await kernel.pass(50);
  expect(seen).toEqual(["early at 10", "first at 20", "second at 20", "late at 30"]);
  expect(kernel.now()).toBe(50);
});

test("all that can go on has gone on before time passes", async () => {
  const kernel = new Kernel(0);
  const seen: number[] = [];
  const chain = async () => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    seen.push(kernel.now());
  };
  kernel.at(5, () => void chain());
  kernel.at(6, () => seen.push(kernel.now()));
  await kernel.pass(10);
  expect(seen).toEqual([5, 6]);
});

test("a world in which nothing can happen any more is stuck, and says so", async () => {
  await expect(new Kernel(0).run(new Promise(() => undefined))).rejects.toThrow(Stuck);
});

test("a sleep ends with its signal's reason", async () => {
  const kernel = new Kernel(0);
  const sleep = kernel.sleep(1_000, kernel.within(10));
  await expect(kernel.run(sleep)).rejects.toThrow("not done within 10 ms");
  expect(kernel.now()).toBe(10);
});

test("plain timers keep the order of all timers, and whoever waits goes on before the next one as soon as they stir", async () => {
  const kernel = new Kernel(0);
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  void promise.then(() => seen.push(`woken at ${kernel.now()}`));
  kernel.plain(1, () => seen.push("plain at 1"));
  kernel.at(2, () => seen.push("at 2"));
  kernel.plain(3, () => {
    resolve();
    kernel.stir();
  });
  kernel.plain(4, () => seen.push("plain at 4"));
  await kernel.pass(10);
  expect(seen).toEqual(["plain at 1", "at 2", "woken at 3", "plain at 4"]);
});

test("plain timers that set each other for ever leave the real loop its turns", async () => {
  const kernel = new Kernel(0);
  const again = () => void kernel.plain(kernel.now() + 1, again);
  again();
  // Work of the real loop: some turns of it.
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  await kernel.run(turn().then(turn).then(turn).then(turn));
  expect(kernel.now()).toBeGreaterThan(0);
});

test("a deadline ends as soon as the signal that it goes with, for the same reason, and by itself else", async () => {
  const kernel = new Kernel(0);
  const run = new AbortController();
  const early = kernel.within(100, run.signal);
  const late = kernel.within(100, new AbortController().signal);
  run.abort(new Error("the run was ended"));
  expect([early.aborted, late.aborted]).toEqual([true, false]);
  expect(early.reason).toEqual(new Error("the run was ended"));
  expect(kernel.within(100, run.signal).aborted).toBe(true);
  await kernel.pass(100);
  expect(late.aborted).toBe(true);
});
