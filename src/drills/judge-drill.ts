/** Judges a drill of whatever kind its `drill.json` names. */
import { gatherFacts } from "./judge-facts.ts";
import { judgeInterrupted, type InterruptedReport } from "./judge-interrupted.ts";
import { renderInterrupted } from "./judge-interrupted-markdown.ts";
import { renderMarkdown } from "./judge-markdown.ts";
import { renderOutage } from "./judge-outage-markdown.ts";
import { judgeOutage, type OutageReport } from "./judge-outage.ts";
import { readRecords } from "./judge-records.ts";
import { judgePlanned, type Report } from "./judge.ts";

export type DrillJudgement = {
  readonly report: Report | InterruptedReport | OutageReport;
  readonly markdown: string;
};

/** Throws `BadRecords`, named by file and line, when the records in `dir` cannot be read. */
export function judgeDrill(dir: string): DrillJudgement {
  const facts = gatherFacts(readRecords(dir));
  const { interruptions, outage } = facts.records;
  if (outage !== null) {
    const judgement = judgeOutage(facts, outage);
    return { report: judgement.report, markdown: renderOutage(judgement) };
  }
  if (interruptions === null) {
    const judgement = judgePlanned(facts);
    return { report: judgement.report, markdown: renderMarkdown(judgement) };
  }
  const judgement = judgeInterrupted(facts, interruptions);
  return { report: judgement.report, markdown: renderInterrupted(judgement) };
}
