/** One ledger event as one line for people, or none where the event says nothing to somebody who watches. */
import type { JsonObject } from "../../domain/json.ts";
import type { EventType, LedgerEvent } from "../../domain/ledger.ts";
import { lengthText } from "./style.ts";
import type { Style } from "./view.ts";

type Tone = "plain" | "good" | "bad" | "warn" | "strong";

type Line = { readonly label: string; readonly text: string; readonly tone: Tone };

/** Label and text of an event, for wherever lines are not what is wanted. */
export function eventWords(event: LedgerEvent): Pick<Line, "label" | "text"> | null {
  return LINES[event.type](event.data, event.by);
}

/** `12:00:01Z  act       scale azure-west to 3 pods` */
export function eventLine(event: LedgerEvent, { colors, clock }: Style): string | null {
  const line = LINES[event.type](event.data, event.by);
  if (line === null) return null;
  const paint = {
    plain: (text: string) => text,
    good: colors.green,
    bad: colors.red,
    warn: colors.yellow,
    strong: colors.bold,
  }[line.tone];
  return `${colors.dim(clock(event.time))}  ${paint(line.label.padEnd(9))} ${line.text}`.trimEnd();
}

const say =
  (label: string, text: (data: JsonObject, by: string) => string, tone: Tone = "plain") =>
  (data: JsonObject, by: string): Line => ({ label, text: text(data, by), tone });

const nothing = (): null => null;

const LINES: Readonly<Record<EventType, (data: JsonObject, by: string) => Line | null>> = {
  "run-started": say(
    "started",
    (data, by) => `${words(data["runbook"])} ${inputText(data["input"])}, asked for by ${by}`,
    "strong",
  ),
  read: say("read", (data) => words(data["name"])),
  planned: say("planned", (data) => `${count(data["acts"])} acts, plan ${words(data["hash"]).slice(0, 12)}`),
  "approval-asked": say(
    "asks",
    (data) =>
      `waits for ${words(data["count"])} approval(s) of plan ${words(data["hash"]).slice(0, 12)}${guardsAgainst(data)}`,
    "warn",
  ),
  approved: say(
    "approved",
    (data, by) => (by === "policy" ? `by ${words(data["rule"])}` : `by ${by}${overridden(data)}`),
    "good",
  ),
  rejected: say("rejected", (data, by) => `by ${by}: ${words(data["why"])}`, "bad"),
  "approval-lapsed": say("lapsed", () => "the approval's time is over; it is asked for again", "warn"),
  commanded: say(
    "told",
    (data, by) => `${by}: ${words(data["command"])}${because(data)}${putOff(data)}`,
    "strong",
  ),
  "command-refused": say(
    "not now",
    (data, by) => `${by}: ${words(data["command"])}: ${words(data["why"])}`,
    "warn",
  ),
  waiting: say(
    "stands",
    (data) => `${words(data["state"])}: ${words(data["why"])}; it may ${offers(data)}`,
    "bad",
  ),
  "wait-lapsed": say(
    "reminder",
    (data) => `nobody has decided yet; ${words(data["owner"])} is told again`,
    "warn",
  ),
  "step-skipped": say(
    "left out",
    (data, by) => `${words(data["name"])} (${by}: ${words(data["why"])})`,
    "warn",
  ),
  superseded: say(
    "superseded",
    (data) =>
      `${words(data["lock"])} was taken by ${words(data["byRun"]) || "another run"}${data["heldUntilMs"] === undefined ? "" : ": its time was over"}`,
    "bad",
  ),
  "lock-granted": say(
    "locked",
    (data) =>
      `${words(data["lock"])} (epoch ${words(data["epoch"])})${data["takenFrom"] === undefined ? "" : `, taken from ${words(data["takenFrom"])}`}`,
  ),
  "locks-kept": nothing,
  "lock-queued": say(
    "queues",
    (data) => `for ${words(data["lock"])}, held by ${words(field(data["holder"], "run"))}`,
    "warn",
  ),
  "lock-refused": say(
    "locked out",
    (data) => `${words(data["lock"])} is held by ${words(field(data["holder"], "run"))}`,
    "bad",
  ),
  "lock-released": say("unlocked", (data) => words(data["lock"])),
  guarded: guardLine,
  "act-intended": (data) => ({
    label: data["mode"] === "undo" ? "undo" : "act",
    text: words(data["name"]).replace(/^undo: /, ""),
    tone: "plain",
  }),
  "act-done": (data) =>
    data["result"] === "found"
      ? { label: "found", text: `${words(data["name"])}: stood already`, tone: "plain" }
      : null,
  "act-verified": say("proved", (data) => `${words(data["op"])} ${words(data["target"])}`, "good"),
  "act-failed": say("failed", (data) => `${words(data["name"])}: ${words(data["why"])}`, "bad"),
  "act-retried": say(
    "retry",
    (data) =>
      `${words(data["op"])} ${words(data["target"])}, try ${words(data["tries"])}: ${words(field(data["error"], "message"))}`,
    "warn",
  ),
  "check-passed": say("checked", (data) => words(data["name"]), "good"),
  "check-failed": say("not yet", (data) => words(data["name"]), "warn"),
  "hold-started": say("hold", (data) => `${length(data["forMs"])}: ${words(data["title"])}`),
  "hold-passed": say(
    "held",
    (data) => `${words(data["title"])} (${words(data["samples"])} samples${worst(data["worst"])})`,
    "good",
  ),
  "good-point": say("kept", (data) => words(data["title"]), "good"),
  "hold-breached": say("breach", (data) => words(data["why"]), "bad"),
  "pivot-started": say(
    "pivot",
    (data) => `${words(data["name"])}, within ${length(data["deadlineMs"])}`,
    "strong",
  ),
  "pivot-committed": say(
    "committed",
    () => "the point of no return is passed; from here only forward",
    "strong",
  ),
  "pivot-finished": say("pivot", (data) => `done: ${words(data["name"])}`, "good"),
  notified: say("notified", (data) => words(data["text"])),
  refused: say("refused", (data) => words(data["why"]), "bad"),
  "undo-started": say(
    "undoing",
    (data) => `${count(data["acts"])} act(s), back to the last good point`,
    "warn",
  ),
  undone: say("undone", () => "the world is at the last good point", "warn"),
  "undo-failed": say("undo stops", (data) => words(data["why"]), "bad"),
  failed: say("failed", (data) => words(data["why"]), "bad"),
  "run-ended": nothing,
  "attempt-refused": say("refused", refusedAttempt, "bad"),
  "attempts-counted": say(
    "refused",
    (data, by) => `${words(data["count"])} more of ${by}: ${words(data["codes"])}`,
    "bad",
  ),
  "people-changed": say("people", peopleChange, "strong"),
  "automation-changed": say(
    "automation",
    (data, by) =>
      `${by}: ${words(data["change"])} ${words(data["action"])} ${words(data["mode"])}`.trim() +
      because(data),
    "strong",
  ),
};

