import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, fetch } from "undici";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { observationBody } from "./generate.ts";
import { acknowledgedKeysQuery } from "./keys.ts";
import { loadPackage } from "./load.ts";
import { migrate } from "./migrate.ts";
import { answer, post } from "./testing/pod-client.ts";
import { startPod } from "./testing/pod-process.ts";
import type { PodProcess } from "./testing/pod-process.ts";
import { silentServer } from "./testing/silent-server.ts";
import { temporaryPostgres } from "./testing/temporary-postgres.ts";
import type { TemporaryPostgres, TemporaryServer } from "./testing/temporary-postgres.ts";

const smallPackage = fileURLToPath(new URL("./fixtures/small-package/", import.meta.url));
const nowhere = "postgres://wildcam_app@127.0.0.1:1/wildlifedb";

let postgres: TemporaryPostgres;
let standby: TemporaryServer;
const pods: PodProcess[] = [];

beforeAll(async () => {
  postgres = await temporaryPostgres();
  await migrate(postgres.primary.url);
  await loadPackage({ directory: smallPackage, databaseUrl: postgres.primary.url });
  standby = await postgres.addStandby("azure");
});
afterEach(async () => {
  await Promise.all(pods.splice(0).map((pod) => pod.kill()));
});
afterAll(() => postgres?.dispose());

async function pod(
  databases?: Readonly<Record<string, string>>,
  environment?: Readonly<Record<string, string>>,
): Promise<PodProcess> {
  const started = await startPod(
    databases ?? { aws: standby.url, azure: postgres.primary.url, gcp: nowhere },
    environment,
  );
  pods.push(started);
  return started;
}

const body = (n: number) => observationBody(1, n, ["small-d1", "small-d2"]);

test("a pod says where it is, what its database is and how far behind", async () => {
  const { url } = await pod();
  const { status, body: health } = await answer(url, "/health");
  expect(status).toBe(200);
  expect(health).toEqual({
    status: "ok",
    provider: "aws",
    region: "us-west-2",
    cluster: "aws-west",
    version: "test",
    database: {
      role: "standby",
      writesBlocked: false,
      lagBytes: expect.any(Number),
      lagSeconds: expect.any(Number),
      primary: "azure",
      timeline: 1,
    },
  });
  expect((await answer(url, "/ready")).status).toBe(200);
});

test("pages follow each other without gap or overlap, also within one deployment", async () => {
  const { url } = await pod();
  const walk = async (query: string): Promise<unknown[]> => {
    const ids: unknown[] = [];
    let after = "";
    for (let pages = 0; pages < 50; pages += 1) {
      const { body: page } = await answer(
        url,
        `/observations?limit=3&after=${encodeURIComponent(after)}${query}`,
      );
      if (!Array.isArray(page["observations"])) throw new Error("no page");
      ids.push(...page["observations"].map((row: { observationID: string }) => row.observationID));
      if (typeof page["next"] !== "string") return ids;
      after = page["next"];
    }
    throw new Error("the pages do not end");
  };
  expect((await walk("")).slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `small-o${n}`));
  expect(await walk("&deployment=small-d2")).toEqual([5, 6, 7, 8].map((n) => `small-o${n}`));
  expect(await walk("&deployment=nowhere")).toEqual([]);
});

test("a row is answered as the package gave it", async () => {
  const { url } = await pod();
  expect((await answer(url, "/observations/small-o5")).body).toEqual({
    observationID: "small-o5",
    deploymentID: "small-d2",
    mediaID: "small-m4",
    eventID: "small-e3",
    eventStart: "2024-03-16T18:30:00+01:00",
    eventEnd: "2024-03-16T18:30:00+01:00",
    observationLevel: "media",
    observationType: "animal",
    scientificName: "Vulpes vulpes",
    count: 1,
    individualPositionRadius: 6.81,
    individualPositionAngle: -8.56,
    individualSpeed: 1.75,
  });
  expect((await answer(url, "/media/small-m6")).body).toMatchObject({
    fileMediatype: "video/mp4",
    captureMethod: "timeLapse",
  });
  expect((await answer(url, "/deployments")).body).toMatchObject({
    deployments: [{ cameraHeight: 1.2 }, {}],
    next: null,
  });
});

