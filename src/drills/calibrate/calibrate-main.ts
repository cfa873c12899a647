/**
 * `npm run calibrate [DIR ...]`: how long things take in the local world, from the records of drills, into the file from
 * which the model world draws its ranges. Without folders it runs three drills of its own first.
 *
 * `--check DIR ...`: names what took longer or shorter in those drills than the model has it, and replays their ledgers in
 * it. Exits 1 when more than 5 % of all durations are outside, or the model does not go the way of a ledger. 2: the folders
 * hold no records. `--accept DIR ...` replays only, which says the same on a machine of any speed.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadInventory } from "../../drivers/inventory/load.ts";
import { acceptLedger } from "../../rehearsal/accept-ledger.ts";
import { LOCAL_RANGES } from "../../simulation/world/ranges.ts";
import { marksOf } from "./as-modelled.ts";
import { MEASURED, type Measured, type Samples, samplesOf } from "./measured.ts";
import { NoRecords, readRecords } from "./parse-records.ts";
import { compare, summaryOf } from "./summary.ts";

const FILE = join(import.meta.dirname, "../../simulation/world/calibration.json");
const INVENTORY = join(import.meta.dirname, "../../../inventory.yaml");
const DRILLS = 3;
/** Low enough that a small machine is not saturated, which would be measured in place of the world. */
const RATE = "60";
const INSIDE_LEAST = 0.95;
const NAMED_MAX = 20;

const USAGE = `npm run calibrate -- [--check | --accept] [DIR ...]
  Measures how long things take in the local world, from the records of drills, for the model world to draw from.
  DIR      a drill's --out; without any it runs ${DRILLS} drills of its own first
  --check  writes nothing: names what lies outside the model's ranges, and replays the drills' ledgers in the model,
           with the faults that they had
  --accept replays them only`;

function parseWords() {
  try {
    return parseArgs({
      options: {
        check: { type: "boolean", default: false },
        accept: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return error;
  }
}

async function main(): Promise<number> {
  const words = parseWords();
  if (words instanceof TypeError) return say(`${words.message}\n\n${USAGE}`, 2);
  const { values, positionals } = words;
  if (values.help) return say(USAGE, 0);
  const looksOnly = values.check ? "--check" : values.accept ? "--accept" : null;
  if (looksOnly !== null && positionals.length === 0)
    return say(`which drill? Next: npm run calibrate -- ${looksOnly} DIR`, 2);
  try {
    if (values.check) return Math.max(check(await samplesFrom(positionals)), await accept(positionals));
    if (values.accept) return await accept(positionals);
    return await write(positionals.length > 0 ? await samplesFrom(positionals) : await samplesOfOwn());
  } catch (error) {
    if (error instanceof NoRecords) return say(`${error.message}\nnext: npm run drill -- --out DIR`, 2);
    throw error;
  }
}

async function samplesFrom(folders: readonly string[]): Promise<Samples> {
  const all = new Map<Measured, number[]>(MEASURED.map((name) => [name, []]));
  for (const folder of folders) {
    const { events, clients, faults } = await readRecords(folder);
    for (const [name, list] of samplesOf(events, clients, faults))
      for (const ms of list) all.get(name)?.push(ms);
  }
  return all;
}

async function samplesOfOwn(): Promise<Samples> {
  const folder = await mkdtemp(join(tmpdir(), "wildcam-calibrate-"));
  const outs = Array.from({ length: DRILLS }, (_, index) => join(folder, String(index + 1)));
  try {
    for (const [index, out] of outs.entries()) await drill(out, index + 1);
    return await samplesFrom(outs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whatever its judge makes of it: here only how long things took counts. */
function drill(out: string, seed: number): Promise<void> {
  const words = [join(import.meta.dirname, "../drill-main.ts"), "--rate", RATE, "--seed", String(seed)];
  const child = spawn(process.execPath, [...words, "--slack", "3", "--out", out], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve());
  });
}

async function write(samples: Samples): Promise<number> {
  const summary = Object.fromEntries(summaryOf(samples));
  await writeFile(FILE, `${JSON.stringify(summary, null, 2)}\n`);
  const lines = Object.entries(summary).map(
    ([name, { samples: count, least, typical, most }]) =>
      `${name.padEnd(12)} ${count} times: ${least} to ${most} ms, half of them within ${typical}`,
  );
  return say(lines.join("\n"), 0);
}

function check(samples: Samples): number {
  const { samples: count, inside, outside } = compare(samples, LOCAL_RANGES);
  for (const { name, ms, range } of outside.slice(0, NAMED_MAX))
    say(`outside: ${name} ${Math.round(ms)} ms, the model has ${range[0]} to ${range[1]}`, 1);
  const share = count === 0 ? 0 : inside / count;
  return say(
    `${inside} of ${count} durations are inside the model's ranges (${(share * 100).toFixed(1)} %)`,
    share >= INSIDE_LEAST ? 0 : 1,
  );
}

async function accept(folders: readonly string[]): Promise<number> {
  let code = 0;
  for (const folder of folders) {
    const { inventory } = await loadInventory(INVENTORY);
    const { events, faults } = await readRecords(folder);
    const { acts, refused } = await acceptLedger(inventory, events, marksOf(inventory, faults));
    if (refused === null) say(`the model goes the way of all ${acts} acts of ${folder}`, 0);
    else
      code = say(
        `${folder}: event ${refused.index} of ${refused.run} is none of the model's: ${refused.why}`,
        1,
      );
  }
  return code;
}

function say(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  return code;
}

process.exitCode = await main();
