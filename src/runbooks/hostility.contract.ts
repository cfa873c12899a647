/**
 * Every runbook under every interruption: at each call that a clean run makes of its journal, the worker dies (before and
 * behind it), a reply is lost, a twin does the same at the same time, or the worker freezes and wakes up late (while the
 * run goes on, and after its end). Enumerated, not sampled; a runbook joins by one call and cannot choose what is tried.
 */
import { expect, test } from "vitest";
import { findChainFault } from "../domain/ledger.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import { type Trouble, TROUBLES } from "../simulation/journal.ts";
import type { SuiteCase } from "./runbook.contract.ts";

// Longer than a zombie that woke up at the end needs for all that it still has to say.
const AFTERMATH_MS = 1_000;

export function hostilitySuite(name: string, of: SuiteCase): void {
  test(`${name}: at every call, whatever goes wrong there, the run completes and each effect happens once`, async () => {
    const clean = await tried(of, null);
    expect(clean.faults).toEqual([]);
    for (let at = 0; at < clean.calls; at += 1) {
      for (const kind of TROUBLES) {
        const trouble = kind(at);
        const { faults, slate, dones } = await tried(of, trouble);
        expect({ trouble, faults, slate, dones }).toEqual({
          trouble,
          faults: [],
          slate: clean.slate,
          dones: clean.dones,
        });
      }
    }
  });
}

/** The suite has to be able to fail: over effectors that remember neither keys nor tokens, some interruption does harm. */
export function hostilityCanTurnRed(name: string, of: SuiteCase): void {
  test(`${name}: over effectors that remember nothing, interruptions do harm, and it is seen`, async () => {
    const { calls } = await tried(of, null);
    const seen = new Set<string>();
    for (let at = 0; at < calls; at += 1) {
      const { faults } = await tried(of, { kind: "zombie", at, wakes: "at-end" }, { remembers: false });
      for (const fault of faults) seen.add(fault.slice(0, fault.indexOf(":")));
    }
    expect([...seen]).toContain("S7");
  });
}

async function tried(of: SuiteCase, trouble: Trouble | null, { remembers } = { remembers: true }) {
  const bench = new TestBench(exampleInventory());
  bench.world.remembers = remembers;
  await of.arrange(bench);
  const donesBefore = bench.world.done.length;
  bench.trouble = trouble;
  bench.clients.start();
  const { run, end } = bench.start(bench.bind(of.runbook, of.input));
  const ended = await bench.kernel.run(end);
  run.wakeZombies();
  await bench.kernel.pass(AFTERMATH_MS);
  const events = bench.events.filter((event) => event.run === run.run);
  const chain = findChainFault(events);
  return {
    calls: run.calls.length,
    faults: [
      ...bench.violations().map(({ invariant, what }) => `${invariant}: ${what}`),
      ...(ended.outcome === "completed" ? [] : [`it ended ${ended.outcome}: ${ended.why}`]),
      ...(chain === null ? [] : [`event ${chain.index} ${chain.fault}`]),
      ...(events.at(-1)?.type === "run-ended" ? [] : ["its ledger has no end"]),
    ],
    slate: bench.world.slate(),
    dones: bench.world.done.length - donesBefore,
  };
}
