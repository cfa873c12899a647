import { fork, spawn, type ChildProcess } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { startWorld, until, type FixtureWorld } from "./fixture-world.ts";

const program = join(import.meta.dirname, "main.ts");
const worlds: FixtureWorld[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const world of worlds.splice(0)) await world.end();
});

/** Pods, agents and a config file; the gateway is for the test to start as a process. */
async function prepare(
  changes: Record<string, unknown> = {},
): Promise<{ world: FixtureWorld; file: string }> {
  const world = await startWorld({ clusters: { aws: ["aws-west"] }, weights: { aws: 100 } });
  worlds.push(world);
  await world.stopGateway();
  const file = join(world.folder, "config.json");
  await writeFile(file, JSON.stringify({ ...world.config, ...changes }));
  return { world, file };
}

type Ended = { status: number | null; signal: string | null; stderr: string; stdout: string };

/** On exit and the ends of its outputs, not on `close`, which does not come once this side has disconnected. */
async function ended(child: ChildProcess): Promise<Ended> {
  children.push(child);
  const gather = async (stream: Readable | null): Promise<string> => (stream === null ? "" : text(stream));
  const exit = new Promise<Pick<Ended, "status" | "signal">>((resolve) =>
    child.once("exit", (status, signal) => resolve({ status, signal })),
  );
  const [how, stdout, stderr] = await Promise.all([exit, gather(child.stdout), gather(child.stderr)]);
  return { ...how, stdout, stderr };
}

function run(...args: string[]): Promise<Ended> {
  return ended(spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] }));
}

type Serving = { child: ChildProcess; end: Promise<Ended>; origin: string };

async function serve(file: string): Promise<Serving> {
  const child = fork(program, [file], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const end = ended(child);
  const ready = await new Promise<{ type: string; port: number; controlPort: number }>((resolve, reject) => {
    child.once("message", (message) => resolve(JSON.parse(JSON.stringify(message))));
    child.once("exit", () => reject(new Error("it ended before it was ready")));
  });
  expect(ready).toEqual({ type: "ready", port: expect.any(Number), controlPort: expect.any(Number) });
  return { child, end, origin: `http://127.0.0.1:${ready.port}` };
}

describe("a start with something wrong ends with status 2 and says what, why and what next", () => {
  test.each([
    [[], /wants one argument/],
    [["no-such-file.json"], /no-such-file\.json cannot be used\n {2}why: {2}ENOENT/],
    [["a.json", "b.json"], /wants one argument\n {2}why: {2}it got 2/],
  ])("arguments %j", async (args, message) => {
    const { status, stderr, stdout } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\n {2}next: .+\n$/);
  });

  test("a config that breaks the rules, with every field that does", async () => {
    const { file } = await prepare({ port: "80", weights: { aws: 99 }, colour: "red", objective: {} });
    const { status, stderr } = await run(file);
    expect(status).toBe(2);
    for (const part of ["port: ", "objective.latencyMs: ", '"colour"']) expect(stderr).toContain(part);
  });

  test("weights that do not fit the clouds", async () => {
    const { file } = await prepare({ weights: { aws: 99 } });
    expect(await run(file)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("weights: the weights sum to 99, not 100"),
    });
  });

  test("a config that is no JSON", async () => {
    const { file } = await prepare();
    await writeFile(file, "{");
    expect(await run(file)).toMatchObject({ status: 2, stderr: expect.stringContaining("JSON") });
  });

  test("no token", async () => {
    const { file } = await prepare({ tokenFile: "/no/such/token" });
    expect(await run(file)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("the token file /no/such/token cannot be used"),
    });
  });

  test("a damaged record of effects, by file and line", async () => {
    const { world, file } = await prepare();
    await writeFile(world.config.effectsFile, "garbage\n");
    expect(await run(file)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("edge.ndjson line 1 cannot be read"),
    });
  });

  test("a port that is taken", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    const address = holder.address();
    const { file } = await prepare({ port: typeof address === "object" ? address?.port : 0 });
    const { status, stderr } = await run(file);
    await new Promise((resolve) => holder.close(resolve));
    expect(status).toBe(2);
    expect(stderr).toMatch(/cannot listen on port \d+\n {2}why: {2}.*EADDRINUSE/);
  });
});

describe("the process", () => {
  test("says when it serves, serves, and ends on SIGTERM once what is in flight has finished", async () => {
    const { world, file } = await prepare();
    const { child, end, origin } = await serve(file);
    expect((await fetch(`${origin}/`)).headers.get("x-served-by-cloud")).toBe("aws");
    const pod = world.pod("aws-west");
    pod.behaviour = "hang";
    const slow = fetch(`${origin}/slow`);
    await until("the pod has it", () => pod.received.length === 2);
    child.kill("SIGTERM");
    await until("it takes nothing new", async () => {
      const refused = await fetch(`${origin}/`, { signal: AbortSignal.timeout(1000) }).then(
        () => false,
        () => true,
      );
      return refused;
    });
    pod.release();
    expect(await (await slow).text()).toBe("late");
    const { status, stderr, stdout } = await end;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const messages = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).msg);
    expect(messages).toEqual(
      expect.arrayContaining(["traffic policy in force", "pod changed state", "serving", "ending"]),
    );
  });

  test("ends when its parent goes away", async () => {
    const { file } = await prepare();
    const { child, end } = await serve(file);
    child.disconnect();
    expect(await end).toMatchObject({ status: 0 });
  });

  test("killed outright keeps its policy", async () => {
    const { world, file } = await prepare();
    const { child, end } = await serve(file);
    child.kill("SIGKILL");
    expect(await end).toMatchObject({ signal: "SIGKILL" });
    expect(JSON.parse(await readFile(join(world.config.stateDir, "policy.json"), "utf8"))).toMatchObject({
      version: 1,
      weights: { aws: 100 },
    });
    await serve(file);
  });
});
