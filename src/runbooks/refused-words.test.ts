/** Words that a run does not obey: each leaves an event in its ledger that says who tried, what, and why not. */
import { beforeEach, expect, test } from "vitest";
import type { LedgerEvent } from "../domain/ledger.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import type { PersonsCommand } from "../ports/journal.ts";
import { manualFailover } from "./manual-failover/runbook.ts";

let on: TestBench;

beforeEach(() => {
  on = new TestBench(exampleInventory());
});

const begin = () => on.start(on.bind(manualFailover, { from: "aws", to: "azure" }));
const refusedBy = (by: string) => on.events.filter((one) => one.type === "command-refused" && one.by === by);

function say(type: PersonsCommand["type"], by: string): void {
  const said = { by, human: `${by}@wildcam.org`, why: "now", atMs: on.kernel.now() };
  if (type === "override") on.tell("test-run-1", { ...said, type, guard: "weights-are-whole" });
  else if (type === "approve")
    on.tell("test-run-1", { ...said, type, hash: "0".repeat(64), startByMs: 1, finishByMs: 1 });
  else on.tell("test-run-1", { ...said, type });
}

/** What a clean run notes, in order. */
async function course(): Promise<LedgerEvent[]> {
  const noted: LedgerEvent[] = [];
  on.onEvent = (event) => noted.push(event);
  await on.kernel.run(begin().end);
  return noted;
}

test.each(["skip", "cancel", "undo", "retry", "resume", "approve", "override"] as const)(
  "%s is refused at every event of a pivot, on either side of its commit, and the run completes",
  async (type) => {
    const noted = await course();
    const start = noted.findIndex((event) => event.type === "pivot-started");
    const end = noted.findIndex((event) => event.type === "pivot-finished");
    // What is said while the last check is looked at is heard behind the pivot.
    const last = noted.slice(0, end).findLastIndex((event) => event.type === "act-verified");
    for (let index = start; index < last; index += 1) {
      on = new TestBench(exampleInventory());
      on.onEvent = (event) => event.index === index && say(type, "dana");
      expect(await on.kernel.run(begin().end)).toMatchObject({ outcome: "completed" });
      const refused = refusedBy("dana");
      expect({ index, refused: refused.map(({ data }) => data["command"]) }).toEqual({
        index,
        refused: [type],
      });
      const finished = on.events.find((event) => event.type === "pivot-finished");
      expect(refused[0]?.index).toBeLessThan(finished?.index ?? 0);
    }
  },
);

test("what comes too late to be heard is refused at the run's end, and on record", async () => {
  on.onEvent = ({ type }) => {
    if (type === "lock-released") say("pause", "dana");
  };
  expect(await on.kernel.run(begin().end)).toMatchObject({ outcome: "completed" });
  expect(refusedBy("dana").map(({ data }) => data)).toEqual([
    { command: "pause", why: "the run has ended" },
    { command: "pause", why: "the run has ended" },
  ]);
  expect(on.events.at(-1)?.type).toBe("run-ended");
});
