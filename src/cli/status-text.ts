/** The status for people: aligned, at most 100 wide, worst news in colour. */
import {
  type DatabaseFacts,
  type DatabaseMemberFacts,
  type Snapshot,
  type Verdict,
} from "../domain/snapshot.ts";
import { lsnDistanceBytes, parseLsn } from "../domain/units.ts";
import type { ShownRun, StatusAnswer } from "./api/parse-answers.ts";
import { type Cell, columns } from "./views/columns.ts";
import { inputText } from "./views/event-line.ts";
import { elapsedText } from "./views/style.ts";
import type { Style } from "./views/view.ts";

export type Capacity = Readonly<
  Record<string, { readonly readyPerSecond: number; readonly percent: number }>
>;

export type StatusFacts = {
  readonly answer: StatusAnswer;
  readonly capacity: Capacity | null;
  readonly nowMs: number;
};

export function statusText({ answer, capacity, nowMs }: StatusFacts, style: Style): string[] {
  const { snapshot, profile, you, at, observers, runs } = answer;
  const ageMs = nowMs - at;
  const age = ageMs > 5_000 ? style.colors.yellow(`, ${elapsedText(ageMs)} old`) : "";
  return [
    `${style.date(at)}${age}  profile ${profile}  you are ${you.name} (${you.roles.join(", ")})`,
    "",
    ...cloudTable(snapshot, capacity, style),
    observers === 1
      ? "Health is a quorum of one: only the edge's own view."
      : `Health is a quorum of ${observers} vantage points.`,
    ...orchestratorLines(answer.orchestrator, style),
    "",
    ...trafficLines(snapshot, capacity),
    "",
    ...Object.entries(snapshot.databases).flatMap(([name, group]) => [
      ...databaseTable(name, group, style),
      "",
    ]),
    ...runTable(runs, nowMs, style),
  ];
}

/** Nothing where there is one member and it acts. */
function orchestratorLines({ acts, members }: StatusAnswer["orchestrator"], { colors }: Style): string[] {
  const each = members.map(({ name, up }) => `${name} ${up ? "up" : colors.red("down")}`).join(", ");
  const does = acts ? "It acts." : colors.red("It does not act.");
  if (members.length === 0 && acts) return [];
  return [`Orchestrator: ${each === "" ? "one member" : each}. ${does}`];
}

function cloudTable(
  { clouds, clusters, traffic }: Snapshot,
  capacity: Capacity | null,
  { colors }: Style,
): string[] {
  const rows = Object.entries(clouds).map(([cloud, { verdict, reason }]): Cell[] => {
    const own = Object.values(clusters).filter((cluster) => cluster.cloud === cloud);
    const ready = own.reduce((sum, cluster) => sum + cluster.ready, 0);
    const wanted = own.some(({ replicas }) => replicas === null)
      ? "?"
      : own.reduce((sum, { replicas }) => sum + (replicas ?? 0), 0);
    const able = capacity?.[cloud];
    return [
      cloud,
      verdictCell(verdict, { colors }),
      `${traffic.weights[cloud] ?? 0}`,
      `${ready}/${wanted}`,
      able === undefined ? "-" : `${Math.round(able.readyPerSecond)} req/s`,
      able === undefined ? "-" : `${able.percent} %`,
      verdict === "healthy" ? "" : reason,
    ];
  });
  const head = ["CLOUD", "VERDICT", "WEIGHT", "PODS READY", "CAPACITY", "OF ALL", ""];
  return columns([head, ...rows], ["left", "left", "right", "right", "right", "right", "left"]);
}

function verdictCell(verdict: Verdict, { colors }: Pick<Style, "colors">): Cell {
  const paint = { healthy: colors.green, degraded: colors.yellow, down: colors.red, unknown: colors.yellow }[
    verdict
  ];
  return { text: verdict, paint };
}

function trafficLines({ demand, traffic }: Snapshot, capacity: Capacity | null): string[] {
  const total = Object.values(capacity ?? {}).reduce((sum, { readyPerSecond }) => sum + readyPerSecond, 0);
  const carried = capacity === null ? "" : `, ready capacity ${Math.round(total)} req/s`;
  return [
    `Demand ${Math.round(demand.requestsPerSecond)} req/s (${demand.source})${carried}`,
    `Weights: policy version ${traffic.version}, set by ${traffic.setBy}`,
  ];
}

function databaseTable(name: string, { members, alone }: DatabaseFacts, style: Style): string[] {
  const primary = Object.values(members).find(({ role }) => role === "primary");
  const rows = Object.entries(members).map(([cloud, member]): Cell[] => [
    cloud,
    roleCell(member, style),
    member.timeline === null ? "-" : `${member.timeline}`,
    member.role === "standby" ? lagText(member, primary) : "-",
    member.follows ?? "-",
    [
      member.writesBlocked ? "writes blocked" : "",
      alone?.cloud === cloud ? "acknowledges alone" : "",
      member.slots.some(({ walStatus }) => walStatus === "lost") ? "slot lost" : "",
    ]
      .filter((note) => note !== "")
      .join(", "),
  ]);
  const head = ["CLOUD", "ROLE", "TIMELINE", "LAG", "FOLLOWS", ""];
  return [
    `Database ${name}`,
    ...columns([head, ...rows], ["left", "left", "right", "right", "left", "left"]),
  ];
}

function roleCell({ state, role, streaming, stoppedCleanly }: DatabaseMemberFacts, { colors }: Style): Cell {
  switch (state) {
    case "unreachable":
      return { text: "unreachable", paint: colors.red };
    case "stopped":
      return { text: stoppedCleanly ? "stopped (clean)" : "stopped", paint: colors.red };
    case "running":
      if (role === "primary") return { text: "primary", paint: colors.bold };
      return streaming ? "standby" : { text: "standby, alone", paint: colors.yellow };
    default:
      return state satisfies never;
  }
}

function lagText({ replayed, lagMs }: DatabaseMemberFacts, primary: DatabaseMemberFacts | undefined): string {
  const ahead = primary?.position ?? null;
  if (replayed === null || ahead === null) return "unknown";
  const bytes = lsnDistanceBytes(parseLsn(ahead), parseLsn(replayed));
  // A standby that was read a moment after the primary may be ahead of what the primary said: that is no lag.
  return `${byteText(Math.max(0, bytes))}, ${lagMs} ms`;
}

function byteText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function runTable(runs: readonly ShownRun[], nowMs: number, { colors, clock }: Style): string[] {
  if (runs.length === 0) return ["No runs in flight."];
  const rows = runs.map((run): Cell[] => [
    run.run,
    { text: run.state, paint: colors.cyan },
    inputText(run.input).replace(", database move", ""),
    elapsedText(nowMs - run.startedAtMs),
    run.requestedBy,
    locksCell(run, nowMs, { colors, clock }),
  ]);
  return columns(
    [["RUN IN FLIGHT", "STATE", "INPUT", "SO FAR", "BY", "LOCKS UNTIL"], ...rows],
    ["left", "left", "left", "right", "left", "left"],
  );
}

function locksCell(
  { locks, locksUntilMs }: ShownRun,
  nowMs: number,
  { colors, clock }: Pick<Style, "colors" | "clock">,
): Cell {
  if (locks.length === 0) return "none";
  if (locksUntilMs === null) return "given back";
  return locksUntilMs > nowMs ? clock(locksUntilMs) : { text: "over", paint: colors.red };
}
