import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findDeathGuard } from "../processes/death-guard.ts";
import { isRunning } from "../processes/identity.ts";
import { pollUntil } from "../processes/wait.ts";
import { KeptProcesses } from "./kept-processes.ts";
import type { KeeperEvent, ProcessSpec } from "./protocol.ts";

let folder: string;
let events: KeeperEvent[];
let kept: KeptProcesses;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wildcam-keeper-"));
  events = [];
  kept = new KeptProcesses({
    recordFile: join(folder, "record.json"),
    guard: findDeathGuard(),
    tell: (event) => events.push(event),
    connect: () => undefined,
  });
});
afterEach(async () => {
  await kept.endAll();
  rmSync(folder, { recursive: true });
});

function spec(script: string, changes: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    command: process.execPath,
    args: ["-e", script],
    env: {},
    cwd: "/",
    logFile: join(folder, "log"),
    owner: null,
    readyWithinMs: 10_000,
    restart: false,
    niceness: { starting: 0, serving: 0 },
    endSignal: "SIGKILL",
    ...changes,
  };
}

const serves = "process.send({ type: 'ready', port: 7 }); setInterval(() => {}, 1000);";

test("a start answers with what the program reported, is on record, and a name runs once", async () => {
  const started = await kept.start("one", spec(serves));
  expect(started.ready).toMatchObject({ port: 7 });
  expect(readFileSync(join(folder, "record.json"), "utf8")).toContain(`"pid":${started.pid}`);
  await expect(kept.start("one", spec(serves))).rejects.toThrow(/runs already/);
});

test("a program that ends before it is ready, or is not ready in time, is a failed start and not started again", async () => {
  await expect(kept.start("ends", spec("process.exit(3)", { restart: true }))).rejects.toThrow(
    /ended before/,
  );
  const silent = spec("setInterval(() => {}, 1000)", { readyWithinMs: 200, restart: true });
  await expect(kept.start("silent", silent)).rejects.toThrow(/not ready within/);
  const empty = await pollUntil(() => (kept.list().length === 0 ? true : undefined), {
    withinMs: 3_000,
    everyMs: 10,
  });
  expect(empty).toBe(true);
});

test("what served, dies and is late when it is started again is tried until it is ready", async () => {
  const count = JSON.stringify(join(folder, "count"));
  const lateOnce = `const fs = require("node:fs"); fs.appendFileSync(${count}, "x");
    if (fs.readFileSync(${count}, "utf8").length === 2) setInterval(() => {}, 1000); else { ${serves} }`;
  const first = await kept.start("one", spec(lateOnce, { restart: true, readyWithinMs: 4_000 }));
  process.kill(first.pid, "SIGKILL");
  const started = () => events.filter(({ type }) => type === "started").length;
  const again = await pollUntil(() => (started() === 2 ? true : undefined), {
    withinMs: 30_000,
    everyMs: 20,
  });
  expect(again).toBe(true);
  expect(readFileSync(join(folder, "count"), "utf8")).toBe("xxx");
}, 60_000);

test("what served and dies is started again, and what was asked to stop is not", async () => {
  const first = await kept.start("one", spec(serves, { restart: true }));
  process.kill(first.pid, "SIGKILL");
  const again = await pollUntil(
    () => events.find((event) => event.type === "started" && event.process.pid !== first.pid),
    {
      withinMs: 5_000,
      everyMs: 10,
    },
  );
  expect(again?.process).toMatchObject({ name: "one", ready: { port: 7 } });
  expect(await kept.stop("one", { signal: "SIGTERM", withinMs: 3_000, thenKill: true })).toEqual({
    exited: true,
  });
  expect(events.filter(({ type }) => type === "started")).toHaveLength(2);
  expect(kept.list()).toEqual([]);
});

test("a stop that is not to kill says that the process still runs", async () => {
  await kept.start("stubborn", spec(`process.on("SIGTERM", () => {}); ${serves}`));
  expect(await kept.stop("stubborn", { signal: "SIGTERM", withinMs: 100, thenKill: false })).toEqual({
    exited: false,
  });
  expect(kept.list()).toHaveLength(1);
});

test("the end of the group ends everything, the stubborn as well, and nothing is started after it", async () => {
  const processes = await Promise.all(
    ["a", "b"].map(
      async (name) =>
        await kept.start(
          name,
          spec(`process.on("SIGTERM", () => {}); ${serves}`, { endSignal: "SIGTERM", restart: true }),
        ),
    ),
  );
  await kept.endAll();
  expect(processes.some(isRunning)).toBe(false);
  await expect(kept.start("c", spec(serves))).rejects.toThrow(/is ending/);
});
