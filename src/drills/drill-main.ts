/** `npm run drill`: exits 0 when the judge is content, 1 when it is not or the drill broke, 2 on words it does not know. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { InventoryError, loadInventory } from "../drivers/inventory/load.ts";
import { BadOptions, checkDirection, type DrillOptions, parseOptions, USAGE } from "./options.ts";
import { interrupted } from "./interrupted.ts";
import { outage } from "./outage.ts";
import { plannedFailover } from "./planned-failover.ts";
import { perform } from "./stage.ts";

const STORIES = {
  "planned-failover": { story: plannedFailover, longestMs: 600_000 },
  interrupted: { story: interrupted, longestMs: 3_300_000 },
  outage: { story: outage, longestMs: 3_300_000 },
} as const;

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  if (words.includes("--help")) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const options = await optionsOf(words);
  if (options === null) return 2;
  const { story, longestMs } = STORIES[options.drill];
  const stopped = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => stopped.abort(new Error(`stopped by ${name}`)));
  }
  const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(longestMs)]);
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const drilled = await perform(story, options, say, signal);
  try {
    const code = await judge(drilled.out, options.json);
    if (options.keep) {
      say(`records and report: ${drilled.out}\nthe world stays up until Ctrl-C`);
      await Promise.race([drilled.keepUp(), untilAborted(stopped.signal)]);
    }
    return code;
  } finally {
    await drilled.close();
  }
}

/** Null when they are wrong, which is then told. */
async function optionsOf(words: readonly string[]): Promise<DrillOptions | null> {
  try {
    const options = parseOptions(words);
    const { inventory } = await loadInventory(options.inventoryFile);
    const primaries = Object.values(inventory.databases).map(({ primary }) => primary);
    checkDirection(options, Object.keys(inventory.clouds), primaries);
    return options;
  } catch (error) {
    if (error instanceof BadOptions) process.stderr.write(`${error.message}\n\n${USAGE}\n`);
    else if (error instanceof InventoryError) process.stderr.write(`${error.message}\n${error.next}\n`);
    else throw error;
    return null;
  }
}

/** In a process of its own, as a stranger would call it. */
function judge(out: string, json: boolean): Promise<number> {
  const words = [join(import.meta.dirname, "judge-main.ts"), out, ...(json ? ["--json"] : [])];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(
    `the drill broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return 1;
});
