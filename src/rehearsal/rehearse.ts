/**
 * One night from its schedule to a verdict. First a safety phase, under faults; then everything heals, and a liveness phase
 * in which every run has to come to a named end.
 *
 * 1. A function of schedule and ground: the same night gives the same digest, on any machine.
 * 2. Both phases are bounded by virtual time. A run that has not ended by then breaks L1.
 * 3. What is judged are the world, its clients and the ledgers. How a run ended is told, and not judged, but for an end by a
 *    fault of the program itself.
 */
import { AUTOMATION } from "../domain/automatic-order.ts";
import { canonicalJson } from "../domain/canonical.ts";
import { findChainFault, hasEnd, type LedgerEvent } from "../domain/ledger.ts";
import { violationsOf } from "../simulation/checkers.ts";
import { approvals } from "./approvals.ts";
import type { Ground } from "./ground.ts";
import { PeopleOnStage } from "./people.ts";
import { prologue } from "./prologue.ts";
import type { RunOnStage } from "./run-on-stage.ts";
import type { Schedule } from "./schedule.ts";
import { Stage } from "./stage.ts";
import { Strikes } from "./strikes.ts";
import { WatchedNight } from "./watched-night.ts";
import { holdsOf, SAFETY_MS, untilEnded } from "./waits.ts";
import { inWords, type Noted, Trace } from "./trace.ts";

export type NightViolation = {
  readonly invariant: string;
  readonly what: string;
};

export type RunsEnd = {
  readonly run: string;
  readonly runbook: string;
  readonly outcome: string;
  readonly why: string;
};

export type Rehearsed = {
  readonly ends: readonly RunsEnd[];
  readonly violations: readonly NightViolation[];
  /** The last that happened before the first violation was seen, or before the end. */
  readonly lastEvents: readonly string[];
  readonly digest: string;
  readonly signature: string;
  readonly cells: readonly string[];
  /** How often the first run came by each await point. */
  readonly counts: ReadonlyMap<string, number>;
  /** What the first run has on record. */
  readonly ledger: readonly LedgerEvent[];
  readonly events: number;
  readonly virtualMs: number;
};

/** L1: from the moment at which everything has healed, besides the holds of all runs that may wait for each other. */
const LIVENESS_MS = 20 * 60_000;
/** As many as automation may begin one after the other. */
const RUNS_BY_ITSELF = 4;
/** Longer than a worker that woke up at the end needs for all that it still has to say. */
const AFTERMATH_MS = 1_000;
/** Clients of a night whose holds are short; in a longer one they come as much more seldom. */
const COMMIT_EVERY_MS = 400;
const REQUESTS_PER_SECOND = 20;
const SHORT_HOLDS_MS = 20_000;
/** So much more seldom they come while all runs wait for people. */
const WHILE_NOTHING_MOVES = 8;
/** L3, over about so many requests behind everything. */
const GOODPUT_REQUESTS = 100;
const GOODPUT_LEAST = 0.99;
/** Requests that may still be under way at the end of what is measured. */
const UNDER_WAY = 5;

export async function rehearse(
  ground: Ground,
  schedule: Schedule,
  onNote: ((line: string) => void) | null = null,
): Promise<Rehearsed> {
  const trace = new Trace();
  if (onNote !== null) trace.onNote = (noted: Noted) => onNote(inWords(noted));
  const stage = new Stage(ground, { profile: schedule.profile, seed: schedule.seed, trace });
  const people = new PeopleOnStage(stage);
  const holdsMs = holdsOf(ground, schedule);
  const { everyMs, users } = clientsFor(holdsMs);
  stage.clients.start(everyMs, { ...users, seed: schedule.seed });
  stage.clients.seldom = () => (stage.standsStill ? WHILE_NOTHING_MOVES : 1);
  if (schedule.watch === undefined) await prologue(stage, schedule, people);
  const strikes = new Strikes(stage, schedule, people);
  const watched = begin(stage, schedule, strikes);
  const statedMs = watched?.lastsMs ?? 0;
  const over = () => people.pending === 0 && watched?.isOver !== false;
  await untilEnded(stage, statedMs + SAFETY_MS + holdsMs, over);
  stage.noteFault("all faults", "heal");
  watched?.healAll();
  strikes.healAll();
  for (const run of stage.runs) run.durable.wakeZombies();
  people.beginPatience();
  const runs = Math.max(stage.runs.length, watched === null ? 0 : RUNS_BY_ITSELF);
  await untilEnded(stage, LIVENESS_MS + holdsMs * runs, () => watched?.isSettled !== false);
  for (const run of stage.runs) run.durable.wakeZombies();
  await stage.kernel.pass(aftermathOf(stage));
  const goodput = await goodputOf(stage, GOODPUT_REQUESTS / users.requestsPerSecond);
  return resultOf({ stage, schedule, strikes, trace, watched, goodput });
}

/** A person asks for the run, or automation is told of what the night brings, which begins runs of its own. */
function begin(stage: Stage, schedule: Schedule, strikes: Strikes): WatchedNight | null {
  const { watch } = schedule;
  if (watch === undefined) {
    stage.start({ ...schedule, requestedBy: "olivia", waitForLocks: false, preempt: false }, strikes.onCall);
    return null;
  }
  const night = new WatchedNight(stage, { ...schedule, watch }, strikes.onCall);
  night.start();
  return night;
}

