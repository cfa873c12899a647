/** What the command line costs, against a bare Node on an empty file in the same run. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Quantiles, quantiles } from "./quantiles.ts";

const ROUNDS = 20;
const ROOT = join(import.meta.dirname, "../..");

export type HelpCost = {
  readonly bareNodeMs: Quantiles;
  readonly helpMs: Quantiles;
  readonly ratioP50: number;
};

/** The two take turns; the first round, which fills caches, does not count. */
export function measureHelp(): HelpCost {
  const folder = mkdtempSync(join(tmpdir(), "wildcam-bench-"));
  try {
    const empty = join(folder, "empty.js");
    writeFileSync(empty, "");
    const bare: number[] = [];
    const help: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      bare.push(timed(process.execPath, [empty]));
      help.push(timed(join(ROOT, "wildcam"), ["--help"]));
    }
    const bareNodeMs = quantiles(bare.slice(1));
    const helpMs = quantiles(help.slice(1));
    return { bareNodeMs, helpMs, ratioP50: helpMs.p50 / bareNodeMs.p50 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export type WorldCost = { readonly readyMs: number; readonly statusMs: Quantiles; readonly downMs: number };

/** A local world of its own, from nothing to ready, asked for its status, and taken away again. */
export function measureWorld(): WorldCost {
  const folder = mkdtempSync(join(tmpdir(), "wildcam-bench-"));
  const state = join(folder, "state");
  const wildcam = (...words: string[]) => timed(join(ROOT, "wildcam"), [...words, "--state", state]);
  try {
    const readyMs = wildcam("local", "up");
    const status: number[] = [];
    for (let round = 0; round <= 10; round += 1) status.push(wildcam("status"));
    const downMs = wildcam("local", "down", "--purge");
    return { readyMs, statusMs: quantiles(status.slice(1)), downMs };
  } finally {
    spawnSync(join(ROOT, "wildcam"), ["local", "down", "--purge", "--state", state], { stdio: "ignore" });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds. Throws when the program fails: a failure is not a time. */
function timed(program: string, words: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(program, words, { cwd: ROOT, encoding: "utf8", timeout: 120_000 });
  const tookMs = performance.now() - began;
  if (status !== 0) throw new Error(`${program} ${words.join(" ")} ended ${status}: ${stderr}`);
  return tookMs;
}
