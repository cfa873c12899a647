/** The drill's command line: strict, and every wrong word is told before anything is started. */
import { parseArgs } from "node:util";
import { nearestName } from "../domain/names.ts";

const DRILLS = ["planned-failover", "interrupted", "outage"] as const;
export type Drill = (typeof DRILLS)[number];
const SABOTAGES = [
  "lose-write",
  "second-writer",
  "drop-request",
  "skip-hold",
  "edit-ledger",
  "twice",
  "no-fence",
  "one-observer",
  "all-at-once",
] as const;
export type Sabotage = (typeof SABOTAGES)[number];
/** Where a sabotage does harm: in the drills that have what it spoils. */
const SPOILS: { readonly [one in Sabotage]?: readonly Drill[] } = {
  "second-writer": ["planned-failover", "interrupted"],
  "drop-request": ["planned-failover", "interrupted"],
  "skip-hold": ["planned-failover", "interrupted"],
  twice: ["interrupted"],
  "no-fence": ["outage"],
  "one-observer": ["outage"],
  "all-at-once": ["outage"],
};
const FAULTS = ["kill", "freeze", "slow", "errors", "partition"] as const;
export type DrillFault = (typeof FAULTS)[number];

/** What an outage drill does to which cloud, and how often. */
export type OutageOrder = { readonly cloud: string; readonly fault: DrillFault; readonly repeat: number };

