// Known outages of others, as nights that must break nothing here. `wildcam simulate --scenario NAME` runs the same files.
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { readOutage } from "../../src/drills/sweep/schedule-files.ts";
import { exampleInventory } from "../../src/engine/testing/example-inventory.ts";
import { problemsOf } from "../../src/rehearsal/check-schedule.ts";
import { groundOf } from "../../src/rehearsal/ground.ts";
import { rehearse } from "../../src/rehearsal/rehearse.ts";
import type { Schedule } from "../../src/rehearsal/schedule.ts";

const checkout = join(import.meta.dirname, "../..");
const ground = groundOf(exampleInventory());
const names = readdirSync(join(import.meta.dirname, "outages")).map((file) => basename(file, ".json"));

type Rehearsed = ReturnType<typeof rehearse>;

/** By schedule: some nights are half an hour long, and asked about twice. */
const known = new Map<string, Rehearsed>();

function rehearsed(schedule: Schedule): Rehearsed {
  const key = JSON.stringify(schedule);
  const night = known.get(key) ?? rehearse(ground, schedule);
  known.set(key, night);
  return night;
}

test("the outages that the design names for the actors that there are, are kept", () => {
  expect(names.toSorted()).toEqual([
    "aws-2025",
    "cloudflare-2025",
    "facebook-2021",
    "github-2018",
    "gitlab-2017",
    "google-2025",
    "metastable-retry-storm",
    "roblox-2021",
  ]);
});

test.each(names)(
  "%s breaks nothing, and every one of its nights is struck",
  async (name) => {
    const { nights } = await readOutage(checkout, name);
    for (const schedule of nights) {
      expect(problemsOf(ground, schedule)).toEqual([]);
      const { violations, cells, signature, ends } = await rehearsed(schedule);
      expect({ name, seed: schedule.seed, violations }).toEqual({
        name,
        seed: schedule.seed,
        violations: [],
      });
      // What is stated comes at its moment, and is signed when it does; the rest strikes a call, and makes a cell.
      if (schedule.watch === undefined) expect(cells).not.toEqual([]);
      for (const { kind, actor } of schedule.watch?.troubles ?? [])
        expect(signature).toContain(`${kind}@${actor} at `);
      expect(ends.map(({ outcome }) => outcome)).not.toContain("none");
    }
  },
  180_000,
);

type Ends = Awaited<Rehearsed>["ends"];

async function endsOf(name: string, seed: number): Promise<Ends> {
  const { nights } = await readOutage(checkout, name);
  const schedule = nights.find((night) => night.seed === seed);
  if (schedule === undefined) throw new Error(`${name} has no night ${seed}`);
  return (await rehearsed(schedule)).ends;
}

const begunIn = (ends: Ends) => ends.map(({ runbook }) => runbook);

test.each([
  ["every cloud is cut off from its users at once", "facebook-2021", 2110],
  ["all who look are cut off, and every cloud serves", "facebook-2021", 2111],
  ["few can be heard, and one of these accuses everybody", "facebook-2021", 2112],
  ["the durable engine is ill, backends are slow, and every cloud serves", "roblox-2021", 2122],
  ["every control plane is down, and every cloud serves", "google-2025", 2521],
])("nothing begins by itself while %s", async (_words, name, seed) => {
  expect(await endsOf(name, seed)).toEqual([]);
});

test.each([
  ["that does not come back with all others", "facebook-2021", 2113],
  ["that is lost while the durable engine answers nobody", "roblox-2021", 2120],
  ["that is lost while what the engine answers is lost as well", "roblox-2021", 2121],
  ["that goes on and off for ten minutes", "cloudflare-2025", 2512],
  ["that is lost while every control plane is down", "google-2025", 2522],
])("a cloud %s is moved away from once, and brought back", async (_words, name, seed) => {
  const begun = begunIn(await endsOf(name, seed));
  expect(begun.filter((runbook) => runbook === "survive-outage").length).toBe(1);
  expect(begun.at(-1)).toBe("restore-traffic");
});

test("a cloud that is bad and good for five minutes each is moved away from and brought back each time", async () => {
  const begun = begunIn(await endsOf("cloudflare-2025", 2511));
  expect(begun).toEqual([1, 2].flatMap(() => ["survive-outage", "restore-traffic"]));
});
