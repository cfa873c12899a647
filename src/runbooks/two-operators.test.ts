/**
 * Two operators who do not speak with each other, a thousand nights: they run, approve, pause, cancel, preempt and say
 * everything else that can be said, at any time, late, twice and in the wrong state, while workers die. Every run must
 * end in a named state, with no lock left, and the world must hold what must hold of any world.
 */
import { expect, test } from "vitest";
import { findChainFault } from "../domain/ledger.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { type Started, TestBench } from "../engine/testing/test-run.ts";
import type { Command, PersonsCommand } from "../ports/journal.ts";
import { Random } from "../simulation/random.ts";
import { manualFailover } from "./manual-failover/runbook.ts";
import { rollback } from "./rollback/runbook.ts";

const NIGHTS = 1_000;
const OPERATORS = ["olivia", "dana"] as const;
const WORDS: readonly PersonsCommand["type"][] = [
  "approve",
  "approve",
  "reject",
  "pause",
  "resume",
  "retry",
  "skip",
  "cancel",
  "undo",
  "override",
];
// From when on somebody with patience ends whatever still stands still.
const MORNING_MS = 40 * 60_000;

class Night {
  readonly bench = new TestBench(exampleInventory());
  readonly started: Started[] = [];
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.bench.profile = this.#random.chance(0.5) ? "drill" : "production";
    this.bench.clients.start(60_000);
  }

  /** Everything that the operators will do, with its time. */
  plan(): void {
    const { kernel } = this.bench;
    this.#begin();
    for (let runs = this.#random.below(3); runs > 0; runs -= 1)
      kernel.at(kernel.now() + this.#random.below(12_000), () => this.#begin());
    for (let words = 4 + this.#random.below(14); words > 0; words -= 1) {
      const scale = this.#random.pick([100, 2_000, 15_000, 2_000_000]);
      kernel.at(kernel.now() + this.#random.below(scale), () => this.#speak());
    }
    if (this.#random.chance(0.3))
      kernel.at(kernel.now() + this.#random.below(10_000), () => this.#random.pick(this.started).run.kill());
  }

  #begin(): void {
    const { bench } = this;
    const away = this.#random.chance(0.6);
    const from = this.#random.pick(["aws", "azure", "gcp"]);
    const to = this.#random.pick(["aws", "azure", "gcp"].filter((cloud) => cloud !== from));
    const requestedBy = this.#random.pick(OPERATORS);
    bench.trouble = null;
    this.started.push(
      bench.start(bench.bind(away ? manualFailover : rollback, { from, to }), {
        requestedBy,
        requestedByHuman: `${requestedBy}@wildcam.org`,
        preempt: this.#random.chance(0.25),
        waitForLocks: this.#random.chance(0.4),
      }),
    );
  }

  #speak(): void {
    const { run } = this.#random.pick(this.started);
    const by = this.#random.pick(OPERATORS);
    const command = this.command(run.run, this.#random.pick(WORDS), by);
    this.bench.tell(run.run, command);
    if (this.#random.chance(0.15)) this.bench.tell(run.run, command);
  }

  command(run: string, type: PersonsCommand["type"], by: string): Command {
    const atMs = this.bench.kernel.now();
    const said = { by, human: `${by}@wildcam.org`, why: this.#random.chance(0.8) ? "so" : "", atMs };
    if (type === "override") return { ...said, type, guard: "capacity-for-the-shift" };
    if (type !== "approve") return { ...said, type };
    const planned = this.bench.events.find((event) => event.run === run && event.type === "planned");
    const hash = typeof planned?.data["hash"] === "string" ? planned.data["hash"] : "none";
    const startByMs = atMs + this.#random.below(3_600_000);
    return { ...said, type, hash, startByMs, finishByMs: startByMs + this.#random.below(3_600_000) };
  }

  /** Until every run has ended; whoever still waits for people in the morning is told to end, in the words that it offers. */
  async untilMorning(): Promise<string[]> {
    const { bench } = this;
    await bench.kernel.pass(MORNING_MS);
    let open = true;
    const ends = (async () => {
      const outcomes: string[] = [];
      for (const { end } of this.started) outcomes.push((await end).outcome);
      open = false;
      return outcomes;
    })();
    const nudge = () => {
      if (!open) return;
      for (const { run } of this.started) bench.tell(run.run, this.command(run.run, "cancel", "adam"));
      bench.kernel.at(bench.kernel.now() + 1_000, nudge);
    };
    nudge();
    return await bench.kernel.run(ends);
  }
}

test(`in ${NIGHTS} nights every run ends in a named state, no lock is left, and nothing that must hold is broken`, async () => {
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= NIGHTS; seed += 1) {
    const night = new Night(seed);
    night.plan();
    for (const outcome of await night.untilMorning()) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const chains = night.started.map(({ run }) =>
      findChainFault(night.bench.events.filter((event) => event.run === run.run)),
    );
    expect({
      seed,
      violations: night.bench.violations(),
      chains: chains.filter((fault) => fault !== null),
    }).toEqual({
      seed,
      violations: [],
      chains: [],
    });
  }
  expect([...outcomes.keys()].sort()).toEqual(["cancelled", "completed", "refused", "superseded", "undone"]);
});
