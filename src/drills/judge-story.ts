/** The runs as a table of what happened when, from the ledger. */
import { rounded, type Facts } from "./judge-facts.ts";
import { canonicalJson, dataNumber, dataText, type Run } from "./judge-ledger.ts";
import { isJsonObject } from "./judge-lines.ts";
import type { LedgerEvent } from "./judge-records.ts";

const SHOWN_CHARACTERS_MAX = 160;

export function storyOf(facts: Facts): string {
  const zeroMs = facts.records.intent.loadStartedAtMs;
  const rows = facts.runs.ours.flatMap((run) => {
    return run.events.flatMap((event) => {
      const told = TELLERS[event.type]?.(run, event);
      return told === undefined ? [] : [`| ${((event.time - zeroMs) / 1000).toFixed(2)} | ${told} |`];
    });
  });
  if (rows.length === 0) return "Nothing: no run is in the ledger.";
  return ["| s | |", "| ---: | --- |", ...rows].join("\n");
}

/** Those events that are told, each in words; the others only prove what these say. */
const TELLERS: Readonly<Record<string, (run: Run, event: LedgerEvent) => string>> = {
  "run-started": (run, event) =>
    `**${run.runbook}** starts, asked for by ${dataText(event, "requestedBy") || event.by} (run \`${run.id}\`)`,
  planned: (_, event) => {
    const acts = event.data["acts"];
    return `planned: ${Array.isArray(acts) ? acts.length : 0} acts, plan ${dataText(event, "hash").slice(0, 12)}`;
  },
  approved: (_, event) => `approved by ${dataText(event, "by") || event.by}`,
  "act-intended": tellAct,
  "act-failed": tellTrouble,
  "check-passed": (_, event) => `check: ${nameOf(event)}`,
  "check-failed": tellTrouble,
  "hold-passed": (run, event) =>
    `held for ${heldSeconds(run, event)} s, ${dataNumber(event, "samples") ?? 0} samples${worstOf(event)}`,
  "hold-breached": tellTrouble,
  "pivot-started": (_, event) => `**pivot** begins: ${nameOf(event)}`,
  "pivot-committed": () => "the point of no return is passed",
  "pivot-finished": (run, event) => `pivot done${sinceStart(run, event, "pivot-started")}`,
  refused: tellTrouble,
  drifted: tellTrouble,
  "undo-started": tellTrouble,
  "undo-failed": tellTrouble,
  undone: tellTrouble,
  failed: tellTrouble,
  "run-ended": (run) => `**${run.runbook}** ${run.outcome} after ${rounded(run.durationMs / 1000)} s`,
};

function tellTrouble(_: Run, event: LedgerEvent): string {
  return `**${event.type}** ${short(canonicalJson(event.data))}`;
}

function tellAct(run: Run, event: LedgerEvent): string {
  const done = run.events.find(
    (later) => later.type === "act-done" && dataText(later, "key") === dataText(event, "key"),
  );
  const took = done === undefined ? "**not done**" : `${rounded(done.time - event.time)} ms`;
  const found = done !== undefined && dataText(done, "result") === "found" ? ", stood already" : "";
  return `${nameOf(event)} (${took}${found})`;
}

function heldSeconds(run: Run, passed: LedgerEvent): string {
  const started = run.events.findLast(
    (event) =>
      event.type === "hold-started" &&
      event.index < passed.index &&
      dataText(event, "step") === dataText(passed, "step"),
  );
  return started === undefined ? "?" : ((passed.time - started.time) / 1000).toFixed(1);
}

function worstOf(event: LedgerEvent): string {
  const worst = event.data["worst"];
  if (worst === undefined || worst === null) return "";
  if (!isJsonObject(worst)) return `, worst ${short(canonicalJson(worst))}`;
  const parts = Object.entries(worst).map(([name, value]) => `${name} ${canonicalJson(value)}`);
  return `, worst ${short(parts.join(", "))}`;
}

function sinceStart(run: Run, event: LedgerEvent, type: string): string {
  const started = run.events.findLast((earlier) => earlier.type === type && earlier.index < event.index);
  return started === undefined ? "" : ` in ${rounded(event.time - started.time)} ms`;
}

function nameOf(event: LedgerEvent): string {
  return short(dataText(event, "name") || `${dataText(event, "op")} ${dataText(event, "target")}`);
}

function short(text: string): string {
  const plain = text.replaceAll("|", "\\|").replaceAll("\n", " ");
  return plain.length > SHOWN_CHARACTERS_MAX ? `${plain.slice(0, SHOWN_CHARACTERS_MAX)}...` : plain;
}
