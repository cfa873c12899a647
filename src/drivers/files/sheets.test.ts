import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { sheetsContract } from "../../ports/sheets.contract.ts";
import { fileSheets } from "./sheets.ts";

const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "wildcam-sheets-"));
  folders.push(folder);
  return join(folder, "sheets");
}

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

sheetsContract("in files", async () => {
  const folder = await newFolder();
  const open = () => fileSheets(folder);
  return { open, take: (run) => writeFile(open().placeOf(run).taken, "") };
});

test("folder and sheet are for their user alone, also where the folder stood open before", async () => {
  const folder = await newFolder();
  await mkdir(folder);
  await chmod(folder, 0o755);
  const sheets = fileSheets(folder);
  await sheets.write("run-1", "text\n");
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(sheets.placeOf("run-1").sheet)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["run-1.md"]);
});

test("a place that cannot be written is said, to be tried again", async () => {
  const folder = await newFolder();
  await writeFile(folder, "a file where the folder should be");
  await expect(fileSheets(folder).write("run-1", "text")).rejects.toMatchObject({ kind: "retryable" });
});
