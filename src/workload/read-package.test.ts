import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openPackage, PackageRefused, readRows } from "./read-package.ts";
import { inTemporaryFolder, writeFiles } from "./testing/temporary-folder.ts";

const smallPackage = fileURLToPath(new URL("./fixtures/small-package/", import.meta.url));

async function rowsIn(directory: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for await (const batch of readRows(await openPackage(directory))) {
    counts[batch.table] = (counts[batch.table] ?? 0) + batch.rows.length;
  }
  return counts;
}

/** The small package with a change; the problems for which it is refused. */
function problemsWhen(change: (folder: string) => Promise<void>): Promise<readonly string[]> {
  return inTemporaryFolder(async (folder) => {
    await cp(smallPackage, folder, { recursive: true });
    await change(folder);
    try {
      await rowsIn(folder);
    } catch (error) {
      if (error instanceof PackageRefused) return error.problems;
      throw error;
    }
    return [];
  });
}

function replacing(file: string, from: string, to: string): (folder: string) => Promise<void> {
  return async (folder) => {
    const text = await readFile(join(folder, file), "utf8");
    expect(text).toContain(from);
    await writeFiles(folder, { [file]: text.replace(from, to) });
  };
}

test("our small package is read whole", async () => {
  expect(await rowsIn(smallPackage)).toEqual({ deployments: 2, media: 6, observations: 8 });
});

test("a row that breaks the schema is named by file, line and column", async () => {
  expect(
    await problemsWhen(replacing("observations.csv", "Canis lupus,2,adult", "Canis lupus,x,adult")),
  ).toEqual(['observations.csv:2: column "count": expected integer >= 1, got "x"']);
  expect(await problemsWhen(replacing("media.csv", "video/mp4", "text/html"))).toEqual([
    expect.stringMatching(
      /^media\.csv:7: column "fileMediatype": expected string that matches .*, got "text\/html"$/,
    ),
  ]);
});

test("lines are counted through cells that hold line breaks", async () => {
  // The second deployment's comment goes over two lines; a third row would begin on line 5.
  const problems = await problemsWhen(async (folder) => {
    const text = await readFile(join(folder, "deployments.csv"), "utf8");
    const width = text.split("\n")[0]?.split(",").length ?? 0;
    await writeFiles(folder, { "deployments.csv": `${text}third${",".repeat(width - 1)}\n` });
  });
  expect(problems[0]).toMatch(/^deployments\.csv:5: column "latitude": expected .*, got nothing$/);
});

test("a reference to nothing and an identifier used twice are named", async () => {
  expect(
    await problemsWhen(
      replacing("observations.csv", "small-o3,small-d1,small-m2", "small-o2,small-d9,small-m9"),
    ),
  ).toEqual([
    'observations.csv:4: column "observationID": expected a value not used before, got "small-o2" again',
    'observations.csv:4: column "deploymentID": expected a deploymentID of deployments, got "small-d9"',
    'observations.csv:4: column "mediaID": expected a mediaID of media, got "small-m9"',
  ]);
});

test("at most 20 problems are told", async () => {
  const problems = await problemsWhen(async (folder) => {
    const [header = ""] = (await readFile(join(folder, "media.csv"), "utf8")).split("\n");
    await writeFiles(folder, { "media.csv": `${header}\n${"x,,,,,,,,,,\n".repeat(500)}` });
  });
  expect(problems).toHaveLength(20);
});

test("a wrong header is told once, not for every row", async () => {
  expect(await problemsWhen(replacing("media.csv", "filePublic", "isPublic"))).toContain(
    'media.csv:1: column "isPublic": not in the table schema',
  );
  expect(await problemsWhen(replacing("observations.csv", "eventID,eventStart", "eventID,eventID"))).toEqual([
    'observations.csv:1: column "eventID": given twice',
    'observations.csv:1: column "eventStart": missing, but required',
  ]);
});

test("a row with too few cells, an open quote, an empty file and a missing file are named", async () => {
  const header = "mediaID,deploymentID,timestamp,filePath,filePublic,fileMediatype";
  const written = (text: string) => (folder: string) => writeFiles(folder, { "media.csv": text });
  expect((await problemsWhen(written(`${header}\na,b\n`)))[0]).toBe(
    "media.csv:2: expected 6 cells as in the header, got 2",
  );
  expect((await problemsWhen(written(`${header}\n"a,b\n`)))[0]).toMatch(/^media\.csv:2: not readable as CSV/);
  expect((await problemsWhen(written("")))[0]).toBe("media.csv:1: expected a header, the file is empty");
  expect((await problemsWhen(replacing("datapackage.json", "media.csv", "medium.csv")))[0]).toBe(
    "medium.csv: not found",
  );
});

test("a package without a descriptor, with a broken one, or with a table missing is refused", async () => {
  const described = (text: string) => (folder: string) => writeFiles(folder, { "datapackage.json": text });
  await inTemporaryFolder((folder) => expect(rowsIn(folder)).rejects.toThrow("datapackage.json: not found"));
  expect((await problemsWhen(described("{")))[0]).toMatch(/^datapackage\.json: not JSON/);
  expect(await problemsWhen(described("{}"))).toEqual([
    'datapackage.json: expected an object with "resources"',
  ]);
  expect(await problemsWhen(described('{"resources":[]}'))).toEqual([
    'datapackage.json: resource "deployments": missing',
  ]);
});

test("files outside the package and on the network are not read", async () => {
  for (const path of [
    "../media.csv",
    "/etc/passwd",
    "a/../../media.csv",
    "https://example.org/media.csv",
    "~/m.csv",
  ]) {
    expect(await problemsWhen(replacing("datapackage.json", "media.csv", path))).toEqual([
      `datapackage.json: resource "media": path "${path}" is not inside the package`,
    ]);
  }
});

test("the package's own table schema is what its rows are checked against", async () => {
  const own = {
    fields: [
      { name: "mediaID", type: "string", constraints: { required: true } },
      { name: "fileMediatype", type: "string", constraints: { enum: ["image/jpeg"] } },
    ],
    primaryKey: "mediaID",
    missingValues: ["-"],
  };
  const problems = await problemsWhen((folder) =>
    writeFiles(folder, {
      "media-table-schema.json": JSON.stringify(own),
      "media.csv": "mediaID,fileMediatype\nsmall-m1,image/png\nsmall-m2,-\n-,-\n",
    }),
  );
  expect(problems.slice(0, 2)).toEqual([
    'media.csv:2: column "fileMediatype": expected one of image/jpeg, got "image/png"',
    'media.csv:4: column "mediaID": expected string, got nothing',
  ]);
});

test("a schema that asks for what cannot be checked is refused, not half-obeyed", async () => {
  const withField = (field: unknown) => (folder: string) =>
    writeFiles(folder, {
      "media-table-schema.json": JSON.stringify({
        fields: [{ name: "mediaID" }, field],
        primaryKey: "mediaID",
      }),
    });
  expect(await problemsWhen(withField({ name: "where", type: "geopoint" }))).toEqual([
    'media-table-schema.json: field "where": type "geopoint" cannot be checked',
  ]);
  expect(await problemsWhen(withField({ name: "x", constraints: { jsonSchema: {} } }))).toEqual([
    'media-table-schema.json: field "x": constraint "jsonSchema" cannot be checked',
  ]);
  expect(await problemsWhen(withField({ name: "x", constraints: { pattern: "(" } }))).toEqual([
    'media-table-schema.json: field "x": pattern ( cannot be read',
  ]);
});
