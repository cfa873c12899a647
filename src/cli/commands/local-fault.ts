/** `local fault kill|freeze|slow|errors|partition|heal --cloud CLOUD`, `kill|heal --cluster CLUSTER`, `local fault list`: harm to the local world, on purpose. */
import type { Call, CloudFault, Command, Context, Faults, FaultWords } from "../context.ts";
import { didYouMean } from "../../domain/names.ts";
import { durationPattern, parseDuration } from "../../domain/units.ts";
import { malformed, unreachable } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { faultText } from "../local-status-text.ts";
import { argument, textOption, wholeNumberOption } from "../options.ts";

const FAULTS = ["kill", "freeze", "slow", "errors", "partition"] as const;
const DELAY_MS_MAX = 60_000;
const HELP = "./wildcam local fault --help";

export const localFault: Command = async (call, context) => {
  const what = argument(call, 0);
  if (what === "list") return await list(await supervisorOf(context), context);
  const words = what === "heal" ? null : faultWords(call, what);
  const target = targetOption(call, what);
  const faults = await supervisorOf(context);
  if (words === null) return await heal(faults, target, context);
  const begun = await faults.begin(target, words);
  context.view.show({
    kind: "local-fault",
    data: begun,
    text: () => [
      faultText(begun),
      `To end it: ${context.again(["local", "fault", "heal", ...flagOf(begun)])}`,
    ],
  });
  return EXIT.ok;
};

/** In the words of the supervisor. */
function targetOption(call: Call, what: string): string {
  const [cloud, cluster] = [textOption(call, "cloud"), textOption(call, "cluster")];
  if (cloud !== null && cluster === null) return cloud;
  if (cloud === null && cluster !== null) return `cluster/${cluster}`;
  throw malformed({
    what: `${what} wants --cloud CLOUD or --cluster CLUSTER${cloud === null ? "" : ", and not both"}`,
    why: "a fault is for one cloud, or for one cluster",
    next: HELP,
  });
}

function flagOf({ cloud, cluster }: CloudFault): string[] {
  return cluster === null ? ["--cloud", cloud] : ["--cluster", cluster];
}

function faultWords(call: Call, what: string): FaultWords {
  const fault = FAULTS.find((known) => known === what);
  if (fault === undefined) {
    throw malformed({
      what: `there is no fault "${what}"${didYouMean(what, [...FAULTS, "heal", "list"])}`,
      why: `there are: ${FAULTS.join(", ")}; heal ends one, list shows all`,
      next: HELP,
    });
  }
  const delayMs = delayOption(call);
  const why = "it is a share of all requests";
  const bounds = { name: "percent", flagName: "--percent", least: 1, most: 100, why, next: HELP };
  const percent = wholeNumberOption(call, bounds);
  return { fault, ...(delayMs === null ? {} : { delayMs }), ...(percent === null ? {} : { percent }) };
}

function delayOption(call: Call): number | null {
  const text = textOption(call, "delay");
  if (text === null) return null;
  const ms = durationPattern.test(text) ? parseDuration(text) : 0;
  if (ms >= 1 && ms <= DELAY_MS_MAX) return ms;
  const what = `--delay wants a time from 1ms to 60s, such as 800ms, got ${JSON.stringify(text)}`;
  throw malformed({ what, why: "nobody waits longer for an answer", next: HELP });
}

async function supervisorOf({ outside, globals }: Context): Promise<Faults> {
  const stateDir = outside.resolvePath(globals.state);
  const faults = await outside.localFaults(stateDir);
  if (faults !== null) return faults;
  throw unreachable({
    what: "no local world is up",
    why: `nothing that takes orders runs from ${stateDir}`,
    next: "start it with npm start, or ./wildcam local up",
  });
}

async function list(faults: Faults, { view }: Context) {
  const rows = await faults.list();
  view.show({
    kind: "local-faults",
    data: { faults: rows },
    text: () => (rows.length === 0 ? ["No cloud has a fault."] : rows.map(faultText)),
  });
  return EXIT.ok;
}

async function heal(faults: Faults, target: string, { view, again }: Context) {
  const healed = await faults.heal(target);
  const { cloud, cluster } = healed;
  const note =
    healed.fault === "kill" && cluster === null
      ? [`Its pods are starting. Its database is for ${again(["run", "restore-traffic", "--cloud", cloud])}.`]
      : [];
  view.show({
    kind: "local-fault-healed",
    data: healed,
    text: () => [`${cluster ?? cloud}: ${healed.fault} is over.`, ...note],
  });
  return EXIT.ok;
}
