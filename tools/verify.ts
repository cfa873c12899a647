// `npm run verify`: every gate, a line each, and the one door before a change is handed on. `npm run verify:whole` is what CI
// runs: the tests that break whole worlds besides, and a drill in which a cloud is lost.
//
// 1. It runs the package's own scripts, so that a gate means the same alone and here.
// 2. All gates run even when one has failed: one round shows all there is to mend. The exit code is 1 then.
// 3. Gates that only read run together, as many as there are processors; tests, the sweep of rehearsed nights and the
//    drill come after, each alone, since each puts load on the machine.
// 4. What the drills did must be what the model of the nights would have done: else these prove nothing.
// 5. Only a failed gate's output is shown. `.cache/verify/tests.json` has each test's result.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

interface Gate {
  /** Where it is not the script alone. */
  readonly title?: string;
  readonly script: string;
  readonly flags?: readonly string[];
}

const gateTimeoutMs = 20 * 60_000;
const results = ".cache/verify";
const testReport = `${results}/tests.json`;
const drillOut = mkdtempSync(join(tmpdir(), "wildcam-verify-"));

// The slowest first.
const readers: readonly Gate[] = [
  { script: "lint" },
  { script: "dead-code" },
  { script: "typecheck" },
  { script: "boundaries" },
  { script: "habits" },
  { script: "format:check" },
];
const isWhole = process.argv.includes("--whole");
const tests: Gate = {
  script: "test",
  flags: [
    ...(isWhole ? [] : ["--project=!worlds"]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${testReport}`,
  ],
};
const simulation: Gate = { script: "simulate" };
const drills: readonly Gate[] = [
  { script: "drill", flags: drillFlags("planned", 100) },
  ...(isWhole
    ? [{ title: "drill outage", script: "drill", flags: ["outage", ...drillFlags("outage", 60)] }]
    : []),
];
const model: Gate = {
  title: "model accepts",
  script: "calibrate",
  flags: ["--accept", join(drillOut, "planned"), ...(isWhole ? [join(drillOut, "outage")] : [])],
};

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const failed: string[] = [];
try {
  await together(readers, availableParallelism());
  await pass(tests);
  await pass(simulation);
  for (const drill of drills) await pass(drill);
  await pass(model);
} finally {
  if (failed.includes("drill") || failed.includes("calibrate"))
    console.log(`the drills' records: ${drillOut}`);
  else rmSync(drillOut, { recursive: true, force: true });
}
console.log(failed.length === 0 ? "verify: all gates hold" : `verify: failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function drillFlags(name: string, rate: number): string[] {
  return ["--json", "--rate", String(rate), "--slack", "3", "--out", join(drillOut, name)];
}

async function together(gates: readonly Gate[], atOnce: number): Promise<void> {
  const waiting = [...gates];
  const worker = async (): Promise<void> => {
    for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) await pass(gate);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function pass(gate: Gate): Promise<void> {
  const start = performance.now();
  const { code, output } = await run(gate);
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${(gate.title ?? gate.script).padEnd(14)}${seconds} s`);
  if (code === 0) return;
  failed.push(gate.script);
  console.log(output.trimEnd().replaceAll(/^/gm, "  "));
}

async function run({ script, flags = [] }: Gate): Promise<{ code: number; output: string }> {
  const child = spawn("npm", ["run", "--silent", script, "--", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: gateTimeoutMs,
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code: code ?? 1, output: stripVTControlCharacters(Buffer.concat(chunks).toString()) }),
    );
  });
}
