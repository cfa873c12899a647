import { beforeAll, expect, test } from "vitest";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { problemsOf } from "./check-schedule.ts";
import { type Courses, coursesOf } from "./courses.ts";
import { WatchDrawer } from "./draw-watch.ts";
import { groundOf } from "./ground.ts";
import { rehearse } from "./rehearse.ts";
import { type Schedule, SCHEDULE_VERSION, scheduleSchema } from "./schedule.ts";
import type { Steering, Trouble, Watch } from "./watch-schedule.ts";

const ground = groundOf(exampleInventory());
let courses: Courses = [];
beforeAll(async () => {
  courses = await coursesOf(ground, ["survive-outage"]);
});

function watched(troubles: readonly Trouble[], more: Partial<Watch> = {}): Schedule {
  return {
    v: SCHEDULE_VERSION,
    seed: 7,
    runbook: "survive-outage",
    input: { cloud: "aws", database: "move" },
    profile: "drill",
    faults: [],
    people: [],
    watch: { troubles: [...troubles], steering: [], ...more },
  };
}

const trouble = (kind: string, actor: string, fromMs: number, forMs: number): Trouble => ({
  kind,
  actor,
  fromMs,
  forMs,
});
const loss = trouble("killed", "cloud/aws", 6_000, 30_000);

async function begun(schedule: Schedule): Promise<string[]> {
  const { ends, violations } = await rehearse(ground, schedule);
  expect(violations).toEqual([]);
  return ends.map(({ runbook, outcome }) => `${runbook} ${outcome}`);
}

test("a cloud that is lost is moved away from by itself, and brought back when it is well again", async () => {
  expect(await begun(watched([loss]))).toEqual(["survive-outage completed", "restore-traffic completed"]);
});

test("nothing begins on the word of one that looks, nor where nothing is wrong", async () => {
  expect(await begun(watched([trouble("lying", "vantage/gcp", 6_000, 60_000)]))).toEqual([]);
  const minuteLater: Steering = { does: "start", by: "dana", atMs: 60_000 };
  expect(await begun(watched([], { steering: [minuteLater] }))).toEqual([]);
});

test("nothing begins while automation is stopped; what is still lost when it goes on is answered then", async () => {
  const stop: Steering = { does: "stop", by: "dana", atMs: 1_000 };
  const start: Steering = { does: "start", by: "dana", atMs: 20_000 };
  const late = { ...start, atMs: 60_000 };
  expect(await begun(watched([{ ...loss, forMs: 10_000 }], { steering: [stop, late] }))).toEqual([]);
  const answered = await begun(watched([loss], { steering: [stop, start] }));
  expect(answered).toEqual(["survive-outage completed", "restore-traffic completed"]);
});

test("what begins by itself takes the locks of a planned move", async () => {
  const move: Steering = { does: "move", by: "olivia", atMs: 1_000, from: "gcp", to: "azure" };
  const ends = await begun(watched([loss], { steering: [move] }));
  expect(ends).toContain("manual-failover superseded");
  expect(ends).toContain("survive-outage completed");
});

test("the record that a night is told by is of automation's first run, also where somebody moved before it", async () => {
  const move: Steering = { does: "move", by: "olivia", atMs: 1_000, from: "gcp", to: "azure" };
  const { ledger, ends } = await rehearse(ground, watched([loss], { steering: [move] }));
  expect(ends[0]?.runbook).toBe("manual-failover");
  expect(ledger[0]?.data).toMatchObject({ runbook: "survive-outage" });
  const without = await rehearse(ground, watched([], { steering: [move] }));
  expect(without.ledger).toEqual([]);
});

test("every watched night that is drawn can be kept as JSON, and is one that can be rehearsed", () => {
  const drawer = new WatchDrawer(ground, courses);
  for (let seed = 0; seed < 200; seed += 1) {
    const schedule = drawer.scheduleOf(seed);
    expect(scheduleSchema.parse(JSON.parse(JSON.stringify(schedule)))).toEqual(schedule);
    expect(problemsOf(ground, schedule)).toEqual([]);
  }
});

test("a watched night is a function of its schedule", async () => {
  const schedule = new WatchDrawer(ground, courses).scheduleOf(3);
  const [one, other] = [await rehearse(ground, schedule), await rehearse(ground, schedule)];
  expect(other.digest).toBe(one.digest);
});

test.each([
  ["vantage/nobody", "silent"],
  ["server/9", "deaf"],
  ["automation", "lying"],
  ["cloud/aws", "deaf"],
  ["orchestrator", "crash"],
  ["effector", "cut-off"],
])("a trouble that %s cannot have (%s) is named", (actor, kind) => {
  const [problem] = problemsOf(ground, watched([trouble(kind, actor, 0, 1_000)]));
  expect(problem).toContain(`${kind}@${actor}`);
});

test("a move to a cloud that there is none of is named", () => {
  const move: Steering = { does: "move", by: "olivia", atMs: 1_000, from: "gcp", to: "mars" };
  expect(problemsOf(ground, watched([], { steering: [move] }))).toEqual([expect.stringContaining("mars")]);
});
