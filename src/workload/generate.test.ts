import { existsSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { builtInSchemas } from "./camtrap-tables.ts";
import { checkObject } from "./check-row.ts";
import { deploymentIdOf, generatePackage, observationBody } from "./generate.ts";
import { openPackage, readRows } from "./read-package.ts";
import { inTemporaryFolder } from "./testing/temporary-folder.ts";

// None where the folder is not beside the checkout: the tests of it are then not registered.
const standardPackages = [fileURLToPath(new URL("../../../shared/data/camtrap-dp/", import.meta.url))].filter(
  (folder) => existsSync(folder),
);

const sizes = fc.record({
  seed: fc.nat(),
  deployments: fc.integer({ min: 1, max: 8 }),
  media: fc.integer({ min: 0, max: 40 }),
  observations: fc.integer({ min: 0, max: 60 }),
});

async function countRows(directory: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = { deployments: 0, media: 0, observations: 0 };
  for await (const { table, rows } of readRows(await openPackage(directory)))
    counts[table] = (counts[table] ?? 0) + rows.length;
  return counts;
}

test("whatever seed and size, a generated package is valid and has the rows asked for", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, (size) =>
      inTemporaryFolder(async (folder) => {
        await generatePackage({ directory: folder, ...size });
        const { deployments, media, observations } = size;
        expect(await countRows(folder)).toEqual({ deployments, media, observations });
      }),
    ),
    { numRuns: 40 },
  );
});

test("the same seed and size give the same bytes, another seed others", async () => {
  const files = ["datapackage.json", "deployments.csv", "media.csv", "observations.csv"];
  const generated = (seed: number): Promise<readonly string[]> =>
    inTemporaryFolder(async (folder) => {
      await generatePackage({ directory: folder, seed, deployments: 3, media: 20, observations: 30 });
      return Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    });
  const [first, again, other] = await Promise.all([generated(7), generated(7), generated(8)]);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test("every body to post is a valid observation of a deployment that the package of its seed has", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (seed, n) => {
      const body = observationBody(seed, n);
      expect(checkObject(builtInSchemas.observations, body, ["observationID"])).toEqual({ row: body });
      expect(body["deploymentID"]).toBe(deploymentIdOf(seed, 0));
      expect(observationBody(seed, n)).toEqual(body);
    }),
  );
  expect(observationBody(1, 1, ["a"])["deploymentID"]).toBe("a");
});

for (const standardPackage of standardPackages) {
  test("a generated package is valid by the standard's own table schemas (registered because they are beside the checkout)", () =>
    inTemporaryFolder(async (folder) => {
      await generatePackage({ directory: folder, seed: 3, deployments: 5, media: 200, observations: 300 });
      for (const table of ["deployments", "media", "observations"]) {
        const file = `${table}-table-schema.json`;
        await cp(join(standardPackage, file), join(folder, file));
      }
      expect(await countRows(folder)).toEqual({ deployments: 5, media: 200, observations: 300 });
    }));

  test("our built-in schemas agree with the standard's own (registered because they are beside the checkout)", async () => {
    for (const { table, schema } of (await openPackage(standardPackage)).tables) {
      const withoutPatterns = (entry: typeof schema): unknown =>
        entry.fields.map(({ pattern, ...field }) => ({ ...field, pattern: pattern !== undefined }));
      expect(withoutPatterns(builtInSchemas[table])).toEqual(withoutPatterns(schema));
      expect({ ...builtInSchemas[table], fields: [] }).toEqual({ ...schema, fields: [] });
    }
  });
}
