import { expect, test } from "vitest";
import { builtInSchemas } from "./camtrap-tables.ts";
import type { TableName } from "./camtrap-tables.ts";
import { checkJson, checkText } from "./check-value.ts";
import type { Field } from "./table-schema.ts";

function field(table: TableName, name: string): Field {
  const found = builtInSchemas[table].fields.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`${table} has no ${name}`);
  return found;
}

const count = field("observations", "count");

test("a cell becomes a value of its field's type", () => {
  expect(checkText(count, "3")).toEqual({ value: 3 });
  expect(checkText(field("deployments", "latitude"), "-51.5e0")).toEqual({ value: -51.5 });
  expect(checkText(field("deployments", "baitUse"), "False")).toEqual({ value: false });
  expect(checkText(field("media", "timestamp"), "2020-01-01T00:00:00+01:00")).toEqual({
    value: "2020-01-01T00:00:00+01:00",
  });
});

test("a cell that breaks a constraint is answered with what was expected, in words", () => {
  for (const cell of ["x", "0", "1.5", "", "99999999999999999999"]) {
    expect(checkText(count, cell)).toEqual({ expected: "integer >= 1" });
  }
  expect(checkText(field("deployments", "latitude"), "90.1")).toEqual({ expected: "number from -90 to 90" });
  expect(checkText(field("deployments", "latitude"), "INF")).toEqual({ expected: "number from -90 to 90" });
  expect(checkText(field("observations", "observationLevel"), "Media")).toEqual({
    expected: "one of media, event",
  });
  expect(checkText(field("deployments", "baitUse"), "yes")).toEqual({ expected: "true or false" });
  expect(checkText(field("media", "fileMediatype"), "text/plain")).toHaveProperty("expected");
});

test("a media path stays inside its package", () => {
  const path = field("media", "filePath");
  for (const good of ["media/a.jpg", "https://example.org/a.jpg"])
    expect(checkText(path, good)).toEqual({ value: good });
  for (const bad of ["../a.jpg", "/etc/passwd", "~/a.jpg", "./a.jpg", "media/../../a.jpg", "a\nb"]) {
    expect(checkText(path, bad)).toHaveProperty("expected");
  }
});

test("JSON values are taken by their own type, never converted", () => {
  expect(checkJson(count, 3)).toEqual({ value: 3 });
  for (const given of ["3", 0, 1.5, true, {}, []])
    expect(checkJson(count, given)).toEqual({ expected: "integer >= 1" });
  expect(checkJson(field("observations", "scientificName"), 5)).toEqual({ expected: "string" });
});

test("text that PostgreSQL cannot hold is refused", () => {
  expect(checkText(field("deployments", "habitat"), "a\0b")).toHaveProperty("expected");
});