/** What clients see is told as well by one in a hundred of them where a night lasts a hundred times as long. */
function clientsFor(holdsMs: number) {
  const longer = Math.max(1, holdsMs / SHORT_HOLDS_MS);
  const users = { requestsPerSecond: REQUESTS_PER_SECOND / longer, writeShare: 0.2 };
  return { everyMs: COMMIT_EVERY_MS * longer, users };
}

/** Pods that a provider was late with were asked for under its fault: what they are to serve is judged once they have come. */
function aftermathOf({ kernel, world }: Stage): number {
  return Math.max(AFTERMATH_MS, world.latePodsUntilMs + AFTERMATH_MS - kernel.now());
}

function resultOf(of: {
  readonly stage: Stage;
  readonly schedule: Schedule;
  readonly strikes: Strikes;
  readonly trace: Trace;
  readonly watched: WatchedNight | null;
  readonly goodput: NightViolation[];
}): Rehearsed {
  const { stage, schedule, strikes, trace, watched, goodput } = of;
  // In a watched night somebody may have begun a move before: what is struck and told is the first of automation's.
  const first = stage.runs.find(({ requestedBy }) => watched === null || requestedBy === AUTOMATION);
  const ends = stage.runs.map(({ durable, order, ended }) => ({
    run: durable.run,
    runbook: order.runbook,
    outcome: ended?.outcome ?? "none",
    why: ended?.why ?? "",
  }));
  for (const { what, outcome } of strikes.signed)
    trace.sign(`${first?.order.runbook ?? ""}: ${what} -> ${outcome ?? "cut off"}`);
  for (const { run, outcome } of ends) {
    trace.sign(`${run} ${outcome}`);
    trace.fold(outcome);
  }
  return {
    ends,
    violations: [
      ...stage.checker.violations(),
      ...atTheEnd(stage),
      ...stage.checker.reports.untrue().map((what) => ({ invariant: "L1", what })),
      ...(watched?.violations() ?? []),
      ...(first === undefined || watched !== null ? [] : undisturbed(stage, schedule, first)),
      ...goodput,
    ],
    lastEvents: trace.last(),
    digest: trace.digest(),
    signature: trace.signature(),
    cells: [...strikes.cells],
    counts: strikes.counts,
    ledger: first?.events ?? [],
    events: trace.events,
    virtualMs: stage.atMs,
  };
}

/** L3. Where people left something as it stands, nobody has promised that it serves. */
async function goodputOf({ clients, kernel, runs }: Stage, seconds: number): Promise<NightViolation[]> {
  clients.seldom = () => 1;
  const before = clients.goodput;
  await kernel.pass(seconds * 1_000);
  const after = clients.goodput;
  const asked = after.asked - before.asked;
  const good = after.good - before.good;
  const whole = runs.every(
    ({ ended, leavesSome }) => ended !== null && LEAVES_NOTHING.has(ended.outcome) && !leavesSome,
  );
  if (!whole || good >= GOODPUT_LEAST * asked - UNDER_WAY) return [];
  return [{ invariant: "L3", what: `${good} of ${asked} requests were answered well when all was over` }];
}

const LEAVES_NOTHING: ReadonlySet<string> = new Set(["completed", "undone", "refused"]);

/** Where nothing goes wrong and whoever has to approve does, a run does what it is there for, and calls nobody. */
function undisturbed(
  { ground }: Stage,
  schedule: Schedule,
  { durable, ended, events }: RunOnStage,
): NightViolation[] {
  const { runbook, profile, faults, people, over = false } = schedule;
  const calm = canonicalJson(people) === canonicalJson(approvals(ground, runbook, profile));
  const called = events.find(({ type }) => type === "waiting");
  if (faults.length > 0 || !calm || ended === null) return [];
  // Of an outage that is over there is nothing to survive.
  if (ended.outcome === (over ? "refused" : "completed") && called === undefined) return [];
  const why = called === undefined ? ended.why : `it called people: ${JSON.stringify(called.data["why"])}`;
  const what = `nothing was wrong, and ${durable.run} ended ${ended.outcome}: ${why}`;
  return [{ invariant: "L1", what }];
}

function atTheEnd(stage: Stage): NightViolation[] {
  const { world, clients, locks, conflicts, runs } = stage;
  return [
    ...violationsOf({ world, acknowledged: clients.acknowledged, held: locks.held(), conflicts }),
    ...runs.flatMap((run) => [...endedWell(run), ...chainHolds(stage, run)]),
  ];
}

function endedWell({ durable, ended, events, standing }: RunOnStage): NightViolation[] {
  if (ended === null) {
    const at = standing === null ? `after ${events.at(-1)?.type ?? "nothing"}` : `standing ${standing.state}`;
    return [{ invariant: "L1", what: `${durable.run} has not ended; it is ${at}` }];
  }
  const fault = events.find(({ type, data }) => type === "failed" && data["fault"] === "of this program");
  if (fault === undefined) return [];
  return [{ invariant: "L1", what: `${durable.run} ended by a fault of the program: ${ended.why}` }];
}

function chainHolds(stage: Stage, { durable, ended }: RunOnStage): NightViolation[] {
  const events = stage.ledger(durable.run);
  const fault = findChainFault(events);
  if (fault !== null)
    return [{ invariant: "S12", what: `event ${fault.index} of ${durable.run} ${fault.fault}` }];
  if (ended === null || hasEnd(events)) return [];
  return [{ invariant: "S12", what: `the ledger of ${durable.run} has no end` }];
}
