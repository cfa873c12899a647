import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { portChooser } from "./free-port.ts";

const opened: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function occupy(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  opened.push(() => new Promise((resolve) => server.close(resolve)));
}

test("two that choose at the same time have no port in common, though none is listened on yet", async () => {
  const choosers = [portChooser(), portChooser(), portChooser()];
  const chosen: number[] = [];
  for (let count = 0; count < 60; count += 1) for (const { choose } of choosers) chosen.push(await choose());
  expect(new Set(chosen).size).toBe(chosen.length);
  expect(Math.max(...chosen)).toBeLessThan(32_768);
});

test("the preferred port is given where it is free, once, and never where something listens", async () => {
  const { choose } = portChooser();
  const free = await portChooser().choose();
  expect(await choose(free)).toBe(free);
  expect(await choose(free)).not.toBe(free);
  const busy = await portChooser().choose();
  await occupy(busy);
  expect(await choose(busy)).not.toBe(busy);
});

test("a port of the block on which something listens is left out", async () => {
  const { choose } = portChooser();
  const first = await choose();
  await occupy(first + 1);
  expect(await choose()).toBe(first + 2);
});
