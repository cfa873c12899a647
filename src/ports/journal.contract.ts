/** The laws of the `Journal` port, as tests that every implementation passes. */
import { expect, test } from "vitest";
import type { Json } from "../domain/json.ts";
import { retryable } from "./errors.ts";
import type { Command, Journal } from "./journal.ts";

export type JournalHarness = {
  /** Runs `body` as one run to its end and answers what it returned. */
  run(id: string, body: (journal: Journal) => Promise<Json>): Promise<Json>;
  tell(id: string, command: Command): Promise<void>;
};

export function journalContract(name: string, harness: () => JournalHarness): void {
  test(`${name}: an effect's failure is an answer, with its kind, and the run goes on`, async () => {
    const seen = await harness().run("effect-failure", async (journal) => {
      const failed = await journal.effect("fails", async () =>
        Promise.reject(retryable("busy", { queue: 7 })),
      );
      const fine = await journal.effect("works", async () => 5);
      return {
        failed: failed.ok ? null : { ...failed.error },
        fine: fine.ok ? fine.value : null,
        timed: fine.atMs >= failed.atMs,
      };
    });
    expect(seen).toMatchObject({ failed: { kind: "retryable", message: "busy" }, fine: 5, timed: true });
  });

  test(`${name}: all answers in the order that it was asked in`, async () => {
    const seen = await harness().run("all-in-order", async (journal) => {
      const settled = await journal.all(
        [1, 2, 3].map((value) => journal.effect(`effect ${value}`, async () => value)),
      );
      return settled.map((one) => (one.ok ? one.value : null));
    });
    expect(seen).toEqual([1, 2, 3]);
  });

  test(`${name}: a sleep loses a race against a command that is there, and wins against none`, async () => {
    const seen = await harness().run("race", async (journal) => {
      const alone = await journal.race([journal.command(0), journal.sleep(20)]);
      await journal.effect("somebody speaks", async () => {
        await harness().tell("race", { type: "breach", step: 4, why: "slow", atMs: 1 });
        return null;
      });
      const told = await journal.race([journal.sleep(60_000), journal.command(0)]);
      const command = await journal.command(0);
      return { alone, told, step: command.type === "breach" ? command.step : null };
    });
    expect(seen).toEqual({ alone: 1, told: 1, step: 4 });
  });

  test(`${name}: commands keep their order`, async () => {
    const seen = await harness().run("commands", async (journal) => {
      await journal.effect("two speak", async () => {
        for (const why of ["first", "second"])
          await harness().tell("commands", { type: "breach", step: 1, why, atMs: 1 });
        return null;
      });
      const [first, second] = [await journal.command(0), await journal.command(1)];
      return [first, second].map((command) => (command.type === "breach" ? command.why : null));
    });
    expect(seen).toEqual(["first", "second"]);
  });

  test(`${name}: a lock is one run's until its release, says who holds it, and its epoch rises with each grant`, async () => {
    const take = (id: string, keep: boolean) =>
      harness().run(id, async (journal) => {
        const answer = await journal.lock({ lock: "traffic", who: "olivia", wait: false, preempt: false });
        if (answer.granted && !keep) await journal.release("traffic");
        return answer.granted ? { epoch: answer.epoch } : { holder: answer.holder.run };
      });
    const first = await take("lock-first", false);
    const second = await take("lock-second", true);
    const third = await take("lock-third", false);
    expect([first, second, third]).toEqual([{ epoch: 1 }, { epoch: 2 }, { holder: "lock-second" }]);
  });

  test(`${name}: a look for a command waits for none`, async () => {
    const seen = await harness().run("peek", async (journal) => {
      const before = await journal.peek(0);
      await journal.effect("somebody speaks", async () => {
        await harness().tell("peek", { type: "breach", step: 2, why: "slow", atMs: 1 });
        return null;
      });
      const [settled, after] = await journal.all<unknown>([
        journal.effect("beside it", async () => 1),
        journal.peek(0),
      ]);
      const isThere = typeof after === "object" && after !== null && "step" in after && after.step === 2;
      return { before, settled: settled !== null, isThere };
    });
    expect(seen).toEqual({ before: null, settled: true, isThere: true });
  });

  test(`${name}: a lock that is preempted has a higher epoch, and its old holder is told`, async () => {
    const request = { lock: "preempted", who: "olivia", wait: false };
    const old = harness().run("preempt-old", async (journal) => {
      await journal.lock({ ...request, preempt: false });
      const won = await journal.race([journal.command(0), journal.sleep(20_000)]);
      if (won === 1) return null;
      const told = await journal.command(0);
      await journal.release("preempted");
      return told.type === "superseded" ? { lock: told.lock, by: told.run } : { type: told.type };
    });
    const epoch = await harness().run("preempt-new", async (journal) => {
      await journal.sleep(200);
      const answer = await journal.lock({ ...request, preempt: true });
      return answer.granted ? answer.epoch : null;
    });
    expect(epoch).toBe(2);
    expect(await old).toEqual({ lock: "preempted", by: "preempt-new" });
    const after = await harness().run("preempt-after", async (journal) => {
      const answer = await journal.lock({ ...request, preempt: false });
      return answer.granted ? answer.epoch : answer.holder.run;
    });
    expect(after).toBe("preempt-new");
  });

  test(`${name}: who queues for a lock is granted it in turn, and may give up the place`, async () => {
    const request = { lock: "queued", who: "olivia", preempt: false };
    const waits = (id: string, patience: number) =>
      harness().run(id, async (journal) => {
        await journal.sleep(patience);
        const answer = await journal.lock({ ...request, wait: true });
        if (answer.granted) return "at once";
        const won = await journal.race([
          journal.turn("queued"),
          journal.sleep(patience === 500 ? 200 : 20_000),
        ]);
        const grant = won === 0 ? (await journal.turn("queued")).epoch : null;
        await journal.release("queued");
        return grant;
      });
    const holder = harness().run("queue-holder", async (journal) => {
      await journal.lock({ ...request, wait: false });
      await journal.sleep(4_000);
      await journal.release("queued");
      return null;
    });
    const gaveUp = waits("queue-second", 500);
    const third = waits("queue-third", 1_500);
    expect([await holder, await gaveUp, await third]).toEqual([null, null, 2]);
  });
}
