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
        const answer = await journal.lock({ lock: "traffic", who: "olivia", wait: false });
        if (answer.granted && !keep) await journal.release("traffic");
        return answer.granted ? { epoch: answer.epoch } : { holder: answer.holder.run };
      });
    const first = await take("lock-first", false);
    const second = await take("lock-second", true);
    const third = await take("lock-third", false);
    expect([first, second, third]).toEqual([{ epoch: 1 }, { epoch: 2 }, { holder: "lock-second" }]);
  });
}
