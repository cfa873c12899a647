import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { countBy, startWorld, until, type ControlAnswer, type FixtureWorld } from "./fixture-world.ts";

const worlds: FixtureWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
});

async function start(): Promise<FixtureWorld> {
  const world = await startWorld({
    clusters: { aws: ["aws-west"], azure: ["azure-west"], gcp: ["gcp-west"] },
    weights: { aws: 34, azure: 33, gcp: 33 },
  });
  worlds.push(world);
  return world;
}

const moved = { aws: 9, azure: 58, gcp: 33 };

function request(sequence: number, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const token = { key: `run-1/${sequence}`, lock: "traffic", epoch: 2, sequence };
  return {
    weights: moved,
    expectedVersion: 1,
    token,
    setBy: "olivia",
    why: "moving traffic off aws",
    ...changes,
  };
}

function put(world: FixtureWorld, body: unknown): Promise<ControlAnswer> {
  return world.control("/v1/policy", {
    method: "PUT",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

describe("the traffic policy", () => {
  test("begins with the weights of the config, and takes effect when it is set", async () => {
    const world = await start();
    expect((await world.control("/v1/policy")).json).toEqual({
      weights: { aws: 34, azure: 33, gcp: 33 },
      version: 1,
      epoch: 0,
      setBy: "config",
      why: "the weights to begin with",
      setAtMs: expect.any(Number),
    });
    const { status, json } = await put(world, request(7, { weights: { aws: 0, azure: 100, gcp: 0 } }));
    expect(status).toBe(200);
    expect(json).toMatchObject({
      result: "done",
      policy: { version: 2, epoch: 2, setBy: "olivia", why: "moving traffic off aws" },
    });
    for (let n = 0; n < 10; n++) expect((await world.send("/")).headers["x-served-by-cloud"]).toBe("azure");
  });

  test("is changed only from the expected version: otherwise 409 with the policy that stands", async () => {
    const world = await start();
    await put(world, request(7));
    const { status, json } = await put(world, request(8, { weights: { aws: 34, azure: 33, gcp: 33 } }));
    expect(status).toBe(409);
    expect(json).toMatchObject({
      result: "refused",
      reason: "version",
      policy: { version: 2, weights: moved },
      error: { why: "it is at version 2, not 1: somebody changed it meanwhile" },
    });
  });

  test("is refused to a token that is older than one seen, with the highest seen", async () => {
    const world = await start();
    await put(world, request(7));
    const old = { key: "run-0/99", lock: "traffic", epoch: 1, sequence: 99 };
    const { status, json } = await put(
      world,
      request(8, { token: old, expectedVersion: 2, weights: { aws: 100, azure: 0, gcp: 0 } }),
    );
    expect(status).toBe(409);
    expect(json).toMatchObject({
      result: "refused",
      reason: "stale-token",
      highest: { epoch: 2, sequence: 7 },
      policy: { weights: moved },
    });
  });

  test("answers a repeated key with the first result, whatever happened since", async () => {
    const world = await start();
    const first = await put(world, request(7));
    await put(world, request(8, { expectedVersion: 2, weights: { aws: 0, azure: 67, gcp: 33 } }));
    const again = await put(world, request(7));
    expect(again).toEqual({
      status: 200,
      json: { result: "repeated", first: "done", policy: first.json.policy },
    });
    expect((await world.control("/v1/policy")).json.version).toBe(3);
  });

  test("is set once when twins ask at the same time", async () => {
    const world = await start();
    const answers = await Promise.all([
      put(world, request(7)),
      put(world, request(7)),
      put(world, request(7)),
    ]);
    expect(countBy(answers, ({ json }) => json.result)).toEqual({ done: 1, repeated: 2 });
  });

  test("whose weights stand already is found, and keeps its version", async () => {
    const world = await start();
    const { json } = await put(
      world,
      request(7, { weights: { aws: 34, azure: 33, gcp: 33 }, expectedVersion: 9 }),
    );
    expect(json).toMatchObject({ result: "found", policy: { version: 1, setBy: "config" } });
  });

  test("survives a restart, with its version, epoch and keys; a torn end of the record does no harm", async () => {
    const world = await start();
    const first = await put(world, request(7));
    await world.stopGateway();
    await appendFile(world.config.effectsFile, '{"time":17');
    await world.startGateway();
    expect((await world.control("/v1/policy")).json).toEqual(first.json.policy);
    expect((await put(world, request(7))).json).toEqual({
      result: "repeated",
      first: "done",
      policy: first.json.policy,
    });
    expect(
      (await put(world, request(6, { token: { key: "late", lock: "traffic", epoch: 2, sequence: 6 } }))).json
        .reason,
    ).toBe("stale-token");
    const lines = (await readFile(world.config.effectsFile, "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).result)).toEqual(["done", "repeated", "refused"]);
    expect(world.log.some(({ tornBytes }) => tornBytes === 10)).toBe(true);
  });

  test("set in a life that crashed before its record was written is done, not found, when asked again", async () => {
    const world = await start();
    await put(world, request(7));
    await world.stopGateway();
    await writeFile(world.config.effectsFile, "");
    await world.startGateway();
    expect((await put(world, request(7))).json).toMatchObject({ result: "done", policy: { version: 2 } });
  });
});

describe("bad input", () => {
  test.each([
    [{ weights: { aws: 50, azure: 50 } }, "weights: gcp is missing"],
    [{ weights: { aws: 50, azure: 25, gcp: 24 } }, "weights: the weights sum to 99, not 100"],
    [{ weights: { aws: 33.4, azure: 33.3, gcp: 33.3 } }, "weights: aws: 33.4 is no integer from 0 to 100"],
    [{ weights: { aws: 150, azure: -50, gcp: 0 } }, "weights: aws: 150 is no integer"],
    [{ weights: { aws: 0, azure: 0, gcp: 0 } }, "weights: the weights sum to 0, not 100"],
    [
      { weights: { aws: 50, azure: 25, gcp: 20, oracle: 5 } },
      'weights: "oracle" is no known cloud (aws, azure, gcp)',
    ],
    [{ weights: "all" }, "weights: Invalid input"],
    [{ expectedVersion: "1" }, "expectedVersion: Invalid input"],
    [{ token: undefined }, "token: expected an object with key, lock, epoch, sequence, got nothing"],
    [
      { token: { key: "k", lock: "traffic", epoch: -1, sequence: 1 } },
      "token: epoch: expected a whole number from 0, got -1",
    ],
    [
      { token: { key: "k", lock: "other", epoch: 1, sequence: 1 } },
      'token.lock: expected "traffic", got "other"',
    ],
    [{ setBy: "" }, "setBy: Too small"],
    [{ force: true }, 'body: Unrecognized key: "force"'],
  ])("is refused by field, and changes nothing: %j", async (changes, why) => {
    const world = await start();
    const { status, json } = await put(world, request(7, changes));
    expect(status).toBe(400);
    expect(json.error).toMatchObject({
      what: "the request cannot be used",
      why: expect.stringContaining(why),
      next: expect.any(String),
    });
    expect((await world.control("/v1/policy")).json.version).toBe(1);
  });

  test("that is no JSON, too large, unknown or without the token has a status and an error of the same form", async () => {
    const world = await start();
    const form = { what: expect.any(String), why: expect.any(String), next: expect.any(String) };
    const answers = [
      await put(world, "{"),
      await put(world, { padding: "x".repeat(100_000) }),
      await put(
        world,
        request(7, { token: { key: "run-1/7", lock: "traffic", epoch: 2, sequence: 7, more: 1 } }),
      ),
      await world.control("/v2/policy"),
      await world.control("/v1/policy", { method: "POST", body: "{}" }),
      await world.control("/v1/window?ms=60001"),
      await world.control("/v1/window?ms=two"),
      await world.control("/v1/windows?sinceMs=0&everyMs=99"),
      await world.control("/v1/windows?everyMs=1000"),
      await world.control("/v1/policy", { headers: {} }),
      await world.control("/v1/clouds", { headers: { authorization: "Bearer wrong" } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([
      400, 413, 400, 404, 404, 400, 400, 400, 400, 401, 401,
    ]);
    for (const { json } of answers) expect(json).toEqual({ error: form });
  });
});

describe("what the gateway tells", () => {
  test("of clouds: weight, verdict with a reason, pods, and the share that was observed", async () => {
    const world = await start();
    expect((await world.control("/v1/clouds")).json.clouds.aws).toMatchObject({
      verdict: "healthy",
      observedPercent: null,
    });
    for (let n = 0; n < 100; n++) await world.send("/");
    await world.pod("gcp-west").die();
    await until("its death is seen", async () => (await world.state("gcp-west")) === "ejected");
    const { json } = await world.control("/v1/clouds");
    expect(json.observers).toBe(1);
    expect(json.clouds.aws).toMatchObject({
      weight: 34,
      verdict: "healthy",
      reason: "1 of 1 pods are ready",
      readyPods: 1,
      knownPods: 1,
      observedPercent: 34,
      window: {
        ms: 10_000,
        requests: 34,
        failed: 0,
        slow: expect.any(Number),
        p50Ms: expect.any(Number),
        p99Ms: expect.any(Number),
      },
    });
    expect(json.clouds.gcp).toMatchObject({
      verdict: "down",
      reason: "none of its 1 pods answers probes",
      readyPods: 0,
      observedPercent: 33,
    });
  });

  test("of a window: requests, failures, and both per cloud; probes and control calls do not count", async () => {
    const world = await start();
    const empty = (await world.control("/v1/window?ms=2000")).json;
    expect(empty).toMatchObject({
      ms: 2000,
      requests: 0,
      failed: 0,
      slow: 0,
      goodPercent: null,
      p50Ms: null,
      p99Ms: null,
    });
    for (const pod of world.pods) pod.behaviour = pod.cluster === "aws-west" ? 500 : 200;
    for (let n = 0; n < 100; n++) await world.send("/");
    const { json } = await world.control("/v1/window?ms=60000");
    expect(json).toMatchObject({
      ms: 60_000,
      requests: 100,
      failed: 34,
      clouds: { aws: { requests: 34, failed: 34 }, azure: { requests: 33, failed: 0 } },
    });
    expect(json.goodPercent).toBe(66 - json.slow);
    expect((await world.control("/v1/clouds")).json.clouds.aws).toMatchObject({
      verdict: "degraded",
      reason: "34 of 34 requests sent to it in the last 10 s failed",
    });
  });

  test("of demand: the rate so far, over at least 5 s", async () => {
    const world = await start();
    expect((await world.control("/v1/demand")).json).toMatchObject({ requestsPerSecond: 0 });
    await Promise.all(Array.from({ length: 50 }, () => world.send("/")));
    const { json } = await world.control("/v1/demand");
    expect(json).toEqual({
      requestsPerSecond: expect.any(Number),
      windowMs: expect.any(Number),
      overMs: expect.any(Number),
    });
    expect(json.requestsPerSecond * json.windowMs).toBeCloseTo(50_000, -3);
    expect(json.requestsPerSecond).toBeLessThanOrEqual(10);
  });

  test("of pods: where each is, its state, and until when it is ejected", async () => {
    const world = await start();
    await world.pod("gcp-west").die();
    await until("its death is seen", async () => (await world.state("gcp-west")) === "ejected");
    const { json } = await world.control("/v1/pods");
    expect(json).toContainEqual({
      cloud: "aws",
      cluster: "aws-west",
      url: world.pod("aws-west").url,
      pid: 1,
      state: "ready",
      why: "answers /ready with 200",
      sinceMs: expect.any(Number),
      inFlight: 0,
      ejections: 0,
      ejectedUntilMs: null,
    });
    const ejected = json.find((pod: { cluster: string }) => pod.cluster === "gcp-west");
    expect(ejected).toMatchObject({ state: "ejected", why: "refuses connections" });
    expect(Math.abs(ejected.ejectedUntilMs - Date.now())).toBeLessThan(60_000);
  });
});

test("a stored policy that does not fit stops the start, with the file and why", async () => {
  const world = await start();
  await world.stopGateway();
  const file = join(world.config.stateDir, "policy.json");
  await writeFile(
    file,
    JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), weights: { aws: 100 } }),
  );
  await expect(world.startGateway()).rejects.toMatchObject({
    problem: {
      what: expect.stringContaining("policy.json cannot be used"),
      why: expect.stringContaining("azure is missing"),
      next: expect.any(String),
    },
  });
});
