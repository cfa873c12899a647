/**
 * `npm run mutants`: applies each planted bug to a copy of the source and sweeps it. Exits 1 when fewer than 95 % are
 * caught, or when one cannot be judged; 2 on words or a patch that it cannot take.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { InventoryError, loadInventory } from "../../drivers/inventory/load.ts";
import type { Courses } from "../../rehearsal/courses.ts";
import { groundOf } from "../../rehearsal/ground.ts";
import { judge, type Judged, type Mutant, readMutant, readMutants, scoreOf } from "./mutants.ts";
import { BadPatch } from "./patched-copy.ts";
import { coursesFor } from "./sweep.ts";
import { WorkerFailed } from "./worker-pool.ts";

const CHECKOUT = join(import.meta.dirname, "../../..");
const BAR = 0.95;
const SEEDS = "1000";
const SEEDS_MAX = 1_000_000;

export const USAGE = `npm run mutants -- [options]
  Plants each bug of test/mutants/ in a copy of the source, and says after how many seeds a sweep noticed.
  --patch FILE   judges this patch alone, a unified diff below src/
  --only TEXT    only those whose name has this in it
  --seeds N      nights that are tried at most for each, default ${SEEDS}
  --json         one JSON document on standard output`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      patch: { type: "string" },
      only: { type: "string", default: "" },
      seeds: { type: "string", default: SEEDS },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const seedsMax = Number(values.seeds);
  if (!Number.isInteger(seedsMax) || seedsMax < 1 || seedsMax > SEEDS_MAX)
    throw new BadPatch(`--seeds: expected a whole number from 1 to ${SEEDS_MAX}, got "${values.seeds}"`);
  const mutants = await chosen(values.patch, values.only);
  const { inventory } = await loadInventory(join(CHECKOUT, "inventory.yaml"));
  const ground = groundOf(inventory);
  const known = new Map<string | null, Promise<Courses>>();
  const coursesOf = (sweepOf: string | null): Promise<Courses> => {
    const courses = known.get(sweepOf) ?? coursesFor(sweepOf, ground);
    known.set(sweepOf, courses);
    return courses;
  };
  const judged: Judged[] = [];
  for (const mutant of mutants) {
    const one = await judge(mutant, { checkout: CHECKOUT, inventory, coursesOf, seedsMax });
    judged.push(one);
    process.stderr.write(`${lineOf(one)}\n`);
  }
  const score = scoreOf(judged);
  process.stdout.write(
    values.json
      ? `${JSON.stringify(score)}\n`
      : `${score.caught} of ${score.mutants} caught, half of them within ${score.medianSeeds} seeds\n`,
  );
  return score.score >= BAR ? 0 : 1;
}

async function chosen(patch: string | undefined, only: string): Promise<Mutant[]> {
  if (patch !== undefined) return [await readMutant(patch)];
  const mutants = (await readMutants(CHECKOUT)).filter(({ name }) => name.includes(only));
  if (mutants.length === 0) throw new BadPatch(`there is no mutant whose name has "${only}" in it`);
  return mutants;
}

function lineOf({ name, breaks, caught, tried }: Judged): string {
  const verdict =
    caught === null ? `SURVIVED ${tried} seeds` : `${caught.invariant} after ${caught.seeds} seeds`;
  return `${name.padEnd(44)} ${verdict.padEnd(24)} ${breaks}`;
}

process.exitCode = await main().catch((error: unknown) => {
  const isInput =
    error instanceof BadPatch ||
    error instanceof InventoryError ||
    (error instanceof TypeError && "code" in error);
  const what = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${what}\n`);
  if (isInput) process.stderr.write(`\n${USAGE}\n`);
  if (!isInput && !(error instanceof WorkerFailed))
    process.stderr.write(`${error instanceof Error ? error.stack : ""}\n`);
  return isInput ? 2 : 1;
});
