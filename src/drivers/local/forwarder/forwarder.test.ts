import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectHttp2, createServer } from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { pollUntil } from "../processes/wait.ts";
import { type Forwarder, startForwarder } from "./forwarder.ts";

/** A worker in a process of its own, which can be frozen: it answers its name to every request. */
const program = `
  const { createServer } = require("node:http2");
  const server = createServer((request, response) => response.end(process.argv[1]));
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
  process.on("message", (busyMs) => {
    const until = Date.now() + busyMs;
    while (Date.now() < until);
    process.send("done");
  });
`;

const children: ChildProcess[] = [];
const opened: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function worker(name: string): Promise<{ port: number; child: ChildProcess }> {
  const child = spawn(process.execPath, ["-e", program, name], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  children.push(child);
  const port = await new Promise<number>((resolve) => child.once("message", (at) => resolve(Number(at))));
  return { port, child };
}

async function forwarder(...workerPorts: readonly number[]): Promise<Forwarder> {
  const started = await startForwarder({ port: 0, workerPorts, say: () => undefined });
  opened.push(() => started.close());
  return started;
}

/** Who answers over a new connection; null when it is turned away. */
async function asked(port: number): Promise<string | null> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  try {
    return await new Promise((resolve) => {
      session.once("close", () => resolve(null));
      const stream = session.request({ ":path": "/" });
      stream.on("error", () => resolve(null));
      stream.setEncoding("utf8");
      stream.on("data", resolve);
    });
  } finally {
    session.destroy();
  }
}

/** A connection that has reached a worker, which speaks first. */
async function heldOpen(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("data", resolve));
  return socket.resume();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const held = await pollUntil(async () => ((await holds()) ? true : undefined), {
    withinMs: 20_000,
    everyMs: 20,
  });
  expect(held).toBe(true);
}

test("calls reach workers that live, and all of them have their share", async () => {
  const workers = [await worker("aws"), await worker("azure"), await worker("gcp")];
  const { port } = await forwarder(...workers.map((one) => one.port));
  const seen = new Set<string>();
  await until(async () => {
    const name = await asked(port);
    if (name !== null) seen.add(name);
    return seen.size === 3;
  });
  expect(seen).toEqual(new Set(["aws", "azure", "gcp"]));
});

test.each(["SIGKILL", "SIGSTOP"] as const)(
  "a worker that gets %s loses its connections, and every call from then on reaches the other",
  async (signal) => {
    const [lost, other] = [await worker("lost"), await worker("other")];
    const { port } = await forwarder(lost.port, other.port);
    const held: Socket[] = [];
    opened.push(() => {
      for (const socket of held) socket.destroy();
    });
    await until(async () => (await asked(port)) === "lost");
    // Several, so that at least one is with each.
    for (let count = 0; count < 4; count += 1) held.push(await heldOpen(port));
    lost.child.kill(signal);
    await until(async () => held.some((socket) => socket.closed));
    for (let count = 0; count < 6; count += 1) expect(await asked(port)).toBe("other");
  },
);

test("a worker that has much to do for a second keeps its connections", async () => {
  const busy = await worker("busy");
  const { port } = await forwarder(busy.port);
  await until(async () => (await asked(port)) === "busy");
  const held = await heldOpen(port);
  opened.push(() => {
    held.destroy();
  });
  const done = new Promise((resolve) => busy.child.once("message", resolve));
  busy.child.send(1_000);
  await done;
  expect(await asked(port)).toBe("busy");
  expect(held.closed).toBe(false);
});

test("with no worker alive a caller is turned away, and served again once one is back", async () => {
  const only = await worker("only");
  const { port } = await forwarder(only.port);
  await until(async () => (await asked(port)) === "only");
  only.child.kill("SIGKILL");
  // A caller may be turned away while the process still goes: its port is free only after it.
  await once(only.child, "exit");
  await until(async () => (await asked(port)) === null);
  const again = createServer((_request, response) => response.end("again"));
  opened.push(async () => {
    await new Promise((resolve) => again.close(resolve));
  });
  await new Promise<void>((resolve) => again.listen(only.port, "127.0.0.1", resolve));
  await until(async () => (await asked(port)) !== null);
  expect(await asked(port)).toBe("again");
});
