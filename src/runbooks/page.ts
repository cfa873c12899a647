/**
 * A procedure as a page: what its README says, and below it every step of one exemplary run with the commands that a
 * person would type. The steps come from planning the very code that runs, so the page cannot promise another order.
 */
import type { GuardPolicy } from "../domain/guards/guard.ts";
import { selectProfile } from "../domain/inventory/profile.ts";
import type { Inventory } from "../domain/inventory/schema.ts";
import type { Cloud, Weights } from "../domain/snapshot.ts";
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
  const { input, example } = exampleOf(runbook.name, inventory);
  const binding = runbook.bind(input, { inventory, profile: selectProfile(inventory, PROFILE) });
  if (!binding.ok)
    throw new Error(`the example of ${runbook.name} is not valid: ${binding.problems.join("; ")}`);
  const facts = exemplarySnapshot(inventory, example);
  const planning = { guards: guardsOf(inventory), hand, codeVersion: "page", inventoryDigest: "page" };
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
    `An example: \`${commandOf(runbook.name, input)}\`, profile \`${PROFILE}\`, on a world in which all is healthy,`,
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

/** A failover leaves from where the inventory has the primary; a rollback comes back from there. */
function exampleOf(
  name: string,
  inventory: Inventory,
): { readonly input: Readonly<Record<string, string>>; readonly example: Example } {
  const home = Object.values(inventory.databases)[0]?.primary ?? "";
  const away = Object.keys(inventory.clouds).find((cloud) => cloud !== home) ?? "";
  if (name !== "rollback")
    return { input: { from: home, to: away, database: "move" }, example: { primary: null, weights: null } };
  return {
    input: { from: away, to: home, database: "move" },
    example: { primary: away, weights: moved(inventory.edge.weights, home, away) },
  };
}

function moved(weights: Weights, from: Cloud, to: Cloud): Weights {
  return { ...weights, [from]: 0, [to]: (weights[to] ?? 0) + (weights[from] ?? 0) };
}

function guardsOf(inventory: Inventory): GuardPolicy {
  return {
    clouds: Object.keys(inventory.clouds),
    clusters: inventory.clusters,
    rpoBytes: inventory.policies.rpo.bytes,
    surviveAnotherLoss: inventory.policies.surviveAnotherLoss,
  };
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
    key === "database" ? [] : [`--${key} ${value}`],
  );
  return `./wildcam run ${name} ${flags.join(" ")}`;
}

function inWords(weights: Weights): string {
  return Object.entries(weights)
    .map(([cloud, points]) => `${cloud} ${points}`)
    .join(", ");
}
