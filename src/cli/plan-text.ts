/** A plan for people: every step in order, what each act changes, what no undo takes back, who must agree, the hash. */
import type { Json } from "../domain/json.ts";
import type { Expected } from "../engine/durations.ts";
import type { PlannedAct, PlannedStep } from "../engine/planning.ts";
import type { PlanAnswer } from "./api/parse-answers.ts";
import { guardLines, GuardPasses } from "./guard-lines.ts";
import type { Rehearsal } from "./rehearsal-of-plan.ts";
import { rehearsalText } from "./rehearsal-text.ts";
import { type Cell, columns, wrapped } from "./views/columns.ts";
import { inputText } from "./views/event-line.ts";
import { lengthText } from "./views/style.ts";
import type { Style } from "./views/view.ts";

const WIDTH = 96;

export function planText(
  {
    answer,
    rehearsal,
    next,
  }: { readonly answer: PlanAnswer; readonly rehearsal: Rehearsal | null; readonly next: string },
  style: Style,
): string[] {
  const { plan, refusals, profile } = answer;
  const verdict =
    refusals.length === 0
      ? []
      : ["", style.colors.red(`As the world is now ${refusals.length} guard(s) refuse this plan.`)];
  const passes = new GuardPasses();
  return [
    style.colors.bold(`Plan of ${plan.runbook} ${inputText(plan.input)}, profile ${profile}`),
    "",
    ...plan.steps.flatMap((step, index) =>
      stepLines(step, { number: index + 1, takes: answer.forecast.steps[index] ?? null, passes }, style),
    ),
    "",
    ...columns(summaryRows(answer)),
    ...(rehearsal === null ? [] : ["", ...rehearsalText(rehearsal, style)]),
    ...verdict,
    "",
    `next  ${next}`,
  ];
}

type Placed = { readonly number: number; readonly takes: Expected | null; readonly passes: GuardPasses };

function stepLines(step: PlannedStep, { number, takes, passes }: Placed, style: Style): string[] {
  const { colors } = style;
  // What stands beside the bar happens in the pivot: writes may be blocked, and only there.
  const bar = step.pivot === null ? " " : colors.yellow("|");
  const head = `${String(number).padStart(3)} ${bar} ${colors.cyan(kindOf(step).padEnd(6))}  ${titleOf(step, style)}`;
  if (!isAct(step))
    return [takes === null || step.kind === "hold" ? head : `${head}  ${paceOf(takes, style)}`];
  const indent = `    ${bar}         `;
  const changes = wrapped(changesOf(step.before, step.after).join(", "), WIDTH - 14);
  return [
    takes === null ? head : `${head}  ${paceOf(takes, style)}`,
    ...changes.map((line) => `${indent}${colors.dim(line)}`),
    ...capacityLines(step).map((line) => `${indent}${colors.dim(line)}`),
    ...passes.lines(step.guards).map((line) => `${indent}${colors.dim(line)}`),
    ...guardLines(step.guards, "").map((line) => `${indent}${colors.yellow(line)}`),
  ];
}

/** `~0.2 s` from past runs; `~2.5 s stated` where there are none and the driver says so. */
function paceOf({ typicalMs, seen }: Expected, { colors }: Style): string {
  return colors.dim(`~${secondsText(typicalMs)}${seen === 0 ? " stated" : ""}`);
}

function secondsText(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : lengthText(Math.round(ms / 1_000) * 1_000);
}

/** What each cloud can serve of what is asked of it once the act is done, and what is left without one more cloud. */
function capacityLines({ capacity }: PlannedAct): string[] {
  if (capacity === null) return [];
  const { perCloud, worstLoss } = capacity;
  const clouds = Object.entries(perCloud).map(
    ([cloud, { ready, needed }]) => `${cloud} ${Math.round(needed)} of ${Math.round(ready)}`,
  );
  const loss =
    worstLoss === null
      ? "no cloud is healthy"
      : `without ${worstLoss.lost} ${Math.round(worstLoss.demand)} of ${Math.round(worstLoss.remaining)}`;
  return [`requests/s ${clouds.join(", ")}; ${loss}`];
}

function kindOf(step: PlannedStep): string {
  return step.kind === "commit" ? "COMMIT" : step.kind;
}

function titleOf(step: PlannedStep, { colors }: Style): string {
  if (isAct(step)) {
    if (step.kind === "commit") return `${step.title} ${colors.yellow("(no return from here)")}`;
    return step.undoable ? step.title : `${step.title} ${colors.yellow("(no undo)")}`;
  }
  const length = step.forMs === null ? "" : lengthText(step.forMs);
  if (step.kind === "pivot") return `${step.title}, within ${length}`;
  return length === "" ? step.title : `${length}: ${step.title}`;
}

function isAct(step: PlannedStep): step is PlannedAct {
  return step.kind === "act" || step.kind === "commit";
}

function summaryRows({ plan, approval, profile, forecast }: PlanAnswer): Cell[][] {
  const acts = plan.steps.filter(isAct);
  const never = acts.filter(({ undoable }) => !undoable).map(({ title }) => title);
  const holds = plan.steps.flatMap((step) => (isAct(step) || step.kind !== "hold" ? [] : [step.forMs ?? 0]));
  const held = holds.reduce((sum, ms) => sum + ms, 0);
  const people =
    approval.by === "people"
      ? `${approval.count} of those who may approve, not who asks`
      : `policy of profile ${profile}`;
  const listed = never.length === 0 ? ["nothing"] : wrapped(never.join("; "), WIDTH - 14);
  return [
    [
      "acts",
      `${acts.length}, and ${holds.length} holds that take ${holds.length === 0 ? "no time" : lengthText(held)} in all`,
    ],
    [
      "takes",
      `about ${secondsText(forecast.typicalMs)}${approval.by === "people" ? ", and people's time" : ""}`,
    ],
    ...listed.map((line, index) => [index === 0 ? "no undo" : "", line]),
    ["guards", guardsText(acts)],
    ["locks", `${plan.locks.join(", ")}, for at most ${lengthText(plan.locksForMs)}`],
    ["approval", people],
    ["hash", plan.hash],
  ];
}

/** Every guard's verdict on every act: `40 pass, 1 warn`. */
function guardsText(acts: readonly PlannedAct[]): string {
  const verdicts = acts.flatMap(({ guards }) => guards.map(({ verdict }) => verdict));
  return (["pass", "warn", "refuse"] as const)
    .map((word) => ({ word, count: verdicts.filter((verdict) => verdict === word).length }))
    .filter(({ word, count }) => word === "pass" || count > 0)
    .map(({ word, count }) => `${count} ${word}`)
    .join(", ");
}

// Counters of compare-and-set rise with every change; they are in the hash, and only noise to a reader.
const COUNTERS = new Set(["version", "generation"]);

const NAMES: Readonly<Record<string, string>> = {
  replicas: "pods",
  writesBlocked: "writes blocked",
  synchronousNames: "commits wait for",
};

/** `writes blocked no -> yes`; nested objects key by key, what stays the same not at all. */
function changesOf(before: Json, after: Json, name = ""): string[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (key) => !COUNTERS.has(key),
    );
    return keys.flatMap((key) => changesOf(before[key] ?? null, after[key] ?? null, key));
  }
  const [was, becomes] = [valueText(before), valueText(after)];
  return was === becomes ? [] : [`${NAMES[name] ?? name} ${was} -> ${becomes}`];
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueText(value: Json): string {
  if (value === null || value === "") return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length === 0 ? "none" : `[${value.map(valueText).join(" ")}]`;
  return typeof value === "string" ? value : JSON.stringify(value);
}