export type DrillOptions = {
  readonly drill: Drill;
  /** How often the orchestrator is interrupted, at the least; 0 unless the drill is `interrupted`. */
  readonly kills: number;
  /** Null unless the drill is `outage`. */
  readonly outage: OutageOrder | null;
  /** With three members of the orchestrator, one in each cloud: an outage takes one along. */
  readonly ha: boolean;
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

const RATES = { "planned-failover": "200", interrupted: "60", outage: "200" } as const;
const KILLS = "60";

export const USAGE = `npm run drill -- [interrupted | outage] [options]
  Moves live traffic and the primary database to another cloud and back, under load, and judges what clients saw.
  interrupted: does so again and again while the orchestrator's processes are killed or frozen at every step
  outage: a whole cloud dies under load; it is survived, comes back, and is restored by steps
  --cloud CLOUD             outage only: which one, default aws
  --fault WHAT              outage only: ${FAULTS.join(" | ")}, default kill
  --repeat N                outage only: so many times one after the other, default 1
  --kills N                 interrupted only: how often at the least, default ${KILLS}
  --ha                      three members of the orchestrator, one in each cloud; interrupted strikes each in turn,
                            outage takes one along
  --from CLOUD --to CLOUD   default aws and azure
  --rate N                  requests/s, default ${RATES["planned-failover"]}; interrupted ${RATES.interrupted}
  --seed N                  default 1
  --data DIR                a Camera Trap Data Package to load; a generated one otherwise
  --out DIR                 where records and report go; a new folder in drill-out/ otherwise
  --inventory FILE          default inventory.yaml
  --keep                    leave the world up after the report, until Ctrl-C
  --sabotage WHAT           must turn the drill red: ${SABOTAGES.slice(0, 6).join(" | ")}
                            (twice: interrupted only); outage: lose-write | edit-ledger | ${SABOTAGES.slice(6).join(" | ")}
  --slack N                 limits of time N times as long, 1 to 10; the report says so
  --json                    one JSON document on standard output`;

/** Throws BadOptions with what is wrong. */
export function parseOptions(words: readonly string[]): DrillOptions {
  const { values, positionals } = parsed(words);
  const drill = drillOf(positionals);
  const sabotage = values.sabotage === undefined ? null : sabotageOf(values.sabotage);
  if (drill !== "interrupted") {
    if (values.kills !== undefined) throw new BadOptions("--kills: only for the drill interrupted");
  }
  checkFit(drill, sabotage);
  if (values.ha && values.fault === "partition")
    throw new BadOptions(
      "--ha: not with --fault partition, since three members talk past the links that are cut",
    );
  return {
    drill,
    outage: outageOf(drill, values),
    kills: drill === "interrupted" ? numberOf("kills", values.kills ?? KILLS, { least: 1, most: 1_000 }) : 0,
    ha: values.ha,
    json: values.json,
    keep: values.keep,
    ratePerSecond: numberOf("rate", values.rate ?? RATES[drill], { least: 1, most: 2_000 }),
    seed: numberOf("seed", values.seed, { least: 0, most: 1_000_000_000 }),
    from: values.from,
    to: values.to,
    data: values.data ?? null,
    out: values.out ?? null,
    inventoryFile: values.inventory,
    sabotage,
    slack: numberOf("slack", values.slack, { least: 1, most: 10 }),
  };
}

function checkFit(drill: Drill, sabotage: Sabotage | null): void {
  const drills = sabotage === null ? undefined : SPOILS[sabotage];
  if (drills === undefined || drills.includes(drill)) return;
  throw new BadOptions(`--sabotage ${sabotage}: only for the drill ${drills.join(" or ")}`);
}

function outageOf(
  drill: Drill,
  values: {
    readonly cloud?: string | undefined;
    readonly fault?: string | undefined;
    readonly repeat?: string | undefined;
  },
): OutageOrder | null {
  if (drill === "outage") {
    return {
      cloud: values.cloud ?? "aws",
      fault: oneOf("--fault: ", values.fault ?? "kill", FAULTS),
      repeat: numberOf("repeat", values.repeat ?? "1", { least: 1, most: 100 }),
    };
  }
  const given = (["cloud", "fault", "repeat"] as const).find((name) => values[name] !== undefined);
  if (given === undefined) return null;
  throw new BadOptions(`--${given}: only for the drill outage`);
}

/** The clouds and directions that the inventory allows. Throws BadOptions. */
export function checkDirection(
  { from, to, outage }: DrillOptions,
  clouds: readonly string[],
  primaries: readonly string[],
): void {
  const named = outage === null ? { from, to } : { cloud: outage.cloud };
  for (const [flag, cloud] of Object.entries(named)) {
    if (clouds.includes(cloud)) continue;
    const nearest = nearestName(cloud, clouds);
    const hint = nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
    throw new BadOptions(
      `--${flag}: there is no cloud "${cloud}"${hint}; the inventory names ${clouds.join(", ")}`,
    );
  }
  if (outage !== null) return;
  if (from === to) throw new BadOptions(`--from and --to are both "${from}"`);
  if (!primaries.includes(from)) {
    const where = primaries.join(", ");
    throw new BadOptions(
      `--from: no database has its primary in ${from}, which the drill moves; try --from ${where}`,
    );
  }
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        kills: { type: "string" },
        cloud: { type: "string" },
        fault: { type: "string" },
        repeat: { type: "string" },
        ha: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        rate: { type: "string" },
        seed: { type: "string", default: "1" },
        from: { type: "string", default: "aws" },
        to: { type: "string", default: "azure" },
        data: { type: "string" },
        out: { type: "string" },
        inventory: { type: "string", default: "inventory.yaml" },
        sabotage: { type: "string" },
        slack: { type: "string", default: "1" },
      },
    });
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

function drillOf(positionals: readonly string[]): Drill {
  const [text = "planned-failover", ...more] = positionals;
  if (more.length > 0) throw new BadOptions(`expected one drill, got ${positionals.join(" ")}`);
  return oneOf("", text, DRILLS);
}

function sabotageOf(text: string): Sabotage {
  return oneOf("--sabotage: ", text, SABOTAGES);
}

function oneOf<T extends string>(what: string, text: string, names: readonly T[]): T {
  const known = names.find((name) => name === text);
  if (known !== undefined) return known;
  const nearest = nearestName(text, names);
  const hint = nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
  throw new BadOptions(`${what}there is no "${text}"${hint}; there are ${names.join(", ")}`);
}
