/**
 * What every runbook is put through, generated from what it does: each act failed in turn, its answer lost in turn,
 * an act cut off half done. Crashes, twins and zombies at every call are in `hostility.contract.ts`. A runbook joins by one call in its test; it cannot choose what is tried.
 */
import { expect, test } from "vitest";
import { findChainFault } from "../domain/ledger.ts";
import type { AnyRunbook } from "../engine/runbook.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import { retryable, terminal } from "../ports/errors.ts";

export type SuiteCase = {
  readonly runbook: AnyRunbook;
  readonly input: unknown;
  /** Brings a fresh bench to where the runbook is used. */
  readonly arrange: (bench: TestBench) => Promise<void>;
};

type Clean = {
  readonly attempts: number;
  readonly commitAttempt: number;
  readonly dones: number;
  readonly slates: readonly unknown[];
};

export function runbookSuite(name: string, of: SuiteCase): void {
  test(`${name}: runs clean, once each effect, with a whole ledger`, async () => {
    const bench = await arranged(of);
    expect(await bench.run(bench.bind(of.runbook, of.input))).toMatchObject({
      outcome: "completed",
      why: "",
    });
    expect(bench.world.databases.splits).toEqual([]);
    expect(findChainFault(bench.events.filter(({ run }) => run === bench.events.at(-1)?.run))).toBeNull();
    expect(bench.locks.held().size).toBe(0);
  });

  test(`${name}: each act that fails for good is undone to the last good point, or driven on behind the commit`, async () => {
    const clean = await cleanRun(of);
    for (let attempt = 1; attempt <= clean.attempts; attempt += 1) {
      const bench = await arranged(of);
      bench.world.trouble = (_op, at) =>
        at === attempt ? { kind: "fails", error: terminal("broken") } : null;
      const end = await bench.run(bench.bind(of.runbook, of.input));
      const behindCommit =
        clean.commitAttempt > 0 &&
        attempt > clean.commitAttempt &&
        attempt <= clean.commitAttempt + forwardActs(bench);
      expect({ attempt, outcome: end.outcome }).toEqual({
        attempt,
        outcome: behindCommit ? "completed" : "undone",
      });
      if (!behindCommit)
        expect({ attempt, slate: bench.world.slate() }).toEqual({ attempt, slate: bench.goodSlates.at(-1) });
      expect(bench.world.databases.splits).toEqual([]);
      expect(bench.locks.held().size).toBe(0);
    }
  });

  test(`${name}: each act that fails once and may be retried is retried under its key, and the run completes`, async () => {
    const clean = await cleanRun(of);
    for (let attempt = 1; attempt <= clean.attempts; attempt += 1) {
      const bench = await arranged(of);
      bench.world.trouble = (_op, at) =>
        at === attempt ? { kind: "fails", error: retryable("busy") } : null;
      const end = await bench.run(bench.bind(of.runbook, of.input));
      expect({ attempt, outcome: end.outcome }).toEqual({ attempt, outcome: "completed" });
      expect(bench.world.done.length).toBe(clean.dones);
    }
  });

  test(`${name}: each act whose answer is lost is settled by reading, and no effect happens twice`, async () => {
    const clean = await cleanRun(of);
    for (let attempt = 1; attempt <= clean.attempts; attempt += 1) {
      const bench = await arranged(of);
      bench.world.trouble = (_op, at) => (at === attempt ? { kind: "loses-answer" } : null);
      const end = await bench.run(bench.bind(of.runbook, of.input));
      expect({ attempt, outcome: end.outcome }).toEqual({ attempt, outcome: "completed" });
      expect(bench.world.done.length).toBe(clean.dones);
    }
  });

  test(`${name}: an act that was cut off half done is the run's own: found on the next try, and undone with the rest`, async () => {
    const clean = await cleanRun(of);
    for (let attempt = 1; attempt < clean.attempts; attempt += 1) {
      const bench = await arranged(of);
      // The try after it finds its effect; the act after that breaks.
      bench.world.trouble = (_op, at) => {
        if (at === attempt) return { kind: "forgets" };
        return at === attempt + 2 ? { kind: "fails", error: terminal("broken") } : null;
      };
      const end = await bench.run(bench.bind(of.runbook, of.input));
      if (end.outcome === "undone")
        expect({ attempt, slate: bench.world.slate() }).toEqual({ attempt, slate: bench.goodSlates.at(-1) });
      else expect({ attempt, outcome: end.outcome }).toEqual({ attempt, outcome: "completed" });
      expect(bench.world.databases.splits).toEqual([]);
    }
  });
}

async function arranged({ arrange }: SuiteCase): Promise<TestBench> {
  const bench = new TestBench(exampleInventory());
  await arrange(bench);
  bench.world.done.length = 0;
  bench.world.attempts = 0;
  bench.events.length = 0;
  bench.goodSlates.splice(0, bench.goodSlates.length, bench.world.slate());
  return bench;
}

async function cleanRun(of: SuiteCase): Promise<Clean> {
  const bench = await arranged(of);
  let commitAttempt = 0;
  bench.onEvent = (event) => {
    if (event.type === "pivot-committed") commitAttempt = bench.world.attempts;
  };
  const end = await bench.run(bench.bind(of.runbook, of.input));
  if (end.outcome !== "completed") throw new Error(`the clean run ended ${end.outcome}: ${end.why}`);
  return {
    attempts: bench.world.attempts,
    commitAttempt,
    dones: bench.world.done.length,
    slates: [bench.world.slate()],
  };
}

/** Acts between the commit and the pivot's end, from the plan that the run's own ledger holds. */
function forwardActs(bench: TestBench): number {
  const types = bench.events.map(({ type }) => type);
  const from = types.indexOf("pivot-committed");
  const to = types.indexOf("pivot-finished");
  return bench.events.slice(from, to).filter(({ type }) => type === "act-intended").length;
}
