import { afterEach, describe, expect, test } from "vitest";
import {
  countBy,
  startWorld,
  until,
  type Answer,
  type FixtureWorld,
  type WorldOptions,
} from "./fixture-world.ts";

const worlds: FixtureWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
});

async function start(options: Partial<WorldOptions> = {}): Promise<FixtureWorld> {
  const world = await startWorld({
    clusters: { aws: ["aws-west", "aws-east"], azure: ["azure-west"], gcp: ["gcp-west"] },
    weights: { aws: 50, azure: 50, gcp: 0 },
    ...options,
  });
  worlds.push(world);
  return world;
}

/** Probed at the start and then no more: what happens to requests is then due to requests alone. */
const noProbes = { config: { probeIntervalMs: 60_000 } };
const times = <Thing>(count: number, make: (n: number) => Thing): Thing[] =>
  Array.from({ length: count }, (_, n) => make(n));
const cloudOf = ({ headers }: Answer): string => String(headers["x-served-by-cloud"]);
const statusOf = ({ status }: Answer): string => String(status);

describe("a pod that refuses connections", () => {
  test("fails no client: reads, and writes with a key, are sent elsewhere, and the pod is ejected", async () => {
    const world = await start(noProbes);
    await world.pod("azure-west").die();
    const answers = await Promise.all(
      times(60, (n) =>
        world.send(
          "/",
          n % 2 === 0 ? {} : { method: "POST", body: "{}", headers: { "idempotency-key": `k${n}` } },
        ),
      ),
    );
    expect(countBy(answers, statusOf)).toEqual({ "200": 60 });
    expect(await world.state("azure-west")).toBe("ejected");
    const written = world.pods.flatMap(({ received }) => received).filter(({ method }) => method === "POST");
    expect(new Set(written.map(({ headers }) => headers["idempotency-key"])).size).toBe(30);
    expect(written).toHaveLength(30);
  });

  test("is probed again after a while, and serves once it answers", async () => {
    const world = await start({ timings: { suspectAfterMs: 1000, frozenAfterMs: 2000 } });
    const pod = world.pod("azure-west");
    pod.isFrozen = true;
    await until("it is ejected", async () => (await world.state("azure-west")) === "ejected");
    pod.release();
    await until("it is ready", async () => (await world.state("azure-west")) === "ready");
    expect(countBy(await Promise.all(times(10, () => world.send("/"))), cloudOf)).toEqual({
      aws: 5,
      azure: 5,
    });
  });
});

describe("a connection that breaks", () => {
  test("sends a write with a key elsewhere, and only once", async () => {
    const world = await start({ weights: { aws: 0, azure: 100, gcp: 0 } });
    world.pod("azure-west").behaviour = "reset";
    const answer = await world.send("/", { method: "POST", body: "{}", headers: { "idempotency-key": "k" } });
    expect(answer.status).toBe(200);
    expect(countBy(world.pods, ({ received }) => String(received.length))).toEqual({ "0": 2, "1": 2 });
  });

  test.each(["POST", "PUT", "DELETE", "PATCH"])(
    "never sends a %s without a key a second time",
    async (method) => {
      const world = await start({ weights: { aws: 0, azure: 100, gcp: 0 } });
      world.pod("azure-west").behaviour = "reset";
      const { status, text } = await world.send("/", { method, body: "{}" });
      expect(status).toBe(502);
      expect(JSON.parse(text).error).toMatchObject({
        what: "the pod that had this request failed",
        next: expect.stringContaining("idempotency-key"),
      });
      expect(world.pods.flatMap(({ received }) => received)).toHaveLength(1);
    },
  );
});

