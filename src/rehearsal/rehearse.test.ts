import { beforeAll, expect, test } from "vitest";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { type Courses, coursesOf } from "./courses.ts";
import { coverageOf } from "./coverage.ts";
import { Drawer } from "./draw-schedule.ts";
import { groundOf } from "./ground.ts";
import { rehearse } from "./rehearse.ts";
import { type Schedule, SCHEDULE_VERSION, scheduleSchema } from "./schedule.ts";

const ground = groundOf(exampleInventory());
let courses: Courses = [];
beforeAll(async () => {
  courses = await coursesOf(ground);
});

const quiet: Schedule = {
  v: SCHEDULE_VERSION,
  seed: 1,
  runbook: "manual-failover",
  input: { from: "aws", to: "azure", database: "move" },
  profile: "drill",
  faults: [],
  people: [],
};

test("a night in which nothing goes wrong completes, breaks nothing, and comes by every act of the plan", async () => {
  const { ends, violations, counts } = await rehearse(ground, quiet);
  expect(violations).toEqual([]);
  expect(ends).toEqual([{ run: "run-1", runbook: "manual-failover", outcome: "completed", why: "" }]);
  for (const op of ["scale", "set-weights", "create-slot", "follow", "stop-cleanly", "promote"])
    expect(counts.get(`do: ${op}`)).toBeGreaterThan(0);
});

test("a night is a function of its schedule: same digest, same signature, and another seed is another night", async () => {
  const drawer = new Drawer(ground, courses);
  const digests = new Set<string>();
  for (let seed = 1; seed <= 12; seed += 1) {
    const schedule = drawer.scheduleOf(seed);
    expect(drawer.scheduleOf(seed)).toEqual(schedule);
    const [one, other] = [await rehearse(ground, schedule), await rehearse(ground, schedule)];
    expect({ seed, digest: other.digest, signature: other.signature }).toEqual({
      seed,
      digest: one.digest,
      signature: one.signature,
    });
    digests.add(one.digest);
  }
  expect(digests.size).toBe(12);
});

test("every schedule that is drawn can be kept as JSON and read again", () => {
  const drawer = new Drawer(ground, courses);
  for (let seed = 0; seed < 300; seed += 1) {
    const schedule = drawer.scheduleOf(seed);
    expect(scheduleSchema.parse(JSON.parse(JSON.stringify(schedule)))).toEqual(schedule);
  }
});

test("there are cells for everything that a run comes by, and both runbooks have a way back", () => {
  const { cells } = new Drawer(ground, courses);
  expect(cells.length).toBeGreaterThan(10_000);
  for (const runbook of ["manual-failover", "rollback"])
    for (const call of ["do: promote", "undo do: set-weights", "undo do: start-as-primary", "tell approvers"])
      expect(courses.some((point) => point.runbook === runbook && point.call === call)).toBe(true);
});

test("a night tries nothing that its run cannot come by: what is taken back needs a trigger, the database a move", () => {
  const drawer = new Drawer(ground, courses);
  const pointless: unknown[] = [];
  for (let seed = 1; seed < 3_000; seed += 1) {
    const { runbook, input, faults } = drawer.scheduleOf(seed);
    const [first] = faults;
    for (const { at } of faults) {
      const point = courses.find((one) => one.runbook === runbook && one.call === at.call);
      const brought = point?.trigger === null || point?.trigger === first;
      if (!brought || !(point?.stays === true || input["database"] === "move"))
        pointless.push({ seed, at, input });
    }
  }
  expect(pointless).toEqual([]);
});

test("a fault begins at its place and its cell counts as reached, and what it struck is in the signature", async () => {
  const at = { call: "do: set-weights", nth: 2, phase: "during" } as const;
  const fault = { group: "process", kind: "crash", actor: "orchestrator", at, lasts: null } as const;
  const { cells, signature, ends, violations } = await rehearse(ground, { ...quiet, faults: [fault] });
  expect(cells).toEqual(["manual-failover|crash|do: set-weights|during"]);
  expect(signature).toBe(
    "manual-failover: crash orchestrator @ do: set-weights during -> cut off; run-1 completed",
  );
  expect({ outcome: ends[0]?.outcome, violations }).toEqual({ outcome: "completed", violations: [] });
  const { cells: all } = new Drawer(ground, courses);
  expect(coverageOf(all, new Set(cells)).reached).toBe(1);
});

test("a place that the run never comes by is no error, and reaches nothing", async () => {
  const at = { call: "do: set-weights", nth: 99, phase: "before" } as const;
  const fault = { group: "process", kind: "crash", actor: "orchestrator", at, lasts: null } as const;
  const { cells, ends } = await rehearse(ground, { ...quiet, faults: [fault] });
  expect({ cells, outcome: ends[0]?.outcome }).toEqual({ cells: [], outcome: "completed" });
});

test("a second operator's run is part of the night, and its end is told too", async () => {
  const at = { call: "hold start", nth: 1, phase: "behind" } as const;
  const order = { runbook: "manual-failover" as const, input: { from: "gcp", to: "aws", database: "stay" } };
  const act = {
    does: "start",
    by: "dana",
    order,
    wait: false,
    preempt: true,
    at,
    afterMs: 500,
    twice: false,
  } as const;
  const { ends, violations } = await rehearse(ground, { ...quiet, people: [act] });
  expect(ends.map(({ outcome }) => outcome)[0]).toBe("superseded");
  expect(ends.length).toBe(2);
  expect(violations).toEqual([]);
});

test("where nobody approves, the run ends by itself within its bound", async () => {
  const { ends, violations } = await rehearse(ground, { ...quiet, profile: "production" });
  expect(violations).toEqual([]);
  expect(ends[0]?.outcome).not.toBe("none");
});
