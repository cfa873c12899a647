import { expect, test } from "vitest";
import { gather } from "./gather.ts";

test("a work that fails while an earlier one is still under way is handled, and thrown when all have ended", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    let ended = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = async () => {
      await promise;
      ended = true;
    };
    const gathered = gather([slow, () => Promise.reject(new Error("no answer"))]).catch(
      (error: unknown) => error,
    );
    // Rejections that nobody handles are told behind the microtasks, before the next turn of the loop.
    await new Promise((turn) => setImmediate(turn));
    expect({ ended, unhandled }).toEqual({ ended: false, unhandled: [] });
    resolve();
    expect(await gathered).toEqual(new Error("no answer"));
    expect(ended).toBe(true);
  } finally {
    process.off("unhandledRejection", note);
  }
});

test("values come back in the order of their works, and of several failures the first in that order is thrown", async () => {
  expect(await gather([async () => 1, async () => "two"])).toEqual([1, "two"]);
  const failing = (why: string) => () => Promise.reject(new Error(why));
  await expect(gather([failing("first"), failing("second")])).rejects.toThrow("first");
});
