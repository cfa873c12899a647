import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { goodDrill, write, type DrillFixture } from "./judge.fixture.ts";

const MAIN = fileURLToPath(new URL("judge-main.ts", import.meta.url));
const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function saved(change: (drill: DrillFixture) => void = () => {}): string {
  const drill = goodDrill();
  change(drill);
  const dir = write(drill);
  dirs.push(dir);
  return dir;
}

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
}

describe("the judge's command", () => {
  test("prints one JSON document, writes both reports, and exits 0 for a good drill", () => {
    const dir = saved();
    const { status, stdout } = run(dir, "--json");
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, out: dir });
    expect(existsSync(join(dir, "report.json")) && existsSync(join(dir, "report.md"))).toBe(true);
  });

  test("exits 1 for a bad one, says what failed, and writes nothing when told not to", () => {
    const dir = saved((drill) => Object.assign(drill.requests[5] ?? {}, { status: 500 }));
    const { status, stdout } = run(dir, "--no-write");
    expect(status).toBe(1);
    expect(stdout).toContain("**Requests that failed**: 1, limit 0. GET /observations: status 500");
    expect(existsSync(join(dir, "report.json"))).toBe(false);
  });

  test("judging again gives the same report, byte for byte", () => {
    const dir = saved();
    expect(run(dir).stdout).toBe(run(dir).stdout);
  });
});

describe("records that cannot be judged give exit code 2", () => {
  test("a malformed line is named by file and line", () => {
    const { status, stderr } = run(
      saved((drill) => Object.assign(drill.requests[6] ?? {}, { status: "200" })),
    );
    expect(status).toBe(2);
    expect(stderr).toBe('judge: client.ndjson:7: "status" is not a number\n');
  });

  test("a missing file is named", () => {
    const dir = saved();
    rmSync(join(dir, "rows-gcp.ndjson"));
    const { status, stderr } = run(dir);
    expect(status).toBe(2);
    expect(stderr).toContain("rows-gcp.ndjson: cannot be read");
  });

  test("a line that is cut off is named", () => {
    const dir = saved((drill) => {
      drill.forge = (lines) => [...lines.slice(0, -1), (lines.at(-1) ?? "").slice(0, 40)];
    });
    const { status, stderr } = run(dir);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^judge: ledger\.jsonl:\d+: not JSON\n$/);
  });

  test("so does a folder that is none, no folder at all, and an unknown flag", () => {
    expect(run(join(tmpdir(), "no-such-drill")).status).toBe(2);
    expect(run().status).toBe(2);
    expect(run(saved(), "--jsn").status).toBe(2);
  });
});
