/** `report.md`: the judgement as a page that a person reads from the top and may stop at any line. */
import { acknowledgedAtMs } from "./judge-database.ts";
import { latencyMs, percentile, rounded, type Check, type Facts } from "./judge-facts.ts";
import { eventsOf } from "./judge-ledger.ts";
import { inStretches, sparkline } from "./judge-spark.ts";
import { storyOf } from "./judge-story.ts";
import type { Judgement, Report } from "./judge.ts";

const SPARK_COLUMNS_MAX = 120;
/** Around a pivot, writes are shown in stretches of this length. */
const PIVOT_STRETCH_MS = 100;
const PIVOT_MARGIN_MS = 2000;

/** What a check asks, in plain words. */
const QUESTIONS: Readonly<Record<string, string>> = {
  runsCompleted: "The runs came to their end",
  failedRequests: "Requests that failed",
  p99Ms: "99 of 100 requests answered within, ms",
  lostWrites: "Acknowledged writes lost",
  doubledWrites: "Writes kept twice",
  blockedWritesMsForward: "Writes paused, going over, ms",
  blockedWritesMsBackward: "Writes paused, coming back, ms",
  twoWritersMs: "Two databases acknowledging at once, ms",
  primaryMoved: "The primary database moved and returned",
  weights: "The weights moved and returned",
  trafficFollowedWeights: "Clients were served as the weights said",
  holdsKept: "The waits between steps were kept",
  planFollowed: "What was approved was done, nothing else",
  effectsMatchLedger: "Each act carried out exactly once",
  ledgerVerified: "The ledger's hash chain holds",
  loadCoverage: "The load was there all the time",
  writerCoverage: "Each database was tried all the time",
  kills: "Interruptions of the orchestrator",
  places: "Places at which it was interrupted",
  resumeMs: "99 of 100 times the run went on within, ms",
  frozenResumeMs: "99 of 100 times it went on beside a member that stood still within, ms",
  effectsTwice: "Effects carried out twice",
  effectsCounted: "The world counts each effect",
  blockedWritesMs: "Writes paused in any run, ms",
  detectedMs: "The loss of the cloud was seen within, ms",
  quorum: "Observers whose word it rested on",
  falseVerdicts: "Clouds called down that were well",
  shiftMs: "From the verdict until traffic was away, ms",
  leftOnlyTheLost: "Clouds that lost traffic though they were well",
  writesBackMs: "Writes acknowledged again after, ms",
  failedReads: "Reads that failed",
  failedAfterShift: "Requests that failed after traffic was away",
  stallMs: "The orchestrator's longest silence, ms",
  worldCounted: "The world was counted before and after",
  restoreSteps: "Traffic came back by steps",
  returnedWell: "It came back to a cloud that was well",
  copies: "Every cloud has a database again",
};

