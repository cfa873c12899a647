import { expect, test } from "vitest";
import { retryable } from "../ports/errors.ts";
import type { Message } from "../ports/notify.ts";
import { Kernel } from "../simulation/kernel.ts";
import { sayWhoIsAlone } from "./alone-at-start.ts";

/** What is said within a minute, where `alone` is on record, and the record and the notifier fail that often first. */
async function said(alone: Readonly<Record<string, string | null>>, fails: { reads: number; sends: number }) {
  const kernel = new Kernel(1_000);
  const sent: Message[] = [];
  const left = { ...fails };
  const leaving = new AbortController();
  const saying = sayWhoIsAlone(
    {
      record: {
        read: async (database) => {
          left.reads -= 1;
          if (left.reads >= 0) throw retryable("the durable engine is not up yet");
          return alone[database] ?? null;
        },
      },
      databases: Object.keys(alone),
      world: {
        clock: kernel,
        notify: {
          send: async (message) => {
            left.sends -= 1;
            if (left.sends >= 0) throw retryable("nobody takes it");
            sent.push(message);
          },
        },
      },
      log: () => undefined,
    },
    leaving.signal,
  );
  await kernel.run(kernel.sleep(60_000, leaving.signal));
  leaving.abort();
  await kernel.run(saying);
  return sent;
}

test("who is on record while policy is to wait is told to operators once", async () => {
  expect(await said({ wildlifedb: "aws", other: null }, { reads: 0, sends: 0 })).toMatchObject([
    { key: "alone-wildlifedb", to: "operators", text: expect.stringContaining("aws is on record") },
  ]);
});

test("it is told once also where the record or the notifier is not there at first", async () => {
  expect(await said({ wildlifedb: "aws", other: null }, { reads: 5, sends: 2 })).toHaveLength(1);
});

test("nothing is told where nobody is on record", async () => {
  expect(await said({ wildlifedb: null }, { reads: 1, sends: 0 })).toEqual([]);
});