function guardsAgainst({ against }: JsonObject): string {
  if (!Array.isArray(against)) return "";
  return against
    .map((one) => `; against ${words(field(one, "guard"))}: ${words(field(one, "why"))}`)
    .join("");
}

function overridden({ overrides }: JsonObject): string {
  return Array.isArray(overrides) ? `, against ${overrides.map(words).join(", ")}` : "";
}

function refusedAttempt(data: JsonObject, by: string): string {
  const target = typeof data["target"] === "string" ? ` (${data["target"]})` : "";
  return `${by}: ${words(data["tried"])}${target}: ${words(data["why"])}`;
}

function peopleChange(data: JsonObject, by: string): string {
  if (data["change"] === "found") return `found at the server's start: ${count(data["people"])} in the file`;
  const roles = Array.isArray(data["roles"]) ? `, ${data["roles"].join(", ")}` : "";
  return `${words(data["name"])} ${words(data["change"])} by ${by}${roles}`;
}

function guardLine(data: JsonObject): Line | null {
  const verdicts = Array.isArray(data["guards"]) ? data["guards"] : [];
  const spoke = verdicts.filter((verdict) => field(verdict, "verdict") !== "pass");
  if (spoke.length === 0) return null;
  const text = spoke
    .map((verdict) => `${words(field(verdict, "guard"))}: ${words(field(verdict, "why"))}`)
    .join("; ");
  const refuses = spoke.some((verdict) => field(verdict, "verdict") === "refuse");
  return { label: refuses ? "guard" : "warning", text, tone: refuses ? "bad" : "warn" };
}

/** `aws -> azure, database move` for a direction, `name=value` for anything else. */
export function inputText(input: unknown): string {
  if (typeof input !== "object" || input === null) return "";
  const { from, to, ...rest }: Readonly<Record<string, unknown>> = { ...input };
  const others = Object.entries(rest).map(([name, value]) => `${name} ${words(value)}`);
  const direction = typeof from === "string" && typeof to === "string" ? [`${from} -> ${to}`] : [];
  return [...direction, ...others].join(", ");
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value ? Reflect.get(value, name) : undefined;
}

function words(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function because(data: JsonObject): string {
  return words(data["why"]) === "" ? "" : `, because ${words(data["why"])}`;
}

function putOff(data: JsonObject): string {
  return data["putOffUntil"] === undefined ? "" : ` (after ${words(data["putOffUntil"])})`;
}

function offers(data: JsonObject): string {
  return Array.isArray(data["offers"]) ? data["offers"].map(words).join(", ") : "";
}

function count(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function length(value: unknown): string {
  return typeof value === "number" ? lengthText(value) : "";
}

function worst(value: unknown): string {
  const good = field(value, "goodPercent");
  const p99 = field(value, "p99Ms");
  const parts = [
    ...(typeof good === "number" ? [`${Math.round(good * 100) / 100} % good`] : []),
    ...(typeof p99 === "number" ? [`p99 ${Math.round(p99)} ms`] : []),
  ];
  return parts.length === 0 ? "" : `, ${parts.join(", ")}`;
}
