/**
 * A run's record as a page for people who were not there: what was asked for, who allowed it, what was changed, how it
 * ended. It is made of the record's events alone, so the same events always make the same page.
 */
import type { JsonObject } from "../../domain/json.ts";
import type { LedgerHead } from "../../domain/ledger-head.ts";
import { isAuditLedger, type LedgerEvent } from "../../domain/ledger.ts";
import { eventWords, inputText } from "./event-line.ts";
import { elapsedText } from "./style.ts";
import type { Style } from "./view.ts";

export type Recorded = {
  readonly run: string;
  readonly events: readonly LedgerEvent[];
  readonly head: LedgerHead;
};

const OUTCOMES: Readonly<Record<string, string>> = {
  completed: "It was completed as planned.",
  refused: "It was refused before anything was changed, or at a point where nothing was left to undo.",
  undone: "It failed on its way, and what it had done was undone to the last good point.",
  "undo-incomplete":
    "It failed on its way, and going back did not succeed whole: people had to finish by hand.",
  failed: "It failed.",
  cancelled: "Somebody cancelled it.",
  superseded: "Another run took over from it.",
};

/** In Markdown. `style` has no colours. */
export function narrative({ run, events, head }: Recorded, style: Style): string {
  const started = events.find(({ type }) => type === "run-started");
  const ended = events.findLast(({ type }) => type === "run-ended");
  const what = `${text(started?.data, "runbook")} ${inputText(started?.data["input"])}`.trim();
  const outcome = ended === undefined ? "not ended" : text(ended.data, "outcome");
  const lines = [
    `# ${escaped(what === "" ? run : what)}: ${outcome}`,
    "",
    ...summary({ run, events, head }, style),
    "",
    "## What was changed",
    "",
    ...changes(events),
    "",
    "## What happened",
    "",
    "| time (UTC) | event | |",
    "| --- | --- | --- |",
    ...events.map((event) => timelineRow(event, style)),
    "",
    "## How this can be checked",
    "",
    `This page follows from the ${events.length} events in \`${run}.jsonl\`. Each event holds the hash of the one before it.`,
    `\`${run}.head\` signs the last of them, ${head.hash.slice(0, 16)}, in the name of installation`,
    `${head.installation}. In a checkout of the program, \`wildcam ledger verify --from DIR\` proves all of it.`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The page that an export begins with. */
export function exportIndex(records: readonly Recorded[], installation: string, style: Style): string {
  const rows = records.map(({ run, events }) => {
    const started = events.find(({ type }) => type === "run-started");
    const ended = events.findLast(({ type }) => type === "run-ended");
    const what = `${text(started?.data, "runbook")} ${inputText(started?.data["input"])}`;
    const outcome = ended === undefined ? "not ended" : text(ended.data, "outcome");
    return `| [${run}](${run}.md) | ${style.date(events[0]?.time ?? 0)} | ${escaped(what)} | ${outcome} |`;
  });
  const lines = [
    "# Records of runs",
    "",
    `${records.length} record(s), signed by installation ${installation}.`,
    "",
    "| run | began (UTC) | what | outcome |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    "Of each run there are a page to read (`.md`), its events (`.jsonl`) and the signature of the last one (`.head`).",
    "`ledger-public-key.json` is the key that checks the signatures. In a checkout of the program,",
    "`wildcam ledger verify --from DIR` proves that nothing here was changed since it was signed. The key is only as good",
    "as the way by which it came to you: compare the installation's name with one that you know from elsewhere.",
  ];
  return `${lines.join("\n")}\n`;
}

function summary({ run, events, head }: Recorded, style: Style): string[] {
  const started = events.find(({ type }) => type === "run-started");
  const ended = events.findLast(({ type }) => type === "run-ended");
  const firstMs = events[0]?.time ?? 0;
  const lastMs = ended?.time ?? events.at(-1)?.time ?? 0;
  const allowed = events
    .filter(({ type }) => type === "approved")
    .map(({ by, data }) => (by === "policy" ? text(data, "rule") : by));
  const plan = text(events.findLast(({ type }) => type === "planned")?.data, "hash");
  return [
    endWords(run, ended?.data),
    "",
    "| | |",
    "| --- | --- |",
    `| run | ${run} |`,
    `| asked for by | ${escaped(started?.by ?? "nobody")}, profile ${escaped(text(started?.data, "profile"))} |`,
    `| allowed by | ${escaped(allowed.join(", ")) || "nobody"} |`,
    `| plan | ${plan || "none"} |`,
    `| began | ${style.date(firstMs)} |`,
    `| ${ended === undefined ? "last event" : "ended"} | ${style.date(lastMs)}, after ${elapsedText(lastMs - firstMs)} |`,
    `| signed | ${style.date(head.time)}, by installation ${head.installation} |`,
  ];
}

function endWords(run: string, end: JsonObject | undefined): string {
  if (isAuditLedger(run))
    return "The installation's own ledger: attempts that were refused, and changes of people. It has no end.";
  if (end === undefined) return "It had not ended when this was written.";
  const outcome = text(end, "outcome");
  const why = text(end, "why");
  const said = OUTCOMES[outcome] ?? `It ended: ${escaped(outcome)}.`;
  return why === "" ? said : `${said} The reason: ${escaped(why)}.`;
}

function changes(events: readonly LedgerEvent[]): string[] {
  const acts = events.filter(({ type }) => type === "act-intended");
  if (acts.length === 0) return ["Nothing."];
  return acts.map((act, number) => {
    const key = text(act.data, "key");
    const own = events.filter(({ data }) => key !== "" && text(data, "key") === key);
    const done = own.find(({ type }) => type === "act-done");
    const how =
      done === undefined ? "not done" : text(done.data, "result") === "found" ? "stood already" : "done";
    return `${number + 1}. ${escaped(text(act.data, "name"))}: ${how}`;
  });
}

function timelineRow(event: LedgerEvent, style: Style): string {
  const { label, text: words } = eventWords(event) ?? { label: event.type, text: text(event.data, "name") };
  return `| ${style.date(event.time)} | ${escaped(label)} | ${escaped(words)} |`;
}

function text(data: JsonObject | undefined, name: string): string {
  const value = data?.[name];
  return typeof value === "string" ? value : "";
}

/** What people have written stays text: it makes no link, no row and no markup. */
function escaped(value: string): string {
  return value.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<|#]/g, (character) => `\\${character}`);
}