describe("a pod that answers 503", () => {
  test.each([{ method: "GET" }, { method: "POST", body: "{}", headers: { "idempotency-key": "k" } }])(
    "has the request sent elsewhere, the last time in another cloud: %j",
    async (request) => {
      const world = await start({
        clusters: { aws: ["aws-1", "aws-2", "aws-3", "aws-4"], gcp: ["gcp-west"] },
        weights: { aws: 99, gcp: 1 },
      });
      for (const pod of world.pods) pod.behaviour = pod.cluster === "gcp-west" ? 200 : 503;
      const answer = await world.send("/", request);
      expect(answer).toMatchObject({ status: 200, headers: { "x-served-by-cloud": "gcp" } });
      expect(world.pods.flatMap(({ received }) => received)).toHaveLength(3);
    },
  );

  test("has its answer passed on, Retry-After included, when all answer so", async () => {
    const world = await start();
    for (const pod of world.pods) {
      pod.behaviour = 503;
      pod.headers = { "retry-after": "3" };
    }
    const answer = await world.send("/", { method: "POST", body: "{}", headers: { "idempotency-key": "k" } });
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "3" }, text: "{}" });
    expect(world.pods.flatMap(({ received }) => received)).toHaveLength(3);
  });

  test("has a write without a key passed on at once", async () => {
    const world = await start();
    for (const pod of world.pods) pod.behaviour = 503;
    expect((await world.send("/", { method: "POST", body: "{}" })).status).toBe(503);
    expect(world.pods.flatMap(({ received }) => received)).toHaveLength(1);
  });

  test("cannot make the gateway send more than 1.2 times what came in, but for a small floor", async () => {
    const world = await start();
    for (const pod of world.pods) pod.behaviour = 503;
    const startedAtMs = performance.now();
    for (let round = 0; round < 10; round++) await Promise.all(times(40, () => world.send("/")));
    const sent = world.pods.flatMap(({ received }) => received).length;
    expect(sent).toBeGreaterThan(400);
    const seconds = (performance.now() - startedAtMs) / 1000;
    // The floor is 10, and one more a second while the test runs.
    expect(sent).toBeLessThanOrEqual(400 * 1.2 + 10 + seconds);
  });
});

describe("a pod that drains", () => {
  test("gets nothing new, finishes what it has, and loses nothing", async () => {
    const world = await start();
    const pod = world.pod("azure-west");
    pod.behaviour = "hang";
    const slow = world.send("/slow", { method: "POST", body: "{}" });
    const slowToo = world.send("/slow", { method: "POST", body: "{}" });
    await until("it has one of them", () => pod.received.length === 1);
    pod.behaviour = 200;
    pod.readyStatus = 503;
    await until("it is seen to drain", async () => (await world.state("azure-west")) === "unready");
    const before = pod.received.length;
    const answers = await Promise.all(
      times(40, (n) => world.send("/", n % 4 === 0 ? { method: "POST", body: "{}" } : {})),
    );
    expect(pod.received.length).toBe(before);
    pod.release();
    expect(countBy([...answers, await slow, await slowToo], statusOf)).toEqual({ "200": 42 });
  });
});

describe("a frozen pod", () => {
  test("has its reads and keyed writes moved elsewhere, and what cannot be repeated left with it", async () => {
    const world = await start({
      weights: { aws: 0, azure: 100, gcp: 0 },
      timings: { suspectAfterMs: 1000, frozenAfterMs: 2000 },
    });
    const pod = world.pod("azure-west");
    pod.behaviour = "hang";
    const moved = times(6, (n) =>
      world.send(
        "/",
        n % 2 === 0 ? {} : { method: "POST", body: "{}", headers: { "idempotency-key": `k${n}` } },
      ),
    );
    const left = world.send("/", { method: "POST", body: "{}" });
    await until("it has them", () => pod.received.length === 7);
    pod.isFrozen = true;
    const answers = await Promise.all(moved);
    expect(countBy(answers, statusOf)).toEqual({ "200": 6 });
    expect(countBy(answers, cloudOf)).not.toHaveProperty("azure");
    pod.release();
    expect(await left).toMatchObject({ status: 200, headers: { "x-served-by-cloud": "azure" } });
    const { json } = await world.control("/v1/window?ms=60000");
    expect(json).toMatchObject({
      requests: 7,
      failed: 0,
      clouds: { azure: { requests: 1, failed: 0, failedAttempts: 6 } },
    });
  });

  test("is a suspect first, which serves only when nobody is ready", async () => {
    const world = await start({ timings: { suspectAfterMs: 20, frozenAfterMs: 30_000 } });
    for (const pod of world.pods) pod.isFrozen = true;
    await until("all are suspects", async () => {
      const { json } = await world.control("/v1/pods");
      return json.every((pod: { state: string }) => pod.state === "suspect");
    });
    const answer = world.send("/");
    await until("one of them has it", () => world.pods.some(({ received }) => received.length === 1));
    for (const pod of world.pods) pod.release();
    expect((await answer).status).toBe(200);
    expect(world.log.filter(({ situation }) => situation === "suspects-only")).toHaveLength(1);
  });
});