export function renderMarkdown({ report, facts }: Judgement): string {
  const sections = [
    `# Planned move of traffic and primary: ${report.ok ? "passed" : "failed"}`,
    headline(report),
    redChecks(report),
    `## The numbers\n\n${numbers(report)}`,
    `## What happened\n\nSeconds since the load began.\n\n${storyOf(facts)}`,
    `## What clients saw\n\n${graphs(facts)}`,
    `## What this drill is, and is not\n\n${shortened(report)}`,
    `## The records\n\n${files(report)}`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function headline(report: Report): string {
  const { traffic, database, from, to } = report;
  if (!report.ok) {
    const red = report.checks.filter((check) => !check.ok);
    const was = red.length === 1 ? "One thing" : `${red.length} things`;
    return `**${was} that had to hold did not**, of ${report.checks.length} that were checked. The first: ${questionOf(red[0])}.`;
  }
  const [over, back] = database.blockedWritesMs.map((ms) => `${((ms ?? 0) / 1000).toFixed(2)} s`);
  const what = database.primaryAfter === to ? "The primary database and all traffic of" : "All traffic of";
  return [
    `**${what} ${from} moved to ${to} and back while ${traffic.requests.toLocaleString("en")} requests came in, ${traffic.ratePerSecond} a second.**`,
    `No request failed. None of ${database.acknowledgedWrites.toLocaleString("en")} acknowledged writes was lost.`,
    `Writes paused for ${over} on the way over and ${back} on the way back; 99 of 100 requests were answered within ${Math.round(traffic.p99Ms ?? 0)} ms.`,
  ].join("\n");
}

type Checked = Pick<Report, "checks" | "sabotage">;

export function redChecks(report: Checked): string {
  const lines =
    report.sabotage === null
      ? []
      : [`> This drill was sabotaged on purpose (\`${report.sabotage}\`): it has to fail.`];
  const red = report.checks.filter((check) => !check.ok);
  if (red.length > 0) {
    lines.push(
      ...(lines.length > 0 ? [""] : []),
      ...red.map(
        (check) =>
          `- **${questionOf(check)}**: ${shown(check.measured)}, limit ${shown(check.limit)}. ${check.detail}`,
      ),
    );
  }
  return lines.join("\n");
}

export function numbers(report: Checked): string {
  const rows = report.checks.map((check) =>
    [check.ok ? "ok" : "**RED**", questionOf(check), shown(check.measured), shown(check.limit), check.detail]
      .map(cell)
      .join(" | "),
  );
  return [
    "| | What was asked | Measured | Limit | |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

export function questionOf(check: Check | undefined): string {
  return check === undefined ? "nothing" : (QUESTIONS[check.name] ?? check.name);
}

function shown(value: number | string | null): string {
  return value === null ? "not measured" : typeof value === "number" ? String(rounded(value)) : value;
}

export function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

export function graphs(facts: Facts): string {
  const { requests, intent } = facts.records;
  const first = requests[0];
  if (first === undefined) return "Nothing: there was no request.";
  const spanMs = Math.max(1000, facts.loadEndedAtMs - first.scheduled);
  const eachMs = Math.max(1, Math.ceil(spanMs / 1000 / SPARK_COLUMNS_MAX)) * 1000;
  const grid = { fromMs: first.scheduled, eachMs, count: Math.ceil(spanMs / eachMs) };
  const stretches = inStretches(requests, (request) => request.scheduled, grid);
  const p99s = stretches.map((some) => percentile(some.map(latencyMs), 0.99));
  const clouds = [...intent.statedWeights.keys()];
  const width = Math.max(...clouds.map((cloud) => cloud.length), 3);
  const shares = clouds.map((cloud) => {
    const percents = stretches.map((some) => {
      const answered = some.filter((request) => request.cloud !== null);
      if (answered.length === 0) return null;
      return (answered.filter((request) => request.cloud === cloud).length / answered.length) * 100;
    });
    return `${cloud.padEnd(width)} ${sparkline(percents, 100)}`;
  });
  const worst = Math.max(...p99s.map((ms) => ms ?? 0));
  return [
    speeds(facts),
    `Each column is ${eachMs / 1000} s. Latency at the 99th percentile, from 0 to ${intent.expectations.p99Ms} ms (the worst column: ${Math.round(worst)} ms):`,
    fenced([`${"p99".padEnd(width)} ${sparkline(p99s, intent.expectations.p99Ms)}`]),
    "Share of requests that each cloud served, from 0 to 100 %:",
    fenced(shares),
    ...pivotGraphs(facts),
  ].join("\n\n");
}

/** Reads and writes apart: a pause of writes is few among all requests. */
function speeds(facts: Facts): string {
  const { requests } = facts.records;
  const rows = (["GET", "POST"] as const).map((method) => {
    const latencies = requests.filter((request) => request.method === method).map(latencyMs);
    const [p50, p99, most] = [0.5, 0.99, 1].map((share) => shown(percentile(latencies, share)));
    return `| ${method === "GET" ? "reads" : "writes"} | ${latencies.length} | ${p50} | ${p99} | ${most} |`;
  });
  return [
    "| | requests | p50, ms | p99, ms | slowest, ms |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}

/** Acknowledged writes in tenths of a second, from a little before each pivot to a little after. */
function pivotGraphs(facts: Facts): string[] {
  const acknowledged = acknowledgedAtMs(facts.records);
  return [facts.runs.forward, facts.runs.backward].flatMap((run) => {
    const started = eventsOf(run, "pivot-started").at(-1);
    const finished = eventsOf(run, "pivot-finished").at(-1);
    if (run === null || started === undefined || finished === undefined) return [];
    const fromMs = started.time - PIVOT_MARGIN_MS;
    const spanMs = finished.time + PIVOT_MARGIN_MS - fromMs;
    const count = Math.min(SPARK_COLUMNS_MAX, Math.ceil(spanMs / PIVOT_STRETCH_MS));
    const counts = inStretches(acknowledged, (at) => at, { fromMs, eachMs: PIVOT_STRETCH_MS, count }).map(
      (some) => some.length,
    );
    const most = Math.max(...counts, 1);
    const margin = PIVOT_MARGIN_MS / PIVOT_STRETCH_MS;
    // In a ledger that was tampered with, times may be any.
    const pivotColumns = Math.round((finished.time - started.time) / PIVOT_STRETCH_MS);
    const length = Math.min(SPARK_COLUMNS_MAX, Math.max(1, pivotColumns));
    return [
      `Acknowledged writes around the pivot of ${run.runbook}, each column ${PIVOT_STRETCH_MS} ms, from 0 to ${most} (the line below marks the pivot, ${rounded(finished.time - started.time)} ms):`,
      fenced([sparkline(counts, most + 1), `${" ".repeat(margin)}${"─".repeat(length)}`]),
    ];
  });
}

function fenced(lines: readonly string[]): string {
  return ["```", ...lines, "```"].join("\n");
}

function shortened({ profile, holds, productionHolds, approvals, traffic, slack }: Report): string {
  const lines = [`- The \`${profile}\` profile of the inventory was used.`];
  const pairs = [
    ["the hold after each shift of the weights", "dwellMs"],
    ["the soak after the primary moved", "soakMs"],
    ["the window that a hold watches", "windowMs"],
  ] as const;
  for (const [name, field] of pairs) {
    const usual = productionHolds === null ? "" : `, in production ${duration(productionHolds[field])}`;
    lines.push(`- Shortened: ${name} is ${duration(holds[field])}${usual}.`);
  }
  if (slack !== 1) lines.push(`- Loosened: every limit of time is ${slack} times as long.`);
  for (const approval of approvals) lines.push(`- Approval: ${approval}.`);
  lines.push(`- One machine stood in for three clouds, under ${traffic.ratePerSecond} requests a second.`);
  return lines.join("\n");
}

function duration(ms: number): string {
  if (ms >= 60_000) return `${rounded(ms / 60_000)} min`;
  return ms >= 1000 ? `${rounded(ms / 1000)} s` : `${ms} ms`;
}

function files({ out }: Report): string {
  return [
    `In \`${out}\`. Judge them again with \`npm run judge ${out}\`: it reads these files and nothing else.`,
    "",
    "- `client.ndjson`: every request, as its client saw it",
    "- `writers.ndjson`: a commit tried every 20 ms at every database",
    "- `effects.ndjson`: what edge and agents carried out, by their own account",
    "- `rows-<cloud>.ndjson`: the keys in each database at the end",
    "- `ledger.jsonl`: both runs, event by event",
    "- `drill.json`: what was meant to happen, and the limits",
  ].join("\n");
}
