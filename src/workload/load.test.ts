import { existsSync } from "node:fs";
import { appendFile, cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { generatePackage } from "./generate.ts";
import { loadPackage } from "./load.ts";
import { migrate } from "./migrate.ts";
import { PackageRefused } from "./read-package.ts";
import { inTemporaryFolder, writeFiles } from "./testing/temporary-folder.ts";
import { temporaryPostgres } from "./testing/temporary-postgres.ts";
import type { TemporaryPostgres } from "./testing/temporary-postgres.ts";

const smallPackage = fileURLToPath(new URL("./fixtures/small-package/", import.meta.url));
// None where the folder is not beside the checkout: the tests of it are then not registered.
const standardPackages = [fileURLToPath(new URL("../../../shared/data/camtrap-dp/", import.meta.url))].filter(
  (folder) => existsSync(folder),
);

let postgres: TemporaryPostgres;
let databaseUrl: string;
beforeAll(async () => {
  postgres = await temporaryPostgres();
  databaseUrl = postgres.primary.url;
  await migrate(databaseUrl);
});
afterAll(() => postgres?.dispose());
beforeEach(() => postgres.primary.query("truncate deployments, media, observations"));

async function counts(): Promise<unknown> {
  const [row] = await postgres.primary.query(
    "select (select count(*)::int from deployments) as deployments, (select count(*)::int from media) as media, (select count(*)::int from observations) as observations",
  );
  return row;
}

const fresh = (rows: number) => ({ rows, inserted: rows, changed: 0, found: 0 });
const again = (rows: number) => ({ rows, inserted: 0, changed: 0, found: rows });

test("a package is loaded whole, and loading it again finds it", async () => {
  expect(await loadPackage({ directory: smallPackage, databaseUrl })).toEqual({
    name: "wildcam-small-package",
    tables: { deployments: fresh(2), media: fresh(6), observations: fresh(8) },
  });
  expect((await loadPackage({ directory: smallPackage, databaseUrl })).tables).toEqual({
    deployments: again(2),
    media: again(6),
    observations: again(8),
  });
  expect(await counts()).toEqual({ deployments: 2, media: 6, observations: 8 });
});

test("a row that differs is brought to what the package says", async () => {
  await loadPackage({ directory: smallPackage, databaseUrl });
  await postgres.primary.query(
    `update observations set "count" = 9, sex = 'male' where observation_id = 'small-o1'`,
  );
  const { tables } = await loadPackage({ directory: smallPackage, databaseUrl });
  expect(tables.observations).toEqual({ rows: 8, inserted: 0, changed: 1, found: 7 });
  expect(
    await postgres.primary.query(`select "count", sex from observations where observation_id = 'small-o1'`),
  ).toEqual([{ count: "2", sex: null }]);
});

test("what was given is what is stored: instant, offset, numbers, line breaks, nothing for nothing", async () => {
  await loadPackage({ directory: smallPackage, databaseUrl });
  const [row] = await postgres.primary.query(
    "select deployment_start = '2024-03-01T15:00:00Z' as instant, deployment_start_offset, latitude, setup_by from deployments where deployment_id = 'small-d1'",
  );
  expect(row).toEqual({ instant: true, deployment_start_offset: -420, latitude: 44.46, setup_by: null });
  const [other] = await postgres.primary.query(
    "select deployment_comments from deployments where deployment_id = 'small-d2'",
  );
  expect(other).toEqual({ deployment_comments: "lens cleaned\non 1 April" });
});

test("a problem in the last row leaves nothing behind", () =>
  inTemporaryFolder(async (folder) => {
    await generatePackage({ directory: folder, seed: 5, deployments: 3, media: 30, observations: 1200 });
    await appendFile(join(folder, "observations.csv"), `last,gen-5-d0${",".repeat(26)}\n`);
    const refusal = loadPackage({ directory: folder, databaseUrl });
    await expect(refusal).rejects.toBeInstanceOf(PackageRefused);
    await expect(refusal).rejects.toThrow(
      /observations\.csv:\d+: column "eventStart": expected date and time/,
    );
    expect(await counts()).toEqual({ deployments: 0, media: 0, observations: 0 });
  }));

test("what only the database refuses is told, and leaves nothing behind", () =>
  inTemporaryFolder(async (folder) => {
    await cp(smallPackage, folder, { recursive: true });
    // A schema of its own that does without what our tables need.
    const [header = ""] = (await readFile(join(folder, "media.csv"), "utf8")).split("\n");
    await writeFiles(folder, {
      "media-table-schema.json": JSON.stringify({
        fields: header.split(",").map((name) => ({ name })),
        primaryKey: "mediaID",
      }),
      "media.csv": `${header}\nsmall-m1,small-d1${",".repeat(9)}\n`,
    });
    await expect(loadPackage({ directory: folder, databaseUrl })).rejects.toThrow(
      /media: PostgreSQL cannot hold it: null value in column "timestamp"/,
    );
    expect(await counts()).toEqual({ deployments: 0, media: 0, observations: 0 });
  }));

test("a connected client can be given, and is left open and out of any transaction", async () => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await loadPackage({ directory: smallPackage, client });
    expect((await client.query("select count(*)::int as n from media")).rows).toEqual([{ n: 6 }]);
    expect(client.getTransactionStatus()).toBe("I");
  } finally {
    await client.end();
  }
});

for (const standardPackage of standardPackages) {
  test("the standard's example package is loaded whole (registered because it is beside the checkout)", async () => {
    const { tables } = await loadPackage({ directory: standardPackage, databaseUrl });
    expect(tables).toEqual({ deployments: fresh(4), media: fresh(423), observations: fresh(549) });
  });
}
