/** `report.md` of a drill in which the orchestrator is interrupted. */
import { rounded } from "./judge-facts.ts";
import type { InterruptedJudgement, InterruptedReport } from "./judge-interrupted.ts";
import { cell, numbers, questionOf, redChecks } from "./judge-markdown.ts";
import type { Resume } from "./judge-resume.ts";
import { storyOf } from "./judge-story.ts";

export function renderInterrupted({ report, facts, resumes }: InterruptedJudgement): string {
  const sections = [
    `# Moves of traffic and primary while the orchestrator is killed and frozen: ${report.ok ? "passed" : "failed"}`,
    headline(report),
    redChecks(report),
    `## The numbers\n\n${numbers(report)}`,
    `## Every interruption\n\nSeconds since the load began.\n\n${interruptions(resumes, facts.records.intent.loadStartedAtMs)}`,
    `## What happened\n\nSeconds since the load began.\n\n${storyOf(facts)}`,
    `## What this drill is, and is not\n\n${limits(report, resumes)}`,
    `## The records\n\n${files(report)}`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function headline({
  ok,
  checks,
  kills,
  runs,
  traffic,
  resumeMs,
  acknowledgedWrites,
}: InterruptedReport): string {
  const red = checks.filter((check) => !check.ok);
  if (!ok)
    return `**${red.length} of ${checks.length} things that had to hold did not.** The first: ${questionOf(red[0])}.`;
  return [
    `**The orchestrator was interrupted ${kills} times in ${runs.length} runs, and every run came to its end.**`,
    `Nothing was carried out twice. Half of the runs went on within ${resumeMs.p50 ?? 0} ms, 99 of 100 within ${resumeMs.p99 ?? 0} ms.`,
    `Of ${traffic.requests.toLocaleString("en")} requests none failed; none of ${acknowledgedWrites.toLocaleString("en")} acknowledged writes was lost.`,
  ].join("\n");
}

function interruptions(resumes: readonly Resume[], zeroMs: number): string {
  const rows = resumes.map(({ kill, ms }) =>
    [
      rounded((kill.time - zeroMs) / 1000),
      kill.run,
      kill.place,
      `${kill.kind} ${kill.victims.join(" and ")}${kill.member === null ? "" : ` in ${kill.member}`}`,
      rounded(kill.againAtMs - kill.time),
      ms === null ? "had ended" : Number.isFinite(ms) ? rounded(ms) : "**never**",
    ].map((value) => cell(String(value))),
  );
  return [
    "| s | run | where | what | back after, ms | the run went on after, ms |",
    "| ---: | --- | --- | --- | ---: | ---: |",
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");
}

function limits({ profile, slack, traffic, places }: InterruptedReport, resumes: readonly Resume[]): string {
  const isOneOfThree = resumes.some(({ kill }) => kill.member !== null);
  const lines = [
    `- The \`${profile}\` profile of the inventory was used: short holds, approval by policy.`,
    `- One machine stood in for three clouds, under ${traffic.ratePerSecond} requests a second.`,
    isOneOfThree
      ? "- The orchestrator has three members, one in each cloud: one was struck at a time, and the others go on."
      : "- The orchestrator is one member: while it is away, runs stand still.",
    "- The demand that plans reckon with was stated, so that capacity has to be raised and lowered.",
    "- Edge, agents and databases were left alone.",
  ];
  if (slack !== 1) lines.push(`- Loosened: every limit of time is ${slack} times as long.`);
  if (places.missed.length > 0) lines.push(`- Not interrupted: ${places.missed.join("; ")}.`);
  return lines.join("\n");
}

function files({ out }: InterruptedReport): string {
  return [
    `In \`${out}\`. Judge them again with \`npm run judge ${out}\`: it reads these files and nothing else.`,
    "",
    "- `kills.ndjson`: every interruption: when, who, where, and after how long the victims ran again",
    "- `seen.ndjson`: every ledger event, and when it could first be read in the store",
    "- `counts.ndjson`: the policy's version and each cluster's generation, at the beginning and at the end",
    "- `client.ndjson`, `writers.ndjson`, `effects.ndjson`, `rows-<cloud>.ndjson`, `ledger.jsonl`, `drill.json`: as in every drill",
  ].join("\n");
}