test("a request that cannot be answered is told why, and changes nothing", async () => {
  const { url } = await pod();
  for (const [path, status] of [
    ["/nothing", 404],
    ["/observations/none", 404],
    ["/observations/a/b", 404],
    ["/media", 404],
    ["/observations?limit=0", 400],
    ["/observations?limit=1000", 400],
    ["/observations?after=%00", 400],
    ["/observations/%E0%A4", 400],
    ["/observations/%00", 400],
  ] as const) {
    const found = await answer(url, path);
    expect([path, found.status]).toEqual([path, status]);
    expect(found.body).toHaveProperty("message");
  }
  expect((await answer(url, "/observations", { method: "DELETE" })).status).toBe(405);
  const before = await postgres.primary.query("select count(*)::int as n from observations");
  expect((await post(url, undefined, body(1))).status).toBe(400);
  expect((await post(url, "two words", body(1))).status).toBe(400);
  expect(await post(url, "bad-1", { ...body(1), count: 0, colour: "red" })).toMatchObject({
    status: 400,
    body: { problems: ['field "colour": may not be given', 'field "count": expected integer >= 1, got 0'] },
  });
  expect(await post(url, "bad-2", { ...body(1), deploymentID: "none" })).toMatchObject({
    status: 422,
    body: { error: "unknown-reference" },
  });
  expect(
    (
      await answer(url, "/observations", {
        method: "POST",
        headers: { "idempotency-key": "bad-3" },
        body: "{",
      })
    ).status,
  ).toBe(400);
  const large = JSON.stringify({ observationComments: "x".repeat(70_000) });
  expect(
    (
      await answer(url, "/observations", {
        method: "POST",
        headers: { "idempotency-key": "bad-4" },
        body: large,
      })
    ).status,
  ).toBe(413);
  expect(await postgres.primary.query("select count(*)::int as n from observations")).toEqual(before);
});

test("a write happens once, whatever it is repeated, and its key is in the table for a judge", async () => {
  const { url } = await pod();
  const first = await post(url, "key-1", body(1));
  expect(first).toMatchObject({ status: 201, replayed: null, body: body(1) });
  const repeated = await Promise.all([1, 2, 3, 4].map(() => post(url, "key-1", body(1))));
  for (const reply of repeated)
    expect(reply).toEqual({ status: 200, replayed: "true", retryAfter: null, body: first.body });
  // The same content in another order of its fields is the same body.
  const turned = Object.fromEntries(Object.entries(body(1)).toReversed());
  expect((await post(url, "key-1", turned)).status).toBe(200);
  expect(await post(url, "key-1", body(2))).toMatchObject({
    status: 422,
    body: { error: "key-used-for-another-body" },
  });
  expect(await postgres.primary.query("select attempts from observations where key = 'key-1'")).toEqual([
    { attempts: 7 },
  ]);
  expect(await postgres.primary.query(acknowledgedKeysQuery)).toEqual([{ key: "key-1" }]);
  expect((await answer(url, `/observations/${String(first.body["observationID"])}`)).body).toEqual(
    first.body,
  );
});

test("twins in flight under one key make one row", async () => {
  const [left, right] = await Promise.all([pod(), pod()]);
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, at) => post((at % 2 === 0 ? left : right).url, "twin", body(3))),
  );
  expect(replies.filter((reply) => reply.status === 201)).toHaveLength(1);
  expect(replies.filter((reply) => reply.status === 200)).toHaveLength(11);
  expect(new Set(replies.map((reply) => reply.body["observationID"])).size).toBe(1);
});

