/**
 * `simulate [RUNBOOK|automation]`: rehearses nights in a world in memory, where nothing is touched and nothing needs to be up, and
 * says which of them broke what must hold.
 */
import { didYouMean } from "../../domain/names.ts";
import { SWEEP_NAMES } from "../../domain/sweep-names.ts";
import type { NightReport, Nights, Progress, Simulation } from "../../rehearsal/sweep-report.ts";
import type { Call, Command, Context } from "../context.ts";
import { interrupted, malformed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { flag, textOption, wholeNumberOption } from "../options.ts";
import { nightData, nightText, sweepData, sweepText } from "../simulation-text.ts";

const USUAL_SEEDS = 200;
const SEEDS_MAX = 1_000_000;
const SEED_MAX = 2 ** 31 - 1;
const NEXT = "./wildcam simulate --help";

export const simulate: Command = async (call, context) => {
  const [name] = call.args;
  const runbook = name === undefined ? null : knownSweep(name);
  const nights = nightsOf(call, context);
  const patch = textOption(call, "sabotage");
  const again = replayWords(runbook, patch, context);
  const replay = (seed: number) => again(["--seed", String(seed), "--trace"]);
  const report = reportFile(call, nights);
  const { inventory } = await context.inventory();
  const simulation = await context.outside.simulate({
    inventory,
    runbook,
    nights,
    trace: flag(call, "trace"),
    shrink: flag(call, "shrink"),
    patchFile: patch === null ? null : context.outside.resolvePath(patch),
    report: report === null ? null : { file: context.outside.resolvePath(report), replay },
    signal: context.io.interrupted,
    onProgress: progressTo(context),
  });
  if (context.io.interrupted.aborted) throw interrupted();
  return show(simulation, { context, replay });
};

function knownSweep(name: string): string {
  if (SWEEP_NAMES.includes(name)) return name;
  const what = `there are no nights of "${name}"${didYouMean(name, SWEEP_NAMES)}`;
  throw malformed({ what, why: `there are: ${SWEEP_NAMES.join(", ")}`, next: NEXT });
}

function show(
  simulation: Simulation,
  { context, replay }: { readonly context: Context; readonly replay: (seed: number) => string },
) {
  if (simulation.kind === "sweep") {
    const { report } = simulation;
    context.view.show({
      kind: "simulation",
      data: sweepData(simulation, replay),
      text: (style) => sweepText(simulation, replay, style),
    });
    return report.broken.length + report.mismatches.length === 0 ? EXIT.ok : EXIT.failed;
  }
  for (const night of simulation.nights)
    context.view.show({ kind: "night", data: nightData(night), text: (style) => nightText(night, style) });
  return simulation.nights.every(isWhole) ? EXIT.ok : EXIT.failed;
}

function isWhole({ night }: NightReport): boolean {
  return night.violations.length === 0;
}

function nightsOf(call: Call, context: Context): Nights {
  const seed = textOption(call, "seed");
  const scenario = textOption(call, "scenario");
  const file = textOption(call, "schedule");
  const given = Object.entries({ seed, scenario, schedule: file }).filter(([, value]) => value !== null);
  const many = ["seeds", "fromSeed", "twice"].filter((option) => textOption(call, option) !== null);
  if (given.length > 1 || (given.length === 1 && many.length > 0)) {
    const what = "--seed, --scenario, --schedule and --seeds name different nights";
    throw malformed({ what, why: "one of them at a time", next: NEXT });
  }
  if (scenario !== null) return { of: "scenario", name: scenario };
  if (file !== null) return { of: "file", file: context.outside.resolvePath(file) };
  if (seed !== null) return { of: "seed", seed: numberOf(call, "--seed", 0, { least: 0, most: SEED_MAX }) };
  if (flag(call, "trace"))
    throw malformed({ what: "--trace wants one night", why: "a sweep has thousands", next: NEXT });
  const count = numberOf(call, "--seeds", USUAL_SEEDS, { least: 1, most: SEEDS_MAX });
  const from = numberOf(call, "--from-seed", 1, { least: 0, most: SEED_MAX - count });
  const twice = numberOf(call, "--twice", 0, { least: 0, most: count });
  return { of: "seeds", from, count, twice };
}

/** `usual`: where it is not given. */
function numberOf(
  call: Call,
  flagName: string,
  usual: number,
  bounds: { readonly least: number; readonly most: number },
) {
  const name = flagName.slice(2).replaceAll(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
  const why = "a night is known by its seed";
  return wholeNumberOption(call, { name, flagName, ...bounds, why, next: NEXT }) ?? usual;
}

function reportFile(call: Call, nights: Nights): string | null {
  const file = textOption(call, "report");
  if (file === null || nights.of === "seeds") return file;
  const what = "--report is for a sweep of many seeds";
  throw malformed({ what, why: "one night is shown as it is", next: NEXT });
}

function replayWords(runbook: string | null, patch: string | null, { again }: Context) {
  const before = ["simulate", ...(runbook === null ? [] : [runbook])];
  const behind = patch === null ? [] : ["--sabotage", patch];
  return (words: readonly string[]) => again([...before, ...words, ...behind]);
}

/** A line for each tenth. */
function progressTo({ view }: Context): (progress: Progress) => void {
  let said = 0;
  return ({ done, of, broken }) => {
    const tenths = Math.floor((10 * done) / of);
    if (tenths <= said) return;
    said = tenths;
    view.message(`${done} of ${of} nights, ${broken === 0 ? "nothing broken" : `${broken} violations`}`);
  };
}
