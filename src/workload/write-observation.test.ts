// The order of these tests matters in one place only: the primary moves in the last one.

import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { observationBody } from "./generate.ts";
import { loadPackage } from "./load.ts";
import { migrate } from "./migrate.ts";
import { answer, post } from "./testing/pod-client.ts";
import { startPod } from "./testing/pod-process.ts";
import type { PodProcess } from "./testing/pod-process.ts";
import { temporaryPostgres } from "./testing/temporary-postgres.ts";
import type { TemporaryPostgres, TemporaryServer } from "./testing/temporary-postgres.ts";

const smallPackage = fileURLToPath(new URL("./fixtures/small-package/", import.meta.url));
const waitingForStandby = "from pg_stat_activity where wait_event = 'SyncRep'";

let postgres: TemporaryPostgres;
let primary: TemporaryServer;
let standby: TemporaryServer;
const pods: PodProcess[] = [];

beforeAll(async () => {
  postgres = await temporaryPostgres();
  primary = postgres.primary;
  await migrate(primary.url);
  await loadPackage({ directory: smallPackage, databaseUrl: primary.url });
  standby = await postgres.addStandby("azure");
  await primary.query("alter system set synchronous_standby_names = 'ANY 1 (azure)'");
  await primary.query("select pg_reload_conf()");
});
afterEach(async () => {
  await Promise.all(pods.splice(0).map((pod) => pod.kill()));
});
afterAll(() => postgres?.dispose());

/** Its own cloud is azure, so that its reads do not need the primary. */
async function pod(writeBoundMs: number, writeTryMs: number): Promise<PodProcess> {
  const environment = {
    WILDCAM_PROVIDER: "azure",
    WILDCAM_WRITE_BOUND_MS: String(writeBoundMs),
    WILDCAM_WRITE_TRY_MS: String(writeTryMs),
  };
  const started = await startPod({ aws: primary.url, azure: standby.url }, environment);
  pods.push(started);
  return started;
}

const body = (n: number) => observationBody(2, n, ["small-d1"]);
const attempts = (key: string) => primary.query(`select attempts from observations where key = '${key}'`);

async function withoutStandby<T>(use: () => Promise<T>): Promise<T> {
  await standby.stop();
  try {
    return await use();
  } finally {
    await standby.start();
  }
}

test("a write that no standby confirms is not acknowledged, holds no backend for long, and can be repeated", async () => {
  const { url } = await pod(1200, 300);
  await withoutStandby(async () => {
    const startedMs = performance.now();
    const refused = await post(url, "unconfirmed", body(1));
    expect(refused).toMatchObject({ status: 503, retryAfter: "1", body: { error: "unavailable" } });
    expect(String(refused.body["message"])).toContain("under the same key");
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(1000);
    // It is on the primary, by itself; and every backend that waited for the standby was let go.
    expect(await attempts("unconfirmed")).not.toEqual([]);
    await expect
      .poll(() => primary.query(`select count(*)::int as n ${waitingForStandby}`))
      .toEqual([{ n: 0 }]);
  });
  expect(await post(url, "unconfirmed", body(1))).toMatchObject({ status: 200, replayed: "true" });
  const held = "select count(*)::int as n from observations where key = 'unconfirmed'";
  expect(await primary.query(held)).toEqual([{ n: 1 }]);
  await expect.poll(() => standby.query(held)).toEqual([{ n: 1 }]);
});

for (const end of ["pg_cancel_backend", "pg_terminate_backend"]) {
  test(`a write whose wait for the standby was ended by ${end} is repeated until a standby confirms it`, async () => {
    const { url } = await pod(20_000, 15_000);
    let settled = false;
    const written = await withoutStandby(async () => {
      const writing = post(url, end, body(2)).finally(() => {
        settled = true;
      });
      await expect
        .poll(() => primary.query(`select ${end}(pid) as ended ${waitingForStandby}`), { timeout: 5000 })
        .toEqual([{ ended: true }]);
      // The repetition waits as well: it wrote too.
      await expect.poll(() => attempts(end), { timeout: 5000 }).toEqual([{ attempts: 1 }]);
      await expect
        .poll(() => primary.query(`select count(*)::int as n ${waitingForStandby}`), { timeout: 5000 })
        .toEqual([{ n: 1 }]);
      expect(settled).toBe(false);
      return { writing };
    });
    // Made by this request, though by its first try: 201, not a replay.
    expect(await written.writing).toMatchObject({ status: 201, replayed: null });
    expect(await attempts(end)).toEqual([{ attempts: 2 }]);
  });
}

test("while writes are blocked a write waits, and is done when they are allowed again", async () => {
  const { url } = await pod(10_000, 2000);
  const block = async (state: "on" | "off"): Promise<void> => {
    await primary.query(`alter system set default_transaction_read_only = ${state}`);
    await primary.query("select pg_reload_conf()");
  };
  await block("on");
  let settled = false;
  const writing = post(url, "blocked", body(3)).finally(() => {
    settled = true;
  });
  try {
    await expect
      .poll(async () => (await answer(url, "/health")).body, { timeout: 5000 })
      .toMatchObject({ status: "degraded", database: { primary: null } });
    expect((await answer(url, "/ready")).status).toBe(200);
    expect(settled).toBe(false);
  } finally {
    await block("off");
  }
  expect((await writing).status).toBe(201);
});

test("when the primary moves, writes follow it, none is lost or doubled, and an old primary that returns writable gets none", async () => {
  const { url } = await pod(10_000, 2000);
  const acknowledged: string[] = [];
  let stopping = false;
  const writer = async (name: string): Promise<void> => {
    for (let n = 0; !stopping; n += 1) {
      const key = `move-${name}-${n}`;
      const { status } = await post(url, key, body(n));
      expect(status).toBe(201);
      acknowledged.push(key);
      await sleep(5);
    }
  };
  const writers = ["a", "b", "c"].map(writer);
  const keysAt = async (server: TemporaryServer): Promise<ReadonlySet<unknown>> =>
    new Set(
      (await server.query("select key from observations where key like 'move-%'")).map((row) => row["key"]),
    );
  try {
    await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(30);
    await primary.stop();
    await standby.query("select pg_promote(false)");
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(before + 30);
    // No standby.signal in its folder: the old primary comes back writable, on the old timeline.
    const atOldBefore = acknowledged.length;
    await primary.start();
    await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(atOldBefore + 100);
  } finally {
    stopping = true;
    await Promise.all(writers);
  }
  // Also while the new one is away for a moment and the old one is the only one that would take them.
  await standby.stop();
  const waiting = post(url, "move-while-away", body(1));
  await expect
    .poll(async () => (await answer(url, "/health")).body, { timeout: 5000 })
    .toMatchObject({ database: { role: "unreachable", primary: null } });
  await standby.start();
  expect((await waiting).status).toBe(201);
  acknowledged.push("move-while-away");
  const [atNew, atOld] = [await keysAt(standby), await keysAt(primary)];
  expect(acknowledged.filter((key) => !atNew.has(key))).toEqual([]);
  expect(atNew.size).toBe(acknowledged.length);
  expect(atOld.size).toBeLessThan(atNew.size - 100);
  expect((await answer(url, "/health")).body).toMatchObject({
    database: { role: "primary", primary: "azure", timeline: 2 },
  });
});
