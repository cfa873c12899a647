import { connect } from "node:net";
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

const threeClouds: WorldOptions = {
  clusters: {
    aws: ["aws-west", "aws-east"],
    azure: ["azure-west", "azure-east"],
    gcp: ["gcp-west", "gcp-east"],
  },
  weights: { aws: 34, azure: 33, gcp: 33 },
};

const onePod: WorldOptions = { clusters: { aws: ["aws-west"] }, weights: { aws: 100 } };

async function start(options: Partial<WorldOptions> = {}): Promise<FixtureWorld> {
  const world = await startWorld({ ...threeClouds, ...options });
  worlds.push(world);
  return world;
}

const servedBy = ({ headers }: Answer): string => String(headers["x-served-by-cloud"]);

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (chunk) => (got += chunk.toString()));
    socket.on("error", reject);
    socket.on("close", () => resolve(got));
  });
}

describe("requests", () => {
  test("are spread over clouds by weight, to the request, and evenly over a cloud's pods", async () => {
    const world = await start({ weights: { aws: 60, azure: 40, gcp: 0 } });
    const answers: Answer[] = [];
    for (let n = 0; n < 200; n++) answers.push(await world.send(`/observations/${n}`));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(countBy(answers, servedBy)).toEqual({ aws: 120, azure: 80 });
    expect(countBy(answers, ({ headers }) => String(headers["x-served-by-cluster"]))).toEqual({
      "aws-west": 60,
      "aws-east": 60,
      "azure-west": 40,
      "azure-east": 40,
    });
    expect(world.pods.map(({ received }) => received.length)).toEqual([60, 60, 40, 40, 0, 0]);
    expect(world.log.some(({ level }) => Number(level) >= 40)).toBe(false);
  });

  test("keep to the weights in parallel, reads and writes each", async () => {
    const world = await start({ weights: { aws: 50, azure: 50, gcp: 0 } });
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        const isWrite = n % 2 === 0;
        const answer = await world.send("/observations", isWrite ? { method: "POST", body: "{}" } : {});
        return `${servedBy(answer)} ${isWrite ? "write" : "read"}`;
      }),
    );
    expect(countBy(answers, (one) => one)).toEqual({
      "aws read": 25,
      "aws write": 25,
      "azure read": 25,
      "azure write": 25,
    });
  });

  test("reach the pod as they were sent, and so do replies, without what belongs to one connection only", async () => {
    const world = await start(onePod);
    const pod = world.pod("aws-west");
    pod.headers = { "set-cookie": ["a=1", "b=2"], "keep-alive": "timeout=65", "x-served-by-cloud": "forged" };
    pod.behaviour = 201;
    const { status, headers, text } = await world.send("/observations?page=2&q=%C3%BC", {
      method: "POST",
      body: '{"a":1}',
      headers: {
        "x-trace": "t",
        te: "trailers",
        "x-forwarded-for": "192.0.2.1",
        "proxy-authorization": "secret",
        via: "1.0 before",
      },
    });
    expect({ status, text }).toEqual({ status: 201, text: '{"a":1}' });
    expect(headers).toMatchObject({
      "set-cookie": ["a=1", "b=2"],
      "x-served-by-cloud": "aws",
      "x-served-by-cluster": "aws-west",
    });
    expect(headers["keep-alive"]).not.toBe("timeout=65, timeout=65");
    const [received] = pod.received;
    expect(received).toMatchObject({ method: "POST", path: "/observations?page=2&q=%C3%BC" });
    expect(received?.headers).toMatchObject({
      "x-trace": "t",
      "x-forwarded-for": "192.0.2.1, 127.0.0.1",
      "x-forwarded-proto": "http",
      via: "1.0 before, 1.1 edge",
      "content-length": "7",
    });
    for (const name of ["te", "proxy-authorization"]) expect(received?.headers).not.toHaveProperty(name);
  });

  test("lose the headers that their Connection header names", async () => {
    const world = await start(onePod);
    await raw(
      world.dataPort,
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Private\r\nX-Private: 1\r\nX-Public: 2\r\n\r\n",
    );
    expect(world.pod("aws-west").received[0]?.headers).toMatchObject({ host: "a", "x-public": "2" });
    expect(world.pod("aws-west").received[0]?.headers).not.toHaveProperty("x-private");
  });

  test("keep connections open: to the client, and to the pods", async () => {
    const world = await start(onePod);
    const get = "GET / HTTP/1.1\r\nHost: a\r\n";
    const replies = await raw(world.dataPort, `${get}\r\n`.repeat(4) + `${get}Connection: close\r\n\r\n`);
    expect(replies.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(5);
    expect(replies.match(/^connection: keep-alive/gim)).toHaveLength(4);
    const { received } = world.pod("aws-west");
    received.length = 0;
    for (let n = 0; n < 20; n++) await world.send("/");
    const connections = new Set(received.map(({ port }) => port));
    expect(received).toHaveLength(20);
    expect(connections.size).toBeLessThanOrEqual(5);
  });

  test("with the method HEAD get headers alone", async () => {
    const world = await start();
    const { status, headers, text } = await world.send("/health", { method: "HEAD" });
    expect({ status, text }).toEqual({ status: 200, text: "" });
    expect(headers).toHaveProperty("x-served-by-cloud");
  });
});

