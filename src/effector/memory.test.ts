import { describe, expect, test } from "vitest";
import { FixtureDisk, turns } from "./fixture-disk.ts";
import { openEffectorMemory, type Act, type Attempt, type EffectorMemory, type Outcome } from "./memory.ts";
import type { Token } from "./token.ts";

const file = "effects/edge.ndjson";
const parseAnswer = (value: unknown): unknown => value;

function open(disk: FixtureDisk): Promise<EffectorMemory<unknown>> {
  let time = 1000;
  return openEffectorMemory({ file, effector: "edge", now: () => time++, parseAnswer, openFile: disk.open });
}

function token(epoch: number, sequence: number, branch = "", lock = "traffic"): Token {
  return { key: `${lock}-run-${epoch}/${sequence}${branch}`, lock, epoch, sequence };
}

function act(given: Token, work: (attempt: Attempt) => Promise<Outcome<unknown>> = done("ok")): Act<unknown> {
  return { op: "set-weights", token: given, work };
}

function done(answer: unknown): () => Promise<Outcome<unknown>> {
  return async () => ({ result: "done", answer });
}

async function never(): Promise<Outcome<unknown>> {
  throw new Error("this work must not run");
}

describe("a key", () => {
  test("is carried out once, and answered with the first answer ever after, also after a restart", async () => {
    const disk = new FixtureDisk();
    const memory = await open(disk);
    expect(await memory.apply(act(token(1, 1), done({ version: 2 })))).toEqual({
      result: "done",
      answer: { version: 2 },
    });
    const repeated = { result: "repeated", first: "done", answer: { version: 2 } };
    expect(await memory.apply(act(token(1, 1), never))).toEqual(repeated);
    await memory.close();
    expect(await (await open(disk)).apply(act(token(1, 1), never))).toEqual(repeated);
  });

  test("stays found when its aim stood before it", async () => {
    const memory = await open(new FixtureDisk());
    const found = async (): Promise<Outcome<unknown>> => ({ result: "found", answer: 1 });
    expect(await memory.apply(act(token(1, 1), found))).toEqual({ result: "found", answer: 1 });
    expect(await memory.apply(act(token(1, 1), never))).toEqual({
      result: "repeated",
      first: "found",
      answer: 1,
    });
  });

  test("whose first attempt is under way is waited for, not done beside it", async () => {
    const memory = await open(new FixtureDisk());
    const gate = Promise.withResolvers<Outcome<unknown>>();
    const first = memory.apply(act(token(1, 1), () => gate.promise));
    const twin = memory.apply(act(token(1, 1), never));
    await turns(50);
    gate.resolve({ result: "done", answer: "first" });
    expect([await first, await twin]).toEqual([
      { result: "done", answer: "first" },
      { result: "repeated", first: "done", answer: "first" },
    ]);
  });

  test("whose work threw may be tried again, and the work is told so", async () => {
    const disk = new FixtureDisk();
    const memory = await open(disk);
    const tried: boolean[] = [];
    const failing = async ({ triedBefore }: Attempt): Promise<Outcome<unknown>> => {
      tried.push(triedBefore);
      throw new Error("no reply");
    };
    await expect(memory.apply(act(token(1, 1), failing))).rejects.toThrow("no reply");
    await expect(memory.apply(act(token(1, 1), failing))).rejects.toThrow("no reply");
    expect(tried).toEqual([false, true]);
    expect(disk.text(file)).toBe("");
    expect(await memory.apply(act(token(1, 1)))).toEqual({ result: "done", answer: "ok" });
  });

  test("that the work declined is recorded as refused, with the reason, and may be tried again", async () => {
    const disk = new FixtureDisk();
    const memory = await open(disk);
    const declined = async (): Promise<Outcome<unknown>> => ({ result: "refused", reason: "version" });
    const refused = { result: "refused", reason: "version", highest: { epoch: 1, sequence: 1 } };
    expect(await memory.apply(act(token(1, 1), declined))).toEqual(refused);
    expect(JSON.parse(disk.text(file))).toMatchObject(refused);
    expect((await memory.apply(act(token(1, 1)))).result).toBe("done");
  });

  test("cannot be used for another operation", async () => {
    const memory = await open(new FixtureDisk());
    await memory.apply(act(token(1, 1)));
    await expect(memory.apply({ ...act(token(1, 1)), op: "scale" })).rejects.toThrow(
      "was used for set-weights before",
    );
  });
});

