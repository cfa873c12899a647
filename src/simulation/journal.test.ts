import { describe, expect, test } from "vitest";
import type { Command, Journal } from "../ports/journal.ts";
import { type JournalHarness, journalContract } from "../ports/journal.contract.ts";
import { DurableRun, type Trouble, TROUBLES } from "./journal.ts";
import { Kernel } from "./kernel.ts";
import { Locks } from "./locks.ts";

class Installation {
  readonly kernel = new Kernel(1_700_000_000_000);
  readonly runs = new Map<string, DurableRun>();
  readonly locks = new Locks(
    () => this.kernel.now(),
    (run, by) => this.runs.get(run)?.tell({ type: "superseded", ...by, atMs: this.kernel.now() }),
  );

  launch<T>(id: string, body: (journal: Journal) => Promise<T>, trouble: Trouble | null = null): Promise<T> {
    const { kernel, locks } = this;
    const run = new DurableRun(id, {
      kernel,
      locks,
      troubles: trouble === null ? [] : [trouble],
      onPublish: () => undefined,
    });
    this.runs.set(id, run);
    return run.execute(body);
  }
}

const installation = new Installation();
const harness: JournalHarness = {
  run: (id, body) => installation.kernel.run(installation.launch(id, body)),
  tell: async (id, command) => installation.runs.get(id)?.tell(command),
};

journalContract("in the simulation", () => harness);

const said: Command = { type: "breach", step: 1, why: "told", atMs: 5 };

/** A run with one call of each kind; `done` counts what its effects did to the world. */
function everyCall(on: Installation, done: string[]) {
  return async (journal: Journal) => {
    const first = await journal.effect("first", async () => void done.push("first"));
    await journal.sleep(1_000);
    const lock = await journal.lock({
      lock: "traffic",
      who: "olivia",
      wait: false,
      preempt: false,
      forMs: 3_600_000,
    });
    const heard = await journal.peek(0);
    const sides = await journal.all([
      journal.effect("left", async () => void done.push("left")),
      journal.effect("right", async () => void done.push("right")),
    ]);
    on.runs.get(journal.run)?.tell(said);
    const won = await journal.race([journal.command(0), journal.sleep(60_000)]);
    await journal.release("traffic");
    return { first: first.ok, epoch: lock.granted ? lock.epoch : null, heard, sides: sides.length, won };
  };
}

describe("whatever goes wrong at whichever call", () => {
  const calm = new Installation();
  const calls = calm.kernel
    .run(calm.launch("calm", everyCall(calm, [])))
    .then((end) => ({ end, count: calm.runs.get("calm")?.calls.length ?? 0 }));

  test("a run answers what it answers when nothing does, and each effect is done at least once", async () => {
    const { end, count } = await calls;
    expect(count).toBeGreaterThan(8);
    for (let at = 0; at < count; at += 1) {
      for (const kind of TROUBLES) {
        const on = new Installation();
        const done: string[] = [];
        const trouble = kind(at);
        const seen = await on.kernel.run(on.launch("run", everyCall(on, done), trouble));
        on.runs.get("run")?.wakeZombies();
        expect({ trouble, seen }).toEqual({ trouble, seen: end });
        for (const name of ["first", "left", "right"]) expect(done).toContain(name);
        expect(on.locks.held().size).toBe(0);
      }
    }
  });

  test("a crash behind an effect has it done twice, and a twin too: nothing here hides a repeat", async () => {
    for (const trouble of [
      { kind: "crash", at: 0, when: "after" },
      { kind: "twin", at: 0 },
    ] as const) {
      const on = new Installation();
      const done: string[] = [];
      await on.kernel.run(on.launch("run", everyCall(on, done), trouble));
      expect(done.filter((name) => name === "first").length).toBe(2);
    }
  });
});

test("a lock that is preempted has a higher epoch, and its old holder is told and can no longer give it back", async () => {
  const on = new Installation();
  const old = on.launch("old", async (journal) => {
    await journal.lock({ lock: "traffic", who: "olivia", wait: false, preempt: false, forMs: 3_600_000 });
    const command = await journal.command(0);
    await journal.release("traffic");
    return command.type === "superseded" ? command.run : command.type;
  });
  const taken = on.launch("new", async (journal) => {
    await journal.sleep(10);
    return await journal.lock({ lock: "traffic", who: "dana", wait: false, preempt: true, forMs: 3_600_000 });
  });
  expect(await on.kernel.run(taken)).toMatchObject({ granted: true, epoch: 2 });
  expect(await on.kernel.run(old)).toBe("new");
  expect(on.locks.held().get("traffic")).toBe("new");
});

test("a reply that is lost is that of the effect, also where the run looks for words beside it", async () => {
  const on = new Installation();
  const { kernel, locks } = on;
  const run = new DurableRun("run-1", {
    kernel,
    locks,
    troubles: [{ at: 0, kind: "lost-reply" }],
    onPublish: () => undefined,
  });
  const ended = run.execute(async (journal, attempt) => {
    const looked = journal.effect("look", async () => await attempt.read(async () => "seen"));
    await journal.peek(0);
    return await looked;
  });
  expect(await kernel.run(ended)).toMatchObject({ ok: false, error: { kind: "retryable" } });
});
