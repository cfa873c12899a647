import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { goodDrill, write, type DrillFixture } from "./judge.fixture.ts";
import { hashOf } from "./judge-ledger.ts";
import { renderMarkdown } from "./judge-markdown.ts";
import { judge, type Report } from "./judge.ts";

const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function saved(change: (drill: DrillFixture) => void): string {
  const drill = goodDrill();
  change(drill);
  const dir = write(drill);
  dirs.push(dir);
  return dir;
}

function reds(report: Report): string[] {
  return report.checks.filter((check) => !check.ok).map((check) => check.name);
}

test("the ledger's hash is over JSON with its keys sorted at every depth and no spaces", () => {
  const digest = createHash("sha256")
    .update('{"data":{"a":[{"c":null,"d":1.5}],"b":"é\\n"},"v":1}')
    .digest("hex");
  expect(hashOf({ v: 1, hash: "left out", data: { b: "é\n", a: [{ d: 1.5, c: null }] } })).toBe(digest);
});

describe("a ledger with impossible times", () => {
  const lines = [3, 14, 16, 18, 25, 40, 65];
  test.each(lines.flatMap((line) => [0, -1e15, 9e12, 1e300].map((time) => [line, time])))(
    "in line %i, %d, is judged and shown, and is red",
    (line, time) => {
      const dir = saved((drill) => {
        drill.forge = (all) =>
          all.map((text, at) => (at === line ? text.replace(/"time":\d+/, `"time":${time}`) : text));
      });
      const judgement = judge(dir);
      expect(reds(judgement.report)).toContain("ledgerVerified");
      expect(renderMarkdown(judgement).length).toBeLessThan(20_000);
    },
  );
});
