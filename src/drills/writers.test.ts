import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  temporaryPostgres,
  type TemporaryPostgres,
  type TemporaryServer,
} from "../workload/testing/temporary-postgres.ts";
import { twoWritersMs } from "./judge-database.ts";
import { collectRows } from "./records.ts";
import { makeSecondWriter } from "./sabotage.ts";
import { startWriters, WRITERS_TABLE } from "./writers.ts";

const line = z.strictObject({
  time: z.number(),
  cloud: z.string(),
  ok: z.boolean(),
  timeline: z.number().nullable(),
  error: z.string().nullable(),
});
type Line = z.output<typeof line>;

const folder = mkdtempSync(join(tmpdir(), "drill-writers-"));
let postgres: TemporaryPostgres;
let standby: TemporaryServer;

beforeAll(async () => {
  postgres = await temporaryPostgres();
  await postgres.primary.query(WRITERS_TABLE);
  standby = await postgres.addStandby("standby_gcp");
});

afterAll(async () => {
  await postgres.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Lets writers try at both servers while `work` is done; answers all that they recorded. */
async function tried(name: string, work: (soFar: () => Line[]) => Promise<void>): Promise<Line[]> {
  const file = join(folder, `${name}.ndjson`);
  const writers = startWriters({
    databases: [
      { cloud: "aws", url: postgres.primary.adminUrl },
      { cloud: "gcp", url: standby.adminUrl },
    ],
    file,
  });
  try {
    await work(() => linesOf(file));
  } finally {
    await writers.stop();
  }
  return linesOf(file);
}

/** The file comes with its first lines, and its last line may be under way. */
function linesOf(file: string): Line[] {
  if (!existsSync(file)) return [];
  const texts = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return texts.map((text) => line.parse(JSON.parse(text)));
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries > 1_000) throw new Error("it did not come to hold within 20 s");
    await sleep(20);
  }
}

const acknowledged = (lines: readonly Line[], cloud: string) =>
  lines.filter((one) => one.ok && one.cloud === cloud);

const refused = (lines: readonly Line[]) =>
  lines.filter(({ cloud, error }) => cloud === "aws" && (error ?? "").includes("ECONNREFUSED"));

describe("writers at a primary and its standby", () => {
  test("are acknowledged by the primary, on its timeline, and refused by the standby", async () => {
    const lines = await tried("both", async (soFar) => {
      await until(() => acknowledged(soFar(), "aws").length >= 10);
    });
    expect(acknowledged(lines, "gcp")).toEqual([]);
    expect(new Set(acknowledged(lines, "aws").map(({ timeline }) => timeline))).toEqual(new Set([1]));
    expect(lines.filter(({ cloud }) => cloud === "gcp").some(({ error }) => error?.startsWith("25006"))).toBe(
      true,
    );
    expect(twoWritersMs(lines)).toBe(0);
  });

  test("count no commit whose wait for a standby was cancelled, and say that they are busy meanwhile", async () => {
    const lines = await tried("cancelled", async (soFar) => {
      await until(() => acknowledged(soFar(), "aws").length >= 3);
      await postgres.primary.query("alter system set synchronous_standby_names = 'nobody'");
      await postgres.primary.query("select pg_reload_conf()");
      const waiting =
        "from pg_stat_activity where application_name = 'drill-writer' and wait_event = 'SyncRep'";
      await until(async () => (await postgres.primary.query(`select ${waiting}`)).length > 0);
      await until(() => soFar().some(({ cloud, error }) => cloud === "aws" && error === "busy"));
      await postgres.primary.query(`select pg_cancel_backend(pid) ${waiting}`);
      await until(() => soFar().some(({ error }) => error === "not replicated"));
      await postgres.primary.query("alter system reset synchronous_standby_names");
      await postgres.primary.query("select pg_reload_conf()");
    });
    const cancelled = lines.filter(({ error }) => error === "not replicated");
    expect(cancelled.every(({ ok, timeline }) => !ok && timeline === null)).toBe(true);
  });

  test("come back by themselves after the server went away and returned", async () => {
    const lines = await tried("returned", async (soFar) => {
      await until(() => acknowledged(soFar(), "aws").length >= 3);
      await postgres.primary.stop();
      await until(() => refused(soFar()).length > 0);
      await postgres.primary.start();
      const lastRefusedMs = refused(soFar()).at(-1)?.time ?? 0;
      await until(() => acknowledged(soFar(), "aws").some(({ time }) => time > lastRefusedMs));
    });
    expect(new Set(acknowledged(lines, "aws").map(({ timeline }) => timeline))).toEqual(new Set([1]));
  });
});

test("rows are collected from a standby only once it has replayed what the primary had", async () => {
  await postgres.primary.query("create table promised (key text)");
  await postgres.primary.query("insert into promised select 'drill-' || n from generate_series(1, 2000) n");
  const databases = [
    { cloud: "aws", url: postgres.primary.adminUrl, role: "primary" },
    { cloud: "gcp", url: standby.adminUrl, role: "standby" },
  ];
  await collectRows(databases, "select key from promised order by key", folder);
  const [primary, copy] = ["aws", "gcp"].map((cloud) =>
    readFileSync(join(folder, `rows-${cloud}.ndjson`), "utf8"),
  );
  expect(primary?.trimEnd().split("\n")).toHaveLength(2000);
  expect(copy).toBe(primary);
});

// Last: it leaves two primaries behind.
test("a standby promoted behind everybody's back is a second writer in the records", async () => {
  const lines = await tried("second", async (soFar) => {
    await until(() => acknowledged(soFar(), "aws").length >= 3);
    await makeSecondWriter(standby.adminUrl);
    const seen = () => acknowledged(soFar(), "gcp");
    await until(() => seen().length > 0);
    const last = seen().at(-1)?.time ?? Infinity;
    await until(() => acknowledged(soFar(), "aws").some(({ time }) => time > last));
  });
  expect(acknowledged(lines, "gcp").every(({ timeline }) => timeline === 2)).toBe(true);
  expect(twoWritersMs(lines)).toBeGreaterThan(0);
});