describe("a position", () => {
  test("below the highest seen under its lock is refused with that highest, also after a restart", async () => {
    const disk = new FixtureDisk();
    const memory = await open(disk);
    await memory.apply(act(token(2, 5)));
    const refused = { result: "refused", reason: "stale-token", highest: { epoch: 2, sequence: 5 } };
    expect(await memory.apply(act(token(1, 9), never))).toEqual(refused);
    expect(await memory.apply(act(token(2, 4), never))).toEqual(refused);
    expect((await memory.apply(act(token(1, 1, "", "database")))).result).toBe("done");
    await memory.close();
    const again = await open(disk);
    expect(again.highest("traffic")).toEqual({ epoch: 2, sequence: 5 });
    expect(await again.apply(act(token(2, 4), never))).toEqual(refused);
  });

  test("equal to the highest is a branch of the same step, and branches run side by side", async () => {
    const memory = await open(new FixtureDisk());
    const both = Promise.withResolvers<void>();
    let running = 0;
    const branch = async (): Promise<Outcome<unknown>> => {
      if (++running === 2) both.resolve();
      await both.promise;
      return { result: "done", answer: running };
    };
    const results = await Promise.all([
      memory.apply(act(token(1, 1, ".a"), branch)),
      memory.apply(act(token(1, 1, ".b"), branch)),
    ]);
    expect(results.map(({ result }) => result)).toEqual(["done", "done"]);
  });

  test("is seen before its work begins: a crash in the middle still bars what is older", async () => {
    const disk = new FixtureDisk();
    const memory = await open(disk);
    const begun = Promise.withResolvers<void>();
    void memory.apply(
      act(token(2, 1), () => {
        begun.resolve();
        return new Promise(() => {});
      }),
    );
    await begun.promise;
    disk.crash(0);
    const again = await open(disk);
    expect((await again.apply(act(token(1, 9), never))).result).toBe("refused");
    const told: boolean[] = [];
    await again.apply(
      act(token(2, 1), async ({ triedBefore }) => {
        told.push(triedBefore);
        return { result: "done", answer: null };
      }),
    );
    expect(told).toEqual([true]);
  });

  test("that is newer waits for the older act under way, which is told that it is superseded", async () => {
    const memory = await open(new FixtureDisk());
    const order: string[] = [];
    const older = memory.apply(
      act(token(1, 1), async ({ superseded }) => {
        await new Promise((resolve) => superseded.addEventListener("abort", resolve));
        await turns(20);
        order.push("older");
        return { result: "done", answer: null };
      }),
    );
    await turns(50);
    const newer = memory.apply(
      act(token(2, 1), async () => {
        order.push("newer");
        return { result: "done", answer: null };
      }),
    );
    await Promise.all([older, newer]);
    expect(order).toEqual(["older", "newer"]);
  });

  test("that waits its turn is refused when a newer one has come meanwhile", async () => {
    const memory = await open(new FixtureDisk());
    const gate = Promise.withResolvers<Outcome<unknown>>();
    const first = memory.apply(act(token(1, 1), () => gate.promise));
    await turns(50);
    const second = memory.apply(act(token(2, 1), never));
    await turns(50);
    const third = memory.apply(act(token(3, 1)));
    await turns(50);
    gate.resolve({ result: "done", answer: null });
    expect((await first).result).toBe("done");
    expect(await second).toEqual({
      result: "refused",
      reason: "stale-token",
      highest: { epoch: 3, sequence: 1 },
    });
    expect((await third).result).toBe("done");
  });
});

describe("the record", () => {
  test("has the fields that a drill's judge reads, one line an answer", async () => {
    const disk = new FixtureDisk();
    const memory = await open(disk);
    await memory.apply(act(token(1, 2)));
    await memory.apply(act(token(1, 2)));
    await memory.apply(act(token(1, 1), never));
    const lines = disk
      .text(file)
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    const common = {
      effector: "edge",
      op: "set-weights",
      epoch: 1,
      lock: "traffic",
      time: expect.any(Number),
    };
    expect(lines).toEqual([
      { ...common, key: "traffic-run-1/2", sequence: 2, result: "done", answer: "ok" },
      { ...common, key: "traffic-run-1/2", sequence: 2, result: "repeated", first: "done", answer: "ok" },
      {
        ...common,
        key: "traffic-run-1/1",
        sequence: 1,
        result: "refused",
        reason: "stale-token",
        highest: { epoch: 1, sequence: 2 },
      },
    ]);
  });

  test("that a full disk refused is written by the next attempt, without the work, once", async () => {
    const disk = new FixtureDisk();
    const memory = await open(disk);
    const fills = async (): Promise<Outcome<unknown>> => {
      disk.failing = "append";
      return { result: "done", answer: "first" };
    };
    await expect(memory.apply(act(token(1, 1), fills))).rejects.toThrow("ENOSPC");
    disk.failing = null;
    await Promise.all([memory.apply(act(token(1, 1), never)), memory.apply(act(token(1, 1), never))]);
    const results = disk
      .text(file)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).result);
    expect(results).toEqual(["done", "repeated", "repeated"]);
  });

  test("of another effector is not taken for one's own", async () => {
    const disk = new FixtureDisk();
    await (await open(disk)).apply(act(token(1, 1)));
    const other = openEffectorMemory({
      file,
      effector: "agent-aws",
      now: () => 1,
      parseAnswer,
      openFile: disk.open,
    });
    await expect(other).rejects.toThrow(
      "line 1 cannot be read: it belongs to effector edge, not to agent-aws",
    );
  });

  test.each([
    ['{"time":1}', "effector: expected a text"],
    [
      '{"time":1,"effector":"edge","op":"x","key":"k","lock":"l","epoch":1,"sequence":1,"result":"perhaps"}',
      "result: expected done, found",
    ],
    [
      '{"time":1,"effector":"edge","op":"x","key":"k","lock":"l","epoch":-1,"sequence":1,"result":"done"}',
      "epoch: expected a whole number",
    ],
  ])("that is damaged stops the opening and says where and why: %s", async (line, why) => {
    const disk = new FixtureDisk();
    disk.put(file, `${line}\n`);
    await expect(open(disk)).rejects.toThrow(why);
  });
});
