/**
 * A procedure as a page: what its README says, and below it every step of one exemplary run with the commands that a
 * person would type. The steps come from planning the very code that runs, so the page cannot promise another order.
 */
import { guardPolicyOf } from "../domain/guards/policy.ts";
import { selectProfile } from "../domain/inventory/profile.ts";
import type { Inventory } from "../domain/inventory/schema.ts";
import type { Cloud, Weights } from "../domain/snapshot.ts";
import { RUNBOOK_NAMES, type RunbookName } from "../domain/runbook-names.ts";
import { withoutCloud } from "../domain/weights.ts";
import { formatDuration, milliseconds } from "../domain/units.ts";
import { isAct, type PlannedStep, planRun } from "../engine/planning.ts";
import type { AnyRunbook } from "../engine/runbook.ts";
import type { Hand } from "../ports/hand.ts";
import { type Example, exemplarySnapshot } from "./exemplary-snapshot.ts";

const PROFILE = "production";

export type PageParts = {
  readonly runbook: AnyRunbook;
  /** The README beside the runbook's code. */
  readonly readme: string;
  readonly inventory: Inventory;
  readonly hand: Hand;
};

/** Markdown. Throws when the runbook refuses its own example, which then needs another inventory or another example. */
export async function runbookPage({ runbook, readme, inventory, hand }: PageParts): Promise<string> {
  const { input, example, world } = exampleOf(nameOf(runbook), inventory);
  const binding = runbook.bind(input, { inventory, profile: selectProfile(inventory, PROFILE) });
  if (!binding.ok)
    throw new Error(`the example of ${runbook.name} is not valid: ${binding.problems.join("; ")}`);
  const facts = exemplarySnapshot(inventory, example);
  const planning = { guards: guardPolicyOf(inventory), hand, codeVersion: "page", inventoryDigest: "page" };
  const { steps } = await planRun(binding.bound, facts, planning);
  const guards = [
    ...new Set(steps.flatMap((step) => (isAct(step) ? step.guards.map(({ guard }) => guard) : []))),
  ];
  return [
    `<!-- Generated: src/runbooks/${runbook.name}/README.md, and a plan made by the code beside it. Change those. -->`,
    "",
    readme.trim(),
    "",
    "## Every step, with its commands",
    "",
    `An example: \`${commandOf(runbook.name, input)}\`, profile \`${PROFILE}\`, on a world ${world},`,
    `demand is ${facts.demand.requestsPerSecond} requests/s and the weights are ${inWords(facts.traffic.weights)}. For a run of your own the orchestrator`,
    "writes the same with that run's values (`./wildcam run show RUN`).",
    "",
    `Checked before every act, on facts read at that moment: ${guards.map((guard) => `\`${guard}\``).join(", ")}.`,
    "",
    ...steps.flatMap((step, index) => stepLines(step, index + 1)),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function nameOf({ name }: AnyRunbook): RunbookName {
  const known = RUNBOOK_NAMES.find((one) => one === name);
  if (known === undefined) throw new RangeError(`no example is known for "${name}"`);
  return known;
}

type PageExample = {
  readonly input: Readonly<Record<string, string>>;
  readonly example: Example;
  readonly world: string;
};

/**
 * A failover leaves from where the inventory has the primary, a rollback comes back from there; an outage takes that very
 * cloud, and a restoration brings it back.
 */
function exampleOf(name: RunbookName, inventory: Inventory): PageExample {
  const home = Object.values(inventory.databases)[0]?.primary ?? "";
  const others = Object.keys(inventory.clouds).filter((cloud) => cloud !== home);
  const [away = ""] = others;
  const { weights } = inventory.edge;
  const healthy = "in which all is healthy";
  switch (name) {
    case "manual-failover":
      return {
        input: { from: home, to: away, database: "move" },
        example: { primary: null, weights: null },
        world: healthy,
      };
    case "rollback":
      return {
        input: { from: away, to: home, database: "move" },
        example: { primary: away, weights: moved(weights, home, away) },
        world: healthy,
      };
    case "survive-outage":
      return {
        input: { cloud: home, database: "move" },
        example: { primary: null, weights: null, lost: home },
        world: `in which ${home} is lost`,
      };
    case "restore-traffic":
      return {
        input: { cloud: home, primary: "stay" },
        example: { primary: away, weights: withoutCloud(weights, home, others), returned: home },
        world: `in which ${home} has come back from an outage that was survived`,
      };
    default:
      return name satisfies never;
  }
}

function moved(weights: Weights, from: Cloud, to: Cloud): Weights {
  return { ...weights, [from]: 0, [to]: (weights[to] ?? 0) + (weights[from] ?? 0) };
}

function stepLines(step: PlannedStep, number: number): string[] {
  const head = `${number}. ${titleOf(step)}`;
  if (!isAct(step)) return [head];
  return [head, "", "   ```bash", ...step.byHand.map((line) => `   ${line}`), "   ```", ""];
}

function titleOf(step: PlannedStep): string {
  const within = step.pivot !== null && step.kind !== "pivot" ? " *(pivot)*" : "";
  switch (step.kind) {
    case "act":
      return `**${step.title}**${step.undoable ? "" : ", which has no undo"}${within}`;
    case "commit":
      return `**${step.title}: the point of no return**${within}`;
    case "pivot":
      return `*Pivot: ${step.title}, within ${length(step.forMs)}; from here to the end of the pivot without a pause*`;
    case "hold":
      return `Hold ${length(step.forMs)}: ${step.title}`;
    case "read":
      return `Read ${step.title}`;
    case "check":
      return `Check: ${step.title}${within}`;
    case "keep":
      return `From here on nothing goes back behind this: ${step.title}`;
    case "notify":
      return `Notify: ${step.title}`;
    default:
      return step satisfies never;
  }
}

function length(ms: number | null): string {
  return formatDuration(milliseconds(ms ?? 0));
}

function commandOf(name: string, input: Readonly<Record<string, string>>): string {
  const flags = Object.entries(input).flatMap(([key, value]) =>
    key === "database" || value === "stay" ? [] : [`--${key} ${value}`],
  );
  return `./wildcam run ${name} ${flags.join(" ")}`;
}

function inWords(weights: Weights): string {
  return Object.entries(weights)
    .map(([cloud, points]) => `${cloud} ${points}`)
    .join(", ");
}
