import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { Secret } from "../../domain/secret.ts";
import { controlClient } from "./control-client.ts";

const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function clientOf(server: Server, readWithinMs: number, isDown = () => false) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const client = controlClient("the agent", {
    url: `http://127.0.0.1:${address.port}`,
    token: new Secret("none-that-opens-anything"),
    readWithinMs,
    isDown,
  });
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  cleanUps.push(() => client.close());
  return client;
}

const answer = z.object({ fine: z.boolean() });

/** Stands still as under SIGSTOP: no timer and no answer is noticed meanwhile. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test("a read whose deadline passed while this process was frozen is done once more", async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    // The first answer never comes: what is left of it after a freeze is a deadline that has passed.
    if (asked > 1) response.end('{"fine":true}');
    else freeze(1_200);
  });
  const client = await clientOf(server, 500);
  expect(await client.read("/v1/thing", answer, new AbortController().signal)).toEqual({ fine: true });
  expect(asked).toBe(2);
});

test("a read that is not answered in time is retryable, and is not done again", async () => {
  let asked = 0;
  const server = createServer(() => {
    asked += 1;
  });
  const client = await clientOf(server, 100);
  const read = client.read("/v1/thing", answer, new AbortController().signal);
  await expect(read).rejects.toMatchObject({ kind: "retryable" });
  expect(asked).toBe(1);
});

test("who has let a whole deadline pass gets a short one, until it answers again", async () => {
  // Longer than the short deadline, and well within the usual one.
  const lateMs = 1_200;
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    if (asked === 1) return;
    if (asked === 3) response.end('{"fine":true}');
    else setTimeout(() => response.end('{"fine":true}'), lateMs);
  });
  const client = await clientOf(server, 3_000);
  const read = async () => await client.read("/v1/thing", answer, new AbortController().signal);
  await expect(read()).rejects.toMatchObject({ kind: "retryable" });
  await expect(read()).rejects.toMatchObject({ kind: "retryable" });
  expect(await read()).toEqual({ fine: true });
  expect(await read()).toEqual({ fine: true });
});

test("who is known to be down gets a short deadline at once", async () => {
  let isDown = false;
  const server = createServer((_, response) => {
    // Longer than the short deadline, and well within the usual one.
    setTimeout(() => response.end('{"fine":true}'), 1_200);
  });
  const client = await clientOf(server, 3_000, () => isDown);
  const read = async () => await client.read("/v1/thing", answer, new AbortController().signal);
  expect(await read()).toEqual({ fine: true });
  isDown = true;
  await expect(read()).rejects.toMatchObject({ kind: "retryable" });
});
