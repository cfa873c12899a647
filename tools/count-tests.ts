// Prints `N passed, N failed` from the report of vitest's JSON reporter: node tools/count-tests.ts REPORT
//
// 1. A test file that could not be read counts as one failed, since its tests did not even begin.
// 2. A test that did not run counts as failed: none may be skipped.
// 3. Without a readable report it prints no count and fails.

import { readFileSync } from "node:fs";
import { z } from "zod";

const report = z.object({
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
});

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("say which report: node tools/count-tests.ts REPORT");
const { testResults } = report.parse(JSON.parse(readFileSync(path, "utf8")));

let passed = 0;
let failed = 0;
for (const { status, assertionResults } of testResults) {
  const held = assertionResults.filter((test) => test.status === "passed").length;
  const broken = assertionResults.length - held;
  passed += held;
  failed += status !== "passed" && broken === 0 ? 1 : broken;
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
