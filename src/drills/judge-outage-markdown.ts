/** `report.md` of a drill in which a cloud is taken away. */
import { rounded, type Facts } from "./judge-facts.ts";
import { dataText } from "./judge-ledger.ts";
import { cell, graphs, numbers, questionOf, redChecks } from "./judge-markdown.ts";
import type { OutageJudgement, OutageReport } from "./judge-outage.ts";
import type { VerdictChange } from "./judge-outage-records.ts";
import type { Round } from "./judge-outage-rounds.ts";
import { shiftsOf } from "./judge-outage-shifts.ts";
import type { LedgerEvent } from "./judge-records.ts";
import { storyOf } from "./judge-story.ts";
import { showWeights } from "./judge-weights.ts";

const DID: Readonly<Record<string, string>> = {
  kill: "Everything of it was killed at once",
  freeze: "Everything of it was frozen in the middle of its work",
  slow: "Its pods answered late",
  errors: "Its pods answered with errors",
  partition: "It was cut off from the rest of the world",
};

export function renderOutage(judgement: OutageJudgement): string {
  const { report, facts, rounds } = judgement;
  const sections = [
    `# The loss of ${report.cloud}: ${report.ok ? "survived" : "failed"}`,
    headline(report),
    redChecks(report),
    `## The numbers\n\n${numbers(report)}`,
    ...rounds.map((round) => `## ${titleOf(round, rounds)}\n\n${timeline(judgement, round)}`),
    `## What clients saw\n\n${graphs(facts)}`,
    `## What the orchestrator did\n\nSeconds since the load began.\n\n${storyOf(facts)}`,
    `## What this drill is, and is not\n\n${limits(report)}`,
    `## The records\n\n${files(report)}`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function headline(report: OutageReport): string {
  const red = report.checks.filter(({ ok }) => !ok);
  if (red.length > 0)
    return `**${red.length} of ${report.checks.length} things that had to hold did not.** The first: ${questionOf(red[0])}.`;
  const { cloud, fault, traffic, database, restore, rounds } = report;
  const again = rounds.length === 1 ? "" : ` ${rounds.length} times; the worst of these:`;
  const failed = traffic.failedReads + traffic.failedWrites;
  return [
    `**${cloud} was lost under ${report.ratePerSecond} requests a second. ${DID[fault] ?? fault}${again === "" ? "." : `,${again}`}**`,
    `It was seen after ${seconds(report.detectedMs)}, no client was sent there after ${seconds(report.shiftedMs)}, and writes were acknowledged again after ${seconds(report.writesBackMs)}.`,
    `Of ${traffic.requests.toLocaleString("en")} requests ${failed === 0 ? "none" : failed.toLocaleString("en")} failed, none once traffic was away. None of ${database.acknowledgedWrites.toLocaleString("en")} acknowledged writes was lost, and never did two databases acknowledge.`,
    `Then it came back, in ${restore.steps} steps${restore.failed === 0 ? " that nobody noticed" : ""}.`,
  ].join("\n");
}

function seconds(ms: number | null): string {
  return ms === null ? "a time that was not measured" : `${(ms / 1000).toFixed(1)} s`;
}

function titleOf({ span }: Round, rounds: readonly Round[]): string {
  return rounds.length === 1
    ? "From the fault on, second by second"
    : `Round ${span.round}, from its fault on`;
}

type Told = { readonly time: number; readonly text: string };

/** Everything that mattered, by whoever wrote it down, in one table. */
function timeline({ facts, outage }: OutageJudgement, round: Round): string {
  const { span, untilMs } = round;
  const told: Told[] = [
    { time: span.beginMs, text: `**${span.cloud}**: ${DID[span.fault] ?? span.fault}` },
    ...(span.endMs < untilMs ? [{ time: span.endMs, text: `**${span.cloud} comes back**` }] : []),
    ...outage.verdicts.filter(({ time }) => time >= span.beginMs && time < untilMs).map(verdictTold),
    ...shiftsTold(facts, round),
    ...(round.writesBackAtMs === null
      ? []
      : [{ time: round.writesBackAtMs, text: "**clients have writes acknowledged again**" }]),
    ...[...round.survivals, ...round.restorations].flatMap(({ runbook, events }) =>
      events.flatMap((event) => eventTold(runbook, event)),
    ),
  ];
  const rows = told
    .toSorted((a, b) => a.time - b.time)
    .map(({ time, text }) => `| ${((time - span.beginMs) / 1000).toFixed(2)} | ${cell(text)} |`);
  return ["| s | |", "| ---: | --- |", ...rows].join("\n");
}

function verdictTold({ time, member, cloud, verdict, observers }: VerdictChange): Told {
  const by = `${observers} ${observers === 1 ? "vantage point" : "vantage points"}`;
  return { time, text: `${member} says that ${cloud} is ${verdict}, by ${by}` };
}

function shiftsTold(facts: Facts, { span, untilMs }: Round): Told[] {
  return shiftsOf(facts)
    .filter(({ time }) => time >= span.beginMs && time < untilMs)
    .map(({ time, after }) => ({ time, text: `weights in force: ${showWeights(after)}` }));
}

function eventTold(runbook: string, event: LedgerEvent): Told[] {
  const { time, type } = event;
  switch (type) {
    case "run-started":
      return [{ time, text: `${runbook} begins` }];
    case "pivot-committed":
      return [{ time, text: "another database is the primary" }];
    case "run-ended":
      return [{ time, text: `${runbook} ${dataText(event, "outcome")}` }];
    default:
      return [];
  }
}

function limits({ profile, slack, ratePerSecond, cloud, orchestrator, rounds }: OutageReport): string {
  const lines = [
    `- The \`${profile}\` profile of the inventory was used: short holds, approval by policy.`,
    `- One machine stood in for three clouds, under ${ratePerSecond} requests a second; clients try each request once.`,
    `- Of the orchestrator, ${orchestrator.membersLost === 0 ? `no member stood in ${cloud}` : `${orchestrator.membersLost} member went with ${cloud}`}.`,
  ];
  if (rounds.length > 1)
    lines.push(
      `- ${rounds.length} times one after the other, in one world. That it was lost before is forgotten sooner than the inventory says (\`backMost\`): each round is a first one.`,
    );
  if (slack !== 1) lines.push(`- Loosened: every limit of time is ${rounded(slack)} times as long.`);
  return lines.join("\n");
}

function files({ out }: OutageReport): string {
  return [
    `In \`${out}\`. Judge them again with \`npm run judge ${out}\`: it reads these files and nothing else.`,
    "",
    "- `faults.ndjson`: when each fault began and ended, by the supervisor's clock",
    "- `verdicts.ndjson`: what each member of the orchestrator said of each cloud, a line for each change",
    "- `counts.ndjson`: the policy's version and each cluster's generation, at the beginning and at the end",
    "- `client.ndjson`, `writers.ndjson`, `effects.ndjson`, `rows-<cloud>.ndjson`, `ledger.jsonl`, `drill.json`: as in every drill",
  ].join("\n");
}
