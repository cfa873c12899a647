/** A runbook and its input as typed, checked against the inventory before the orchestrator is needed. */
import { didYouMean } from "../domain/names.ts";
import { RUNBOOK_NAMES, type RunbookName } from "../domain/runbook-names.ts";
import type { RunbookOrder } from "./api/client.ts";
import type { Call, Context } from "./context.ts";
import { malformed } from "./errors.ts";
import { argument, textOption } from "./options.ts";

/** `cloud`: it has to be given. Else the words that it may be; the first is meant where it is left out. */
type Inputs = Readonly<Record<string, "cloud" | readonly [string, ...string[]]>>;

const MOVE: Inputs = { from: "cloud", to: "cloud", database: ["move", "stay"] };

const INPUTS: Readonly<Record<RunbookName, Inputs>> = {
  "manual-failover": MOVE,
  rollback: MOVE,
  "survive-outage": { cloud: "cloud", database: ["move", "stay", "force"] },
  "restore-traffic": { cloud: "cloud", primary: ["stay", "return"] },
};

const EVERY_INPUT = [...new Set(Object.values(INPUTS).flatMap((inputs) => Object.keys(inputs)))];

/** Throws `malformed`, with the nearest valid name, for an unknown runbook or cloud, from = to, and another runbook's input. */
export async function runbookOrder(
  call: Call,
  context: Context,
  verbs: readonly string[] = [],
): Promise<RunbookOrder> {
  const runbook = knownRunbook(argument(call, 0), verbs);
  const [, excess] = call.args;
  if (excess !== undefined) {
    throw malformed({
      what: `too many words: ${JSON.stringify(excess)}`,
      why: "one runbook at a time",
      next: "./wildcam run --help",
    });
  }
  refuseForeign(call, runbook);
  const { inventory, path } = await context.inventory();
  const clouds = Object.keys(inventory.clouds);
  const input: Record<string, string> = {};
  for (const [name, takes] of Object.entries(INPUTS[runbook])) {
    const given = textOption(call, name);
    input[name] =
      takes === "cloud"
        ? knownCloud(runbook, { name, given }, { clouds, path })
        : knownWord(runbook, { name, given }, takes);
  }
  requireTwo(input, clouds);
  return { runbook, input };
}

function refuseForeign(call: Call, runbook: RunbookName): void {
  const own = Object.keys(INPUTS[runbook]);
  const foreign = EVERY_INPUT.find((name) => !own.includes(name) && textOption(call, name) !== null);
  if (foreign === undefined) return;
  throw malformed({
    what: `${runbook} takes no --${foreign}`,
    why: `it takes ${own.map((name) => `--${name}`).join(", ")}`,
    next: `./wildcam runbook page ${runbook}`,
  });
}

function requireTwo({ from, to }: Readonly<Record<string, string>>, clouds: readonly string[]): void {
  if (from === undefined || from !== to) return;
  const others = clouds.filter((cloud) => cloud !== from).join(", ");
  const why = `a move needs two clouds; the others are ${others}`;
  throw malformed({ what: `--from and --to are both "${from}"`, why, next: "./wildcam status" });
}

/** `verbs`: what else might have been meant in this place. */
export function knownRunbook(name: string, verbs: readonly string[] = []): RunbookName {
  const known = RUNBOOK_NAMES.find((one) => one === name);
  if (known !== undefined) return known;
  const what = `there is no runbook "${name}"${didYouMean(name, [...RUNBOOK_NAMES, ...verbs])}`;
  throw malformed({ what, why: `there are: ${RUNBOOK_NAMES.join(", ")}`, next: "./wildcam runbook list" });
}

function knownWord(
  runbook: RunbookName,
  { name, given }: { readonly name: string; readonly given: string | null },
  words: readonly [string, ...string[]],
): string {
  if (given === null || words.includes(given)) return given ?? words[0];
  const what = `${runbook} takes no --${name} ${given}`;
  throw malformed({ what, why: `it takes ${words.join(" or ")}`, next: `./wildcam runbook page ${runbook}` });
}

function knownCloud(
  runbook: RunbookName,
  { name, given }: { readonly name: string; readonly given: string | null },
  { clouds, path }: { readonly clouds: readonly string[]; readonly path: string },
): string {
  if (given !== null && clouds.includes(given)) return given;
  if (given === null) {
    const what = `${runbook} wants --${name} <CLOUD>`;
    const own = Object.keys(INPUTS[runbook]).map((one) => `--${one}`);
    throw malformed({ what, why: `it takes ${own.join(", ")}`, next: `./wildcam runbook page ${runbook}` });
  }
  const what = `--${name}: there is no cloud "${given}"${didYouMean(given, clouds)}`;
  throw malformed({ what, why: `${path} names ${clouds.join(", ")}`, next: "./wildcam status" });
}

/** The order as it would be typed; what is the default anyway is left out. */
export function orderWords({ runbook, input }: RunbookOrder): string[] {
  const usual = INPUTS[knownRunbook(runbook)];
  const given = Object.entries(input).filter(([name, value]) => value !== usualWord(usual[name]));
  return [
    runbook,
    ...given.flatMap(([name, value]) => [
      `--${name}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ];
}

/** A cloud is never left out. */
function usualWord(takes: Inputs[string] | undefined): string | null {
  return takes === undefined || takes === "cloud" ? null : takes[0];
}
