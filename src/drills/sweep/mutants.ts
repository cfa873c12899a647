/**
 * Planted bugs, and whether a sweep notices them: what makes a sweep's silence worth something.
 *
 * 1. A mutant is a patch to the product, kept as data in `test/mutants/`: its first line says what it breaks, and its
 *    file's name begins with its class. A line `Sweep: NAME` before the patch says whose nights have to notice it; the planned
 *    moves where it does not say.
 * 2. Only an invariant that a night broke counts as caught. A patch that does not apply, or breaks the program itself, fails
 *    the judgement: it says nothing of the checkers.
 * 3. Nights are tried in the order of their seeds, so that "caught after n seeds" means the same on any machine.
 */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { BY_ITSELF, SWEEP_NAMES } from "../../domain/sweep-names.ts";
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { Courses } from "../../rehearsal/courses.ts";
import { BadPatch, patchedCopy } from "./patched-copy.ts";
import { Rehearsals, sweep } from "./sweep.ts";

export type Mutant = {
  readonly name: string;
  readonly breaks: string;
  readonly patch: string;
  /** Of a runbook, or of automation; null: of the planned moves. */
  readonly sweepOf: string | null;
};

export type Judged = {
  readonly name: string;
  readonly breaks: string;
  /** What was broken, and after how many seeds; null: nothing. */
  readonly caught: { readonly invariant: string; readonly what: string; readonly seeds: number } | null;
  readonly tried: number;
};

const MUTANTS = "test/mutants";
/** Nights that are tried before a look at what they broke; those that nobody begins take longer, and have few stories. */
const STRIDE = 40;
const STRIDE_BY_ITSELF = 14;

export async function readMutants(checkout: string): Promise<Mutant[]> {
  const folder = join(checkout, MUTANTS);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".patch")).sort();
  return await Promise.all(names.map((name) => readMutant(join(folder, name))));
}

/** Throws BadPatch. */
export async function readMutant(file: string): Promise<Mutant> {
  try {
    const patch = await readFile(file, "utf8");
    const [head = ""] = patch.split("\n--- ", 1);
    const sweepOf = /^Sweep: (.+)$/m.exec(head)?.[1] ?? null;
    if (sweepOf !== null && !SWEEP_NAMES.includes(sweepOf))
      throw new BadPatch(`${file} is for the nights of "${sweepOf}"; there are ${SWEEP_NAMES.join(", ")}`);
    return { name: basename(file, ".patch"), breaks: patch.split("\n", 1)[0] ?? "", patch, sweepOf };
  } catch (error) {
    if (error instanceof BadPatch) throw error;
    throw new BadPatch(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export type JudgeOrder = {
  readonly checkout: string;
  readonly inventory: Inventory;
  /** Of the code as it is, by sweep: what is tried is the same for every mutant. */
  readonly coursesOf: (sweepOf: string | null) => Promise<Courses>;
  readonly seedsMax: number;
};

/** Throws BadPatch, WorkerFailed. */
export async function judge(
  { name, breaks, patch, sweepOf }: Mutant,
  { checkout, inventory, coursesOf, seedsMax }: JudgeOrder,
): Promise<Judged> {
  const courses = await coursesOf(sweepOf);
  const copy = await patchedCopy(checkout, patch);
  try {
    const rehearsals = await Rehearsals.open({ inventory, runbook: sweepOf, source: copy.source, courses });
    try {
      const stride = sweepOf === BY_ITSELF ? STRIDE_BY_ITSELF : STRIDE;
      for (let tried = 0; tried < seedsMax; tried += stride) {
        const seeds = Math.min(stride, seedsMax - tried);
        const order = { runbook: sweepOf, fromSeed: tried + 1, seeds, twice: 0 };
        const { broken } = await sweep(rehearsals, order, () => undefined);
        const [first] = broken;
        if (first === undefined) continue;
        const caught = { invariant: first.invariant, what: first.what, seeds: first.seed };
        return { name, breaks, caught, tried: tried + seeds };
      }
      return { name, breaks, caught: null, tried: seedsMax };
    } finally {
      await rehearsals.close();
    }
  } finally {
    await copy.remove();
  }
}

export type Score = {
  readonly mutants: number;
  readonly caught: number;
  readonly score: number;
  /** Of those that were caught. */
  readonly medianSeeds: number;
  readonly survivors: readonly string[];
};

export function scoreOf(judged: readonly Judged[]): Score {
  const seeds = judged
    .flatMap(({ caught }) => (caught === null ? [] : [caught.seeds]))
    .toSorted((left, right) => left - right);
  return {
    mutants: judged.length,
    caught: seeds.length,
    score: judged.length === 0 ? 0 : seeds.length / judged.length,
    medianSeeds: seeds[Math.floor((seeds.length - 1) / 2)] ?? 0,
    survivors: judged.flatMap(({ name, caught }) => (caught === null ? [name] : [])),
  };
}
