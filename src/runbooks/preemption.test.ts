import { expect, test } from "vitest";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import type { PersonsCommand } from "../ports/journal.ts";
import { manualFailover } from "./manual-failover/runbook.ts";
import { rollback } from "./rollback/runbook.ts";

const old = (on: TestBench) => on.start(on.bind(manualFailover, { from: "aws", to: "azure" }));

/** Until the run has really made so many calls. */
async function reach(on: TestBench, calls: readonly string[], place: number): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const watch = () => {
    if (calls.length >= place) reached.resolve();
    else on.kernel.at(on.kernel.now() + 1, watch);
  };
  watch();
  await on.kernel.run(reached.promise);
}

/** What the new run meets may be half of what the other began: then people decide, and here they always go back. */
function alwaysBack(on: TestBench, run: string): void {
  on.onEvent = (event) => {
    if (event.type !== "waiting" || event.run !== run) return;
    const type: PersonsCommand["type"] = event.data["state"] === "undo-incomplete" ? "cancel" : "undo";
    const atMs = on.kernel.now();
    on.tell(run, { type, by: "dana", human: "dana@wildcam.org", why: "as it stands", atMs });
  };
}

test("a run that loses its locks at any call is superseded with nothing undone, and the new one ends in a named state", async () => {
  const calm = new TestBench(exampleInventory());
  const whole = old(calm);
  await calm.kernel.run(whole.end);
  for (let place = 2; place < whole.run.calls.length; place += 3) {
    const on = new TestBench(exampleInventory());
    on.clients.start();
    const first = old(on);
    await reach(on, first.run.calls, place);
    const second = on.start(on.bind(rollback, { from: "azure", to: "aws" }), { preempt: true });
    alwaysBack(on, second.run.run);
    const ends = [await on.kernel.run(first.end), await on.kernel.run(second.end)];
    expect(["superseded", "completed"]).toContain(ends[0]?.outcome);
    expect(["completed", "refused", "undone", "cancelled"]).toContain(ends[1]?.outcome);
    expect({ place, violations: on.violations() }).toEqual({ place, violations: [] });
    const undone = on.events.filter(({ run, type }) => run === first.run.run && type === "undo-started");
    expect(undone).toEqual([]);
  }
});
