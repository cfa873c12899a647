import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Discovery } from "./discovery.ts";
import { until } from "./fixture-world.ts";
import type { Endpoint } from "./pods.ts";

let folder = "";
let server: Server | null = null;
let discovery: Discovery | null = null;
let answer = { status: 200, body: "[]" };
let seen: string[] = [];
let lists: (readonly Endpoint[])[] = [];
let turns: (string | null)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "discovery-"));
  answer = { status: 200, body: "[]" };
  [seen, lists, turns] = [[], [], []];
});
afterEach(async () => {
  await discovery?.stop();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<string> {
  const agent = createServer((request, response) => {
    seen.push(String(request.headers.authorization));
    response.writeHead(answer.status).end(answer.body);
  });
  server = agent;
  await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
  const address = agent.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const tokenFile = join(folder, "token");
  discovery = new Discovery({
    clouds: { aws: { agentUrl: `http://127.0.0.1:${port}`, tokenFile } },
    intervalMs: 5,
    onListed: (_cloud, endpoints) => lists.push(endpoints),
    onTurned: (_cloud, { problem }) => turns.push(problem),
  });
  return tokenFile;
}

const good = '[{"cluster":"aws-west","url":"http://127.0.0.1:80/","pid":7,"more":true}]';

describe("discovery", () => {
  test("reads the list, whatever else an endpoint tells, and says only once that the agent answers", async () => {
    answer.body = good;
    await writeFile(await start(), "secret\n");
    await until("it was asked a few times", () => lists.length >= 3);
    expect(lists[0]).toEqual([{ cluster: "aws-west", url: "http://127.0.0.1", pid: 7 }]);
    expect(turns.at(-1)).toBeNull();
    expect(turns.filter((problem) => problem === null)).toHaveLength(1);
    expect(new Set(seen)).toEqual(new Set(["Bearer secret"]));
  });

  test("waits for an agent whose token is made later, and reads it again when it is refused", async () => {
    answer.body = good;
    const tokenFile = await start();
    await until("it was tried", () => turns.length === 1);
    expect(turns[0]).toContain("ENOENT");
    await writeFile(tokenFile, "");
    await until(
      "an empty one is seen",
      () => discovery?.stateOf("aws").problem === "the agent's token file is empty",
    );
    await writeFile(tokenFile, "first");
    await until("it is used", () => seen.includes("Bearer first") && lists.length > 0);
    await writeFile(tokenFile, "second");
    answer.status = 401;
    await until("the new one is used", () => seen.includes("Bearer second"));
    expect(turns.slice(1)).toEqual([null, "the agent answers 401"]);
    expect(seen).not.toContain("Bearer ");
  });

  test.each([
    ["{}", "expected array"],
    ['[{"cluster":"aws-west","url":"ftp://x","pid":7}]', "url"],
    ['[{"cluster":"aws west","url":"http://127.0.0.1:1","pid":7}]', "cluster"],
    ['[{"cluster":"aws-west","url":"http://127.0.0.1:1","pid":"7"}]', "pid"],
    ["<html>", "JSON"],
  ])("takes no part of a list that is malformed: %s", async (body, why) => {
    answer.body = body;
    await writeFile(await start(), "secret");
    await until("it is told why", () => discovery?.stateOf("aws").problem?.includes(why) === true);
    expect(lists).toEqual([]);
  });
});