test("what its own standby does not have yet is read from the primary", async () => {
  const { url } = await pod();
  await standby.query("select pg_wal_replay_pause()");
  try {
    const written = await post(url, "not-replayed", body(4));
    expect(written.status).toBe(201);
    const id = String(written.body["observationID"]);
    expect(await standby.query(`select from observations where observation_id = '${id}'`)).toEqual([]);
    expect((await answer(url, `/observations/${id}`)).body).toEqual(written.body);
    await expect
      .poll(async () => (await answer(url, "/health")).body["database"], { timeout: 5000 })
      .toMatchObject({ lagBytes: expect.toSatisfy((bytes: number) => bytes > 0) });
  } finally {
    await standby.query("select pg_wal_replay_resume()");
  }
  await expect
    .poll(async () => (await answer(url, "/health")).body["database"], { timeout: 5000 })
    .toMatchObject({ lagBytes: 0, lagSeconds: 0 });
});

test("reads go on when the own database is gone, and when it hangs", async () => {
  const gone = await pod({ aws: nowhere, azure: postgres.primary.url });
  expect((await answer(gone.url, "/ready")).status).toBe(200);
  expect((await answer(gone.url, "/observations/small-o1")).status).toBe(200);
  expect((await answer(gone.url, "/health")).body).toMatchObject({
    status: "degraded",
    database: { role: "unreachable", lagBytes: null, lagSeconds: null, primary: "azure" },
  });
  const silent = await silentServer();
  try {
    const hung = await pod({ aws: silent.url, azure: postgres.primary.url });
    expect((await answer(hung.url, "/observations/small-o1")).status).toBe(200);
    expect((await post(hung.url, "beside-a-hung-one", body(5))).status).toBe(201);
  } finally {
    await silent.close();
  }
});

test("a pod that can read nothing starts, and says that it is not ready", async () => {
  const { url } = await pod({ aws: nowhere }, { WILDCAM_READ_BOUND_MS: "200" });
  expect((await answer(url, "/ready")).status).toBe(503);
  expect(await answer(url, "/health")).toMatchObject({ status: 503, body: { status: "unavailable" } });
  expect(await answer(url, "/observations")).toMatchObject({
    status: 503,
    retryAfter: "1",
    body: { error: "unavailable" },
  });
});

test("a draining pod answers all that reaches it, and then ends with 0", async () => {
  const draining = await pod();
  const agent = new Agent({ keepAliveTimeout: 4000, connections: 8 });
  const statuses: number[] = [];
  let stopping = false;
  const client = async (from: number): Promise<void> => {
    for (let n = from; !stopping; n += 8) {
      const write = n % 5 === 0;
      const reply = await fetch(`${draining.url}/observations${write ? "" : "?limit=5"}`, {
        dispatcher: agent,
        ...(write
          ? { method: "POST", headers: { "idempotency-key": `drain-${n}` }, body: JSON.stringify(body(n)) }
          : {}),
      });
      await reply.text();
      statuses.push(reply.status);
    }
  };
  const clients = [0, 1, 2, 3, 4, 5, 6, 7].map(client);
  await expect.poll(() => statuses.length, { timeout: 10_000 }).toBeGreaterThan(50);
  draining.signal("SIGTERM");
  // As the edge does: it sees 503 at /ready and sends nothing more.
  await expect
    .poll(async () => answer(draining.url, "/ready"), { interval: 20, timeout: 500 })
    .toMatchObject({ status: 503, connection: "close" });
  await sleep(100);
  stopping = true;
  await Promise.all(clients);
  expect(new Set(statuses)).toEqual(new Set([200, 201]));
  expect(await draining.ended).toBe(0);
  await agent.close();
});

test("a pod ends when its parent has gone", async () => {
  const orphan = await pod();
  orphan.disconnect();
  expect(await orphan.ended).toBe(0);
});

test("a pod that is not configured says what is missing and ends with 2", async () => {
  await expect(startPod({}, { WILDCAM_REGION: "" })).rejects.toThrow("ended with 2");
});

test("each line of its log is JSON that says provider, region and cluster; good requests make none", async () => {
  const logging = await pod();
  await answer(logging.url, "/observations");
  const lines = logging.lines();
  expect(lines.map((line) => line["msg"])).toEqual(
    expect.arrayContaining(["the primary is in azure", "serving"]),
  );
  for (const line of lines)
    expect(line).toMatchObject({ provider: "aws", region: "us-west-2", cluster: "aws-west" });
  expect(lines.filter((line) => "path" in line)).toEqual([]);
});
