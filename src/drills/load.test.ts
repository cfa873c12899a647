import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Load, type LoadOrder, startLoad } from "./load.ts";

const line = z.strictObject({
  scheduled: z.number(),
  sent: z.number(),
  ended: z.number(),
  method: z.enum(["GET", "POST"]),
  path: z.string(),
  key: z.string().nullable(),
  status: z.number().nullable(),
  cloud: z.string().nullable(),
  error: z.string().nullable(),
});
type Line = z.output<typeof line>;

const RATE = 200;
const cleanUps: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(answering: Answering): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    request.resume();
    answering(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { url: `http://127.0.0.1:${address.port}`, server };
}

const fine: Answering = (_, response) => {
  response.writeHead(200, { "x-served-by-cloud": "gcp" });
  response.end("{}");
};

/** A load whose schedule ends by itself after `forMsMax`; answers its records. */
function start(url: string, more: Partial<LoadOrder> = {}): { load: Load; records: () => Promise<Line[]> } {
  const folder = mkdtempSync(join(tmpdir(), "drill-load-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "client.ndjson");
  const load = startLoad({
    edgeUrl: url,
    ratePerSecond: RATE,
    seed: 7,
    file,
    warmUpMs: 0,
    forMsMax: 200,
    paths: ["/a", "/b", "/c"],
    bodies: [{ count: 1 }, { count: 2 }],
    ...more,
  });
  const records = async () => {
    await load.stop();
    const texts = readFileSync(file, "utf8").trimEnd().split("\n");
    return texts.map((text) => line.parse(JSON.parse(text))).toSorted((a, b) => a.scheduled - b.scheduled);
  };
  return { load, records };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 1_000) throw new Error("it did not come to hold within 10 s");
    await sleep(10);
  }
}

/** What the schedule holds in 200 ms at 200 requests/s, both ends included; on a busy machine a few more are due. */
const ALL = 41;

describe("an open loop", () => {
  test("goes on while nothing is answered, and each request that was due meanwhile shows the stall", async () => {
    const held: ServerResponse[] = [];
    let stalled = true;
    const { url } = await serve((request, response) => {
      if (stalled) held.push(response);
      else fine(request, response);
    });
    const { load, records } = start(url, { forMsMax: 400 });
    // Sixty requests at 200/s: 300 ms in which a closed loop would have sent only as many as it has connections.
    await until(() => held.length >= 60);
    stalled = false;
    const releasedAtMs = performance.timeOrigin + performance.now();
    const stalledRequests = held.length;
    for (const response of held) response.end("{}");
    await until(() => load.sent() >= 81);
    const lines = await records();
    expect(lines).toHaveLength(load.sent());
    for (const { scheduled, ended } of lines.slice(0, stalledRequests)) {
      expect(ended).toBeGreaterThanOrEqual(releasedAtMs);
      expect(ended - scheduled).toBeGreaterThanOrEqual(releasedAtMs - scheduled);
    }
    const first = lines[0];
    expect((first?.ended ?? 0) - (first?.scheduled ?? 0)).toBeGreaterThanOrEqual(290);
  });

  test("is due at start + n / rate, to the microsecond, whatever the answers", async () => {
    const { url } = await serve(fine);
    const { load, records } = start(url);
    await until(() => load.sent() >= ALL);
    for (const [n, { scheduled, sent, ended }] of (await records()).entries()) {
      expect(scheduled).toBeCloseTo(load.startedAtMs + (n * 1000) / RATE, 2);
      expect(sent).toBeGreaterThanOrEqual(scheduled);
      expect(ended).toBeGreaterThanOrEqual(sent);
    }
  });
});

describe("what is asked", () => {
  test("is one write in ten, each with a key and a body of its own turn; the same seed asks the same", async () => {
    // By key: on a busy machine two requests may overtake each other on their way.
    const bodies = new Map<string, string>();
    const { url } = await serve((request, response) => {
      const key = String(request.headers["idempotency-key"]);
      request.on("data", (chunk: Buffer) => bodies.set(key, `${bodies.get(key) ?? ""}${chunk.toString()}`));
      request.once("end", () => fine(request, response));
    });
    const asked: string[][] = [];
    for (let round = 0; round < 2; round += 1) {
      bodies.clear();
      const { load, records } = start(url);
      await until(() => load.sent() >= ALL);
      asked.push((await records()).slice(0, ALL).map(({ method, path, key }) => `${method} ${path} ${key}`));
    }
    expect(asked[0]).toEqual(asked[1]);
    expect(asked[0]?.filter((words) => words.startsWith("POST"))).toEqual(
      [0, 10, 20, 30, 40].map((n) => `POST /observations drill-7-${n}`),
    );
    const posted = [0, 10, 20, 30, 40].map((n) => bodies.get(`drill-7-${n}`));
    expect(posted).toEqual([1, 2, 1, 2, 1].map((count) => JSON.stringify({ count })));
  });

  test("in the warm-up is only read, and not recorded", async () => {
    const methods: string[] = [];
    const { url } = await serve((request, response) => {
      methods.push(request.method ?? "");
      fine(request, response);
    });
    const { load, records } = start(url, { warmUpMs: 100 });
    await until(() => load.sent() >= ALL);
    const lines = await records();
    expect(lines).toHaveLength(load.sent());
    expect(methods.length).toBeGreaterThan(lines.length);
    expect(methods.filter((method) => method === "POST")).toHaveLength(Math.ceil(lines.length / 10));
  });
});

describe("what is answered", () => {
  test("is recorded with its status and the cloud that served it, and no failure is tried again", async () => {
    let asked = 0;
    const { url } = await serve((_, response) => {
      asked += 1;
      response.writeHead(asked % 2 === 0 ? 503 : 404, { "x-served-by-cloud": "aws" });
      response.end();
    });
    const { load, records } = start(url);
    await until(() => load.sent() >= ALL);
    const lines = await records();
    expect(asked).toBe(lines.length);
    expect(new Set(lines.map(({ status, cloud, error }) => `${status} ${cloud} ${error}`))).toEqual(
      new Set(["404 aws null", "503 aws null"]),
    );
  });

  test("and breaks off in the middle is an error, though its status stays on record", async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(201, { "content-length": "1000", "x-served-by-cloud": "aws" });
      response.write("{", () => request.socket.destroy());
    });
    const { load, records } = start(url);
    await until(() => load.sent() >= ALL);
    for (const { status, cloud, error } of await records()) {
      expect({ status, cloud }).toEqual({ status: 201, cloud: "aws" });
      expect(error).not.toBeNull();
    }
  });

  test("by nobody is an error without a status", async () => {
    const { url, server } = await serve(fine);
    server.close();
    await once(server, "close");
    const { load, records } = start(url);
    await until(() => load.sent() >= ALL);
    for (const { status, error } of await records()) {
      expect(status).toBeNull();
      expect(error).toContain("ECONNREFUSED");
    }
  });
});

test("a rate that nobody can mean is refused before anything is sent", () => {
  for (const ratePerSecond of [0, -1, 5_001, Number.NaN]) {
    expect(() => start("http://127.0.0.1:9", { ratePerSecond })).toThrow("the rate must be above 0");
  }
});
