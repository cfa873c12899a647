// A state that a real world was in once, planned and rehearsed again with nothing up: the whole way but the network.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXIT } from "./exit.ts";
import { play } from "./testing/harness.ts";
import { realOutside } from "./wire.ts";

const kept = readFileSync(join(import.meta.dirname, "testing/moved-world.json"), "utf8");
const BACK = ["plan", "rollback", "--from", "azure", "--to", "aws", "--snapshot", "kept.json"];

async function planned(text: string, words: readonly string[] = BACK) {
  const real = realOutside();
  const codeVersion = async () => await real.codeVersion();
  return await play(words, { up: false, outside: { readText: async () => text, codeVersion } });
}

test("the local world after a failover is where the rehearsal begins, and the way back completes", async () => {
  const { exit, out, err, calls } = await planned(kept, [...BACK, "--with-faults", "3"]);
  expect(out).toMatch(/promote aws \(no return from here\)/);
  expect(out).toMatch(/rehearsed from this state, with nothing going wrong: completed in \d+s/);
  expect(out).toMatch(/faults +3 nights: /);
  expect(out).toContain("no rule was broken");
  expect(err).toContain("3 of 3 nights with faults");
  expect(calls).toEqual([]);
  expect(exit).toBe(EXIT.ok);
});

test("a runbook that refuses that state says so with the facts, as the orchestrator would", async () => {
  const down = kept.replace(/"aws": \{\s*"verdict": "healthy"/, '"aws": { "verdict": "down"');
  expect(down).not.toBe(kept);
  const { exit, err } = await planned(down);
  expect(err).toMatch(/aws/);
  expect(exit).toBe(EXIT.refused);
});

test("a kept state that lacks a cloud of the inventory is malformed, and names it", async () => {
  const other = kept.replaceAll('"gcp"', '"oracle"');
  const { exit, err } = await planned(other);
  expect(err).toContain("it has no cloud gcp");
  expect(exit).toBe(EXIT.malformed);
});