describe("clouds without a ready pod", () => {
  test("have their share served by the others with weight; then by any cloud, said once; then it is 503", async () => {
    const world = await start();
    const serve = async (): Promise<Record<string, number>> =>
      countBy(await Promise.all(times(10, () => world.send("/"))), cloudOf);
    const drain = async (cluster: string): Promise<void> => {
      world.pod(cluster).readyStatus = 503;
      await until("it is unready", async () => (await world.state(cluster)) === "unready");
    };
    await drain("azure-west");
    expect(await serve()).toEqual({ aws: 10 });
    await drain("aws-west");
    await drain("aws-east");
    expect(await serve()).toEqual({ gcp: 10 });
    expect(await serve()).toEqual({ gcp: 10 });
    expect(world.log.filter(({ situation }) => situation === "fail-open")).toHaveLength(1);
    await drain("gcp-west");
    const refused = await world.send("/");
    expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    expect(JSON.parse(refused.text).error.what).toBe("no pod can serve this request");
    world.pod("aws-east").readyStatus = 200;
    await until("it is ready", async () => (await world.state("aws-east")) === "ready");
    expect(await serve()).toEqual({ aws: 10 });
    expect(world.log.flatMap(({ situation }) => situation ?? [])).toEqual([
      "fail-open",
      "nobody",
      "by-weight",
    ]);
  });
});

describe("an agent", () => {
  test("that does not answer leaves its pods in service", async () => {
    const world = await start();
    world.agent("azure").status = 500;
    await until("it is noticed", () =>
      world.log.some(({ cloud, why }) => cloud === "azure" && why === "the agent answers 500"),
    );
    expect(countBy(await Promise.all(times(10, () => world.send("/"))), cloudOf)).toEqual({
      aws: 5,
      azure: 5,
    });
    const { json } = await world.control("/v1/clouds");
    expect(json.clouds.azure).toMatchObject({
      verdict: "healthy",
      reason: expect.stringContaining("its agent does not answer"),
    });
  });

  test("that lists no pods is not believed while they answer, and is once they do not", async () => {
    const world = await start();
    const { pods } = world.agent("azure");
    world.agent("azure").pods = [];
    for (let n = 0; n < 10; n++) expect((await world.send("/")).status).toBe(200);
    expect(await world.state("azure-west")).toBe("ready");
    await Promise.all(pods.map((pod) => pod.die()));
    await until("it is gone", async () => (await world.state("azure-west")) === undefined);
  });

  test("that lists another pod has it probed and used, and the former one left to finish", async () => {
    const world = await start({ weights: { aws: 0, azure: 100, gcp: 0 } });
    const former = world.pod("azure-west");
    former.behaviour = "hang";
    const slow = world.send("/", { method: "POST", body: "{}" });
    await until("it has it", () => former.received.length === 1);
    world.agent("azure").pods = [world.pod("gcp-west")];
    await until("the former is gone", async () => (await world.state("azure-west")) === undefined);
    await until("the other serves", async () => cloudOf(await world.send("/")) === "azure");
    former.release();
    expect((await slow).status).toBe(200);
    expect(former.received).toHaveLength(1);
  });
});

describe("time", () => {
  test("runs out for a request that nobody answers: 504, and the pod is told", async () => {
    const world = await start({ config: { deadlineMs: 150 } });
    for (const pod of world.pods) pod.behaviour = "hang";
    const { status, text } = await world.send("/");
    expect(status).toBe(504);
    expect(JSON.parse(text).error).toMatchObject({ what: "no answer in time", next: "try again" });
    await until("the pod saw it cut off", () => world.pods.some(({ cutOff }) => cutOff === 1));
    expect((await world.control("/v1/window?ms=60000")).json).toMatchObject({
      requests: 1,
      failed: 1,
      goodPercent: 0,
    });
  });

  test("runs out for a client that does not send its body: 408, which is not the edge's failure", async () => {
    const world = await start({ config: { deadlineMs: 150 } });
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("half")),
    });
    const answer = await fetch(`http://127.0.0.1:${world.dataPort}/`, {
      method: "POST",
      body,
      duplex: "half",
    });
    expect(answer.status).toBe(408);
    expect((await world.control("/v1/window?ms=60000")).json).toMatchObject({ requests: 1, failed: 0 });
  });

  test("is not spent on a client that has left: its request is cut off at the pod, and does not count", async () => {
    const world = await start({ config: { objective: { latencyMs: 60_000 } } });
    for (const pod of world.pods) pod.behaviour = "hang";
    const leave = new AbortController();
    const answer = world.send("/", { signal: leave.signal }).catch((error: unknown) => error);
    await until("a pod has it", () => world.pods.some(({ received }) => received.length === 1));
    leave.abort();
    expect(await answer).toBeInstanceOf(Error);
    await until("the pod saw it cut off", () => world.pods.some(({ cutOff }) => cutOff === 1));
    expect((await world.control("/v1/window?ms=60000")).json).toMatchObject({ requests: 0, failed: 0 });
  });
});
