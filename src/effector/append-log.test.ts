import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAppendLog } from "./append-log.ts";
import { FixtureDisk } from "./fixture-disk.ts";

const parse = (line: string): unknown => JSON.parse(line);

describe("on a real disk", () => {
  let folder = "";
  let path = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "append-log-"));
    path = join(folder, "deeper", "log.ndjson");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function write(...lines: string[]): Promise<void> {
    const { log } = await openAppendLog(path, parse);
    await Promise.all(lines.map((line) => log.append(line)));
    await log.close();
  }

  test("lines come back in order after a restart", async () => {
    await write('{"a":1}', '{"b":"ü\\n"}');
    await write('{"c":3}');
    const { log, rows, tornBytes } = await openAppendLog(path, parse);
    await log.close();
    expect(rows).toEqual([{ a: 1 }, { b: "ü\n" }, { c: 3 }]);
    expect(tornBytes).toBe(0);
  });

  test("a torn last line is cut off, the rest is kept, and appending goes on", async () => {
    await write('{"a":1}');
    await appendFile(path, '{"b":');
    const { log, rows, tornBytes } = await openAppendLog(path, parse);
    await log.append('{"c":3}');
    await log.close();
    expect(rows).toEqual([{ a: 1 }]);
    expect(tornBytes).toBe(5);
    expect(await readFile(path, "utf8")).toBe('{"a":1}\n{"c":3}\n');
  });

  test("a last line cut within a character is torn too", async () => {
    await write('{"a":1}');
    await appendFile(path, Buffer.from('{"b":"ü').subarray(0, 7));
    const { log, rows } = await openAppendLog(path, parse);
    await log.close();
    expect(rows).toEqual([{ a: 1 }]);
  });

  test("a last record that lacks only its newline is kept", async () => {
    await write('{"a":1}');
    await appendFile(path, '{"b":2}');
    await write('{"c":3}');
    expect(await readFile(path, "utf8")).toBe('{"a":1}\n{"b":2}\n{"c":3}\n');
  });

  test("a damaged line in the middle stops the opening, by file and line, with what to do", async () => {
    await write('{"a":1}');
    await appendFile(path, 'garbage\n{"c":3}\n');
    await expect(openAppendLog(path, parse)).rejects.toThrow(
      /log\.ndjson line 2 cannot be read: .*Restore the line/,
    );
    expect(await readFile(path, "utf8")).toBe('{"a":1}\ngarbage\n{"c":3}\n');
  });
});

describe("on a disk that fails", () => {
  test("lines that arrive during a sync share the next one", async () => {
    const disk = new FixtureDisk();
    const { log, rows } = await openAppendLog("log", parse, disk.open);
    await Promise.all(Array.from({ length: 50 }, (_, n) => log.append(`{"n":${n}}`)));
    expect(rows).toEqual([]);
    expect(disk.text("log").split("\n")).toHaveLength(51);
    expect(disk.syncs).toBe(2);
  });

  test("a full disk rejects the line and leaves nothing of it; once mended, appending goes on", async () => {
    const disk = new FixtureDisk();
    const { log } = await openAppendLog("log", parse, disk.open);
    await log.append('{"a":1}');
    disk.failing = "append";
    await expect(log.append('{"b":2}')).rejects.toThrow(/ENOSPC.*mend the disk/);
    disk.failing = null;
    await log.append('{"c":3}');
    expect(disk.text("log")).toBe('{"a":1}\n{"c":3}\n');
  });

  test("after a failed sync everything is refused until a restart", async () => {
    const disk = new FixtureDisk();
    const { log } = await openAppendLog("log", parse, disk.open);
    disk.failing = "sync";
    await expect(log.append('{"a":1}')).rejects.toThrow("cannot sync log");
    disk.failing = null;
    await expect(log.append('{"b":2}')).rejects.toThrow("restart this process");
  });
});
