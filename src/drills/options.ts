/** The drill's command line: strict, and every wrong word is told before anything is started. */
import { parseArgs } from "node:util";
import { nearestName } from "../domain/names.ts";

const SABOTAGES = ["lose-write", "second-writer", "drop-request", "skip-hold", "edit-ledger"] as const;
export type Sabotage = (typeof SABOTAGES)[number];

export type DrillOptions = {
  readonly json: boolean;
  readonly keep: boolean;
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly from: string;
  readonly to: string;
  /** A Camera Trap Data Package; null: one is generated. */
  readonly data: string | null;
  /** Null: a new folder below `drill-out/`. */
  readonly out: string | null;
  readonly inventoryFile: string;
  readonly sabotage: Sabotage | null;
  /** The limits of time are this many times as long: for a machine that has other work. */
  readonly slack: number;
};

export class BadOptions extends Error {}

export const USAGE = `npm run drill -- [options]
  Moves live traffic and the primary database to another cloud and back, under load, and judges what clients saw.
  --from CLOUD --to CLOUD   default aws and azure
  --rate N                  requests/s, default 200
  --seed N                  default 1
  --data DIR                a Camera Trap Data Package to load; a generated one otherwise
  --out DIR                 where records and report go; a new folder in drill-out/ otherwise
  --inventory FILE          default inventory.yaml
  --keep                    leave the world up after the report, until Ctrl-C
  --sabotage WHAT           ${SABOTAGES.join(" | ")}: must turn the drill red
  --slack N                 limits of time N times as long, 1 to 10; the report says so
  --json                    one JSON document on standard output`;

/** Throws BadOptions with what is wrong. */
export function parseOptions(words: readonly string[]): DrillOptions {
  const values = parsed(words);
  return {
    json: values.json,
    keep: values.keep,
    ratePerSecond: numberOf("rate", values.rate, { least: 1, most: 2_000 }),
    seed: numberOf("seed", values.seed, { least: 0, most: 1_000_000_000 }),
    from: values.from,
    to: values.to,
    data: values.data ?? null,
    out: values.out ?? null,
    inventoryFile: values.inventory,
    sabotage: values.sabotage === undefined ? null : sabotageOf(values.sabotage),
    slack: numberOf("slack", values.slack, { least: 1, most: 10 }),
  };
}

/** The directions that the inventory allows. Throws BadOptions. */
export function checkDirection({ from, to }: DrillOptions, clouds: readonly string[]): void {
  for (const [flag, cloud] of Object.entries({ from, to })) {
    if (clouds.includes(cloud)) continue;
    const nearest = nearestName(cloud, clouds);
    const hint = nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
    throw new BadOptions(
      `--${flag}: there is no cloud "${cloud}"${hint}; the inventory names ${clouds.join(", ")}`,
    );
  }
  if (from === to) throw new BadOptions(`--from and --to are both "${from}"`);
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        json: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        rate: { type: "string", default: "200" },
        seed: { type: "string", default: "1" },
        from: { type: "string", default: "aws" },
        to: { type: "string", default: "azure" },
        data: { type: "string" },
        out: { type: "string" },
        inventory: { type: "string", default: "inventory.yaml" },
        sabotage: { type: "string" },
        slack: { type: "string", default: "1" },
      },
    }).values;
  } catch (error) {
    throw new BadOptions(error instanceof Error ? error.message : String(error));
  }
}

function numberOf(
  name: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new BadOptions(`--${name}: expected a whole number from ${least} to ${most}, got "${text}"`);
}

function sabotageOf(text: string): Sabotage {
  const known = SABOTAGES.find((name) => name === text);
  if (known !== undefined) return known;
  const nearest = nearestName(text, SABOTAGES);
  const hint = nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
  throw new BadOptions(`--sabotage: there is no "${text}"${hint}; there are ${SABOTAGES.join(", ")}`);
}
