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
        const answer = await journal.lock({
          lock: "traffic",
          who: "olivia",
          wait: false,
          preempt: false,
          forMs: 3_600_000,
        });
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
    const request = { lock: "preempted", who: "olivia", wait: false, forMs: 3_600_000 };
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
    const request = { lock: "queued", who: "olivia", preempt: false, forMs: 3_600_000 };
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

  lapseContract(name, harness);
}

/** Time passes for real on a durable engine: maxima are short, and what must not have happened is asked behind them. */
function lapseContract(name: string, harness: () => JournalHarness): void {
  test(`${name}: past its maximum a lock is its run's until another asks, whose epoch is higher; then it is told`, async () => {
    const request = { lock: "lapsed", who: "olivia", wait: false, preempt: false, forMs: 100 };
    const old = harness().run("lapse-old", async (journal) => {
      const first = await journal.lock(request);
      await journal.sleep(300);
      const again = await journal.lock(request);
      const won = await journal.race([journal.command(0), journal.sleep(20_000)]);
      const told = won === 0 ? await journal.command(0) : null;
      const kept = await journal.keep("lapsed", null);
      await journal.release("lapsed");
      return {
        epochs: [first, again].map((one) => (one.granted ? one.epoch : null)),
        told: told?.type === "superseded" ? { lock: told.lock, by: told.run } : null,
        kept: kept.kept ? null : kept.by,
      };
    });
    const fresh = await harness().run("lapse-new", async (journal) => {
      await journal.sleep(800);
      const answer = await journal.lock({ ...request, forMs: 3_600_000 });
      return answer.granted
        ? { epoch: answer.epoch, from: answer.takenFrom, hasUntil: answer.untilMs !== null }
        : null;
    });
    expect(fresh).toEqual({ epoch: 2, from: "lapse-old", hasUntil: true });
    expect(await old).toEqual({
      epochs: [1, 1],
      told: { lock: "lapsed", by: "lapse-new" },
      kept: "lapse-new",
    });
  });

  test(`${name}: a lock is kept for longer than it was granted for, and without a maximum it never lapses`, async () => {
    const request = { lock: "kept", who: "olivia", wait: false, preempt: false, forMs: 100 };
    const asks = (id: string) =>
      harness().run(id, async (journal) => {
        const answer = await journal.lock(request);
        return answer.granted ? "granted" : { holder: answer.holder.run, untilMs: answer.holder.untilMs };
      });
    const untilMs = 9_000_000_000_000;
    const keeps = (id: string, until: number | null) =>
      harness().run(id, async (journal) => {
        const answer = await journal.lock(request);
        const kept = await journal.keep("kept", until);
        await journal.sleep(200);
        return answer.granted && kept.kept;
      });
    expect(await keeps("keep-long", untilMs)).toBe(true);
    expect(await asks("keep-asks-long")).toEqual({ holder: "keep-long", untilMs });
    await harness().run("keep-takes", async (journal) => {
      await journal.lock({ ...request, preempt: true });
      await journal.release("kept");
      return null;
    });
    expect(await keeps("keep-sealed", null)).toBe(true);
    expect(await asks("keep-asks-sealed")).toEqual({ holder: "keep-sealed", untilMs: null });
  });

  test(`${name}: a lock past its maximum goes to the first in its queue, whoever asks, and the next stays next`, async () => {
    const request = { lock: "in-line", who: "olivia", preempt: false };
    const order: string[] = [];
    const waits = (id: string, afterMs: number) =>
      harness().run(id, async (journal) => {
        await journal.sleep(afterMs);
        await journal.lock({ ...request, wait: true, forMs: 3_600_000 });
        const won = await journal.race([journal.turn("in-line"), journal.sleep(20_000)]);
        const grant = won === 0 ? await journal.turn("in-line") : null;
        await journal.effect("note", async () => order.push(id));
        await journal.release("in-line");
        return grant === null ? null : { epoch: grant.epoch, from: grant.takenFrom };
      });
    const holder = harness().run("line-holder", async (journal) => {
      await journal.lock({ ...request, wait: false, forMs: 2_000 });
      return null;
    });
    const [first, second] = [waits("line-first", 500), waits("line-second", 1_000)];
    const asked = harness().run("line-asks", async (journal) => {
      await journal.sleep(2_500);
      const answer = await journal.lock({ ...request, wait: false, forMs: 3_600_000 });
      return answer.granted ? null : answer.holder.run;
    });
    expect(await asked).toBe("line-first");
    expect([await holder, await first, await second]).toEqual([
      null,
      { epoch: 2, from: "line-holder" },
      { epoch: 3, from: null },
    ]);
    expect(order).toEqual(["line-first", "line-second"]);
  });

  test(`${name}: who keeps a lock until a time that is over loses it to whoever waits, and reads so`, async () => {
    const request = { lock: "handed", who: "olivia", preempt: false, forMs: 3_600_000 };
    const waiting = harness().run("hand-waits", async (journal) => {
      await journal.sleep(300);
      await journal.lock({ ...request, wait: true });
      await journal.race([journal.turn("handed"), journal.sleep(20_000)]);
      return (await journal.turn("handed")).epoch;
    });
    const seen = await harness().run("hand-holder", async (journal) => {
      await journal.lock({ ...request, wait: false });
      await journal.sleep(900);
      const lost = await journal.keep("handed", 1);
      return lost.kept ? null : lost.by;
    });
    expect([seen, await waiting]).toEqual(["hand-waits", 2]);
  });
}