describe("bodies", () => {
  test.each([
    ["none", 0],
    ["one byte", 1],
    ["exactly as large as is kept", 64 * 1024],
    ["one byte larger", 64 * 1024 + 1],
    ["of 3 MiB", 3 * 1024 * 1024],
  ])("pass unchanged: %s", async (_name, length) => {
    const world = await start(onePod);
    const body = Buffer.alloc(length, "0123456789abcdef-");
    const { status } = await world.send("/media", { method: "POST", body });
    expect(status).toBe(200);
    expect(world.pod("aws-west").received[0]?.body.equals(body)).toBe(true);
  });

  test("of a reply pass whole to a client that reads slowly", async () => {
    const world = await start(onePod);
    const body = Buffer.alloc(8 * 1024 * 1024, "x");
    const { body: reply } = await world.client.request({
      origin: `http://127.0.0.1:${world.dataPort}`,
      path: "/",
      method: "POST",
      body,
    });
    let length = 0;
    for await (const chunk of reply) {
      length += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(length).toBe(body.length);
  });

  test.each([1, 30, 80])("pass unchanged in %i chunks of 2 kB without a length", async (chunks) => {
    const world = await start(onePod);
    const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    const reply = await raw(
      world.dataPort,
      `${head}${`7d0\r\n${"x".repeat(2000)}\r\n`.repeat(chunks)}0\r\n\r\n`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(world.pod("aws-west").received[0]?.body.length).toBe(2000 * chunks);
  });

  test("up to 64 KiB are sent again elsewhere; larger ones are not, and the client is told", async () => {
    const world = await start({
      clusters: { aws: ["aws-west"], gcp: ["gcp-west"] },
      weights: { aws: 50, gcp: 50 },
    });
    world.pod("aws-west").behaviour = "reset";
    const post = (length: number): Promise<Answer> =>
      world.send("/media", {
        method: "POST",
        body: Buffer.alloc(length, "x"),
        headers: { "idempotency-key": `k${length}` },
      });
    const small = await Promise.all([post(64 * 1024), post(64 * 1024)]);
    expect(small.map(({ status }) => status)).toEqual([200, 200]);
    const large = await Promise.all([post(64 * 1024 + 1), post(64 * 1024 + 1)]);
    expect(countBy(large, ({ status }) => String(status))).toEqual({ "200": 1, "502": 1 });
    expect(
      world.pods.flatMap(({ received }) => received).filter(({ body }) => body.length > 64 * 1024),
    ).toHaveLength(2);
  });
});

describe("what is not well-formed", () => {
  test.each([
    ["no HTTP at all", "hello\r\n\r\n", /^HTTP\/1\.1 400 .*"what":"the request cannot be read"/s],
    [
      "a length and chunks at once",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      /^HTTP\/1\.1 400/,
    ],
    [
      "a target that is no path",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      /^HTTP\/1\.1 400 .*"what":"the request cannot be forwarded"/s,
    ],
  ])("is answered 400 and reaches no pod: %s", async (_name, text, expected) => {
    const world = await start();
    expect(await raw(world.dataPort, text)).toMatch(expected);
    expect(world.pods.flatMap(({ received }) => received)).toEqual([]);
  });
});

describe("the end", () => {
  test("lets what is in flight finish, and takes nothing new", async () => {
    const world = await start(onePod);
    const pod = world.pod("aws-west");
    pod.behaviour = "hang";
    const answer = world.send("/slow");
    await until("the pod has it", () => pod.received.length === 1);
    const { dataPort } = world;
    const stopped = world.stopGateway(5000);
    await expect(raw(dataPort, "GET / HTTP/1.1\r\n\r\n")).rejects.toThrow("ECONNREFUSED");
    pod.release();
    expect(await answer).toMatchObject({ status: 200, text: "late" });
    await stopped;
  });

  test("does not wait for ever for what never finishes", async () => {
    const world = await start(onePod);
    world.pod("aws-west").behaviour = "hang";
    const answer = world.send("/slow").catch((error: unknown) => error);
    await until("the pod has it", () => world.pod("aws-west").received.length === 1);
    await world.stopGateway(10);
    expect(await answer).toBeInstanceOf(Error);
  });
});
