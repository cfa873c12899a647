import { afterAll, beforeAll, expect, test } from "vitest";
import { memberFactsOf } from "./testing/member-facts.ts";
import { startSteadyWriter } from "./testing/steady-writer.ts";
import { bringUpWithinMs, startTestWorld, type TestWorld, tokenSource } from "./testing/shared-world.ts";
import { compareLsn, parseLsn } from "../../domain/units.ts";
import { endpointOf, keysAt } from "./testing/direct-sql.ts";
import { pollUntil } from "./processes/wait.ts";

const database = "wildlifedb";
const signal = AbortSignal.timeout(120_000);
let world: TestWorld;

beforeAll(async () => {
  world = await startTestWorld();
}, bringUpWithinMs);
afterAll(async () => {
  await world.close();
});

/** The pivot's order, by the port alone. */
async function moveThePrimary(from: string, to: string, third: string, epoch: number): Promise<void> {
  const { databases } = world;
  const token = tokenSource(`move-${from}-${to}-${epoch}`, `database/${database}`, epoch);
  const at = (cloud: string) => ({ database, cloud });
  const slot = (cloud: string) => `standby_${cloud}`;
  const names = `ANY 1 (${slot(from)}, ${slot(third)})`;
  await databases.perform(at(to), { act: "create-slot", slot: slot(from) }, token(), signal);
  await databases.perform(at(to), { act: "create-slot", slot: slot(third) }, token(), signal);
  await databases.perform(at(to), { act: "set-synchronous", names }, token(), signal);
  await databases.perform(at(third), { act: "follow", primary: to, slot: slot(third) }, token(), signal);
  await databases.perform(at(from), { act: "block-writes" }, token(), signal);
  const { answer: stopped } = await databases.perform(at(from), { act: "stop-cleanly" }, token(), signal);
  expect(stopped).toMatchObject({ state: "stopped", stoppedCleanly: true });
  const target = memberFactsOf(await databases.observe(database, signal), to);
  expect(target.position).toBe(target.replayed);
  expect(compareLsn(parseLsn(target.position ?? "0/0"), parseLsn(stopped.position ?? "0/0"))).toBe(1);
  const { answer: promoted } = await databases.perform(at(to), { act: "promote" }, token(), signal);
  expect(promoted.timeline).toBe((stopped.timeline ?? 0) + 1);
  await databases.perform(at(from), { act: "follow", primary: to, slot: slot(from) }, token(), signal);
  await databases.perform(at(third), { act: "follow", primary: to, slot: slot(third) }, token(), signal);
  for (const stale of [to, third])
    await databases.perform(at(from), { act: "drop-slot", slot: slot(stale) }, token(), signal);
  const marker = await databases.marker(at(to), signal);
  expect(marker.timeline).toBe(promoted.timeline);
}

test("the primary moves to Azure and back under writes, and no acknowledged row is missing anywhere", async () => {
  const endpoints = Object.fromEntries(
    world.status.databases.map(({ cloud, url }) => [cloud, endpointOf(url)]),
  );
  const writer = await startSteadyWriter("aws", endpoints);
  const gaps: number[] = [];
  let keys: string[];
  try {
    for (const [from, to, epoch] of [
      ["aws", "azure", 1],
      ["azure", "aws", 2],
    ] as const) {
      writer.longestGapMs();
      await moveThePrimary(from, to, "gcp", epoch);
      gaps.push(writer.longestGapMs());
    }
  } finally {
    keys = await writer.stop();
  }
  process.stdout.write(`gaps between acknowledged writes: ${gaps.join(" ms, ")} ms; ${keys.length} rows\n`);
  const { members } = await world.databases.observe(database, signal);
  expect(
    Object.entries(members).map(([cloud, member]) => [cloud, member.role, member.timeline, member.streaming]),
  ).toEqual([
    ["aws", "primary", 3, false],
    ["azure", "standby", 3, true],
    ["gcp", "standby", 3, true],
  ]);
  for (const [cloud, endpoint] of Object.entries(endpoints)) {
    const missing = await pollUntil(
      async () => {
        const there = await keysAt(endpoint);
        return keys.every((key) => there.has(key)) ? [] : undefined;
      },
      { withinMs: 10_000, everyMs: 50 },
    );
    expect(missing, `rows missing in ${cloud}`).toEqual([]);
  }
  expect(keys.length).toBeGreaterThan(20);
});
