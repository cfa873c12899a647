/**
 * What is begun at its time. Pure, so that every implementation keeps the same rules and only has to keep the state.
 * Several servers tell it the same things, late, twice and not always alike; it is the one place that decides.
 *
 * Invariants
 * 1. For each due time of an entry at most one run is begun, whoever tells how often, and however their clocks jump.
 * 2. A run is begun only when every server that was heard lately has looked at the world lately, who tells at this moment, and
 *    none found anything in its way. Nothing is begun beside another scheduled run.
 * 3. A due time stands open for a while: a few minutes, or with `catch-up` as long as its entry says, but never beyond the
 *    next one. Of several that were missed only the last counts. What was due before an entry was first seen was not missed.
 * 4. What is not begun is said once for each due time, with the reason: when it has to wait to be caught up, and when it is
 *    given up.
 * 5. The way back of a drill is begun when its way there is completed, and only then. It stands open until it is begun.
 * 6. A run that did not come to its end as it should is said.
 * 7. An entry that no server has stated for a while is forgotten, and what waited of it is said. Its open run is not: until its
 *    end is heard it is in the way of others, and its way back is said to be people's, who took away what would begin it.
 */
import type { Mode } from "./automatic-actions.ts";
import type { AutomaticRun } from "./automation.ts";
import { dueStamp, inZone, lastDue } from "./cron.ts";
import type { JsonObject } from "./json.ts";

export const ENTRY_KINDS = ["chaos-drill", "failover-drill", "run"] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];
export const MISSED = ["catch-up", "report"] as const;

/** `withinMs`: for how long after its time it may still be caught up. */
export type ScheduledEntry = {
  readonly name: string;
  readonly kind: EntryKind;
  readonly cron: string;
  readonly timeZone: string;
  readonly runbook: string;
  readonly input: JsonObject;
  readonly back: { readonly runbook: string; readonly input: JsonObject } | null;
  readonly missed: (typeof MISSED)[number];
  readonly withinMs: number;
  readonly mode: Mode;
};

/** What a server found in the way: of anything (`trouble`), and of a drill (`unsteady`). */
export type Look = { readonly trouble: readonly string[]; readonly unsteady: readonly string[] };

/** How a run ended. */
export type RunsEnd = { readonly state: string; readonly why: string };

export type ScheduleNews = {
  /** Which server tells it. */
  readonly by: string;
  readonly profile: string;
  /** The entries of its profile. */
  readonly entries: readonly ScheduledEntry[];
  /** Null: it has not looked. */
  readonly look: Look | null;
  readonly ends: Readonly<Record<string, RunsEnd>>;
};

/** `why`: what was in the way when somebody last looked; null: nobody has looked yet. */
export type Waiting = {
  readonly dueMs: number;
  readonly several: boolean;
  readonly why: string | null;
  readonly said: boolean;
};
/** A run that has been begun and of whose end nothing is known; `stage` `to-go-back`: it has ended, the way back is not begun. */
export type Open = {
  readonly run: string;
  readonly stage: "there" | "to-go-back" | "back";
  readonly said: boolean;
  /** That of the entry when it was begun; left out: not known, an older version has begun it. */
  readonly back?: ScheduledEntry["back"] | undefined;
};
/** `outcome`: `begun`, and later as its last run ended; or `missed`, `left-out`, `observed`. */
export type Last = {
  readonly dueMs: number;
  readonly outcome: string;
  readonly run: string | null;
  readonly why: string;
};
export type EntryState = {
  /** Up to when due times have been seen. */
  readonly lookedMs: number;
  readonly waiting: Waiting | null;
  readonly open: Open | null;
  readonly last: Last | null;
  /** The last due times that runs were begun for, newest last. */
  readonly begunMs: readonly number[];
};

type Heard = { readonly atMs: number; readonly look: Look | null; readonly lookAtMs: number };
export type ScheduleState = {
  readonly heard: Readonly<Record<string, Heard>>;
  readonly entries: Readonly<Record<string, EntryState>>;
};

export type Wants = {
  /** Something is due: who tells next should look. */
  readonly look: boolean;
  /** Runs whose ends are waited for. */
  readonly ends: readonly string[];
};
export type Decided = {
  readonly state: ScheduleState;
  readonly runs: readonly AutomaticRun[];
  readonly says: readonly string[];
  readonly wants: Wants;
};

export const NO_SCHEDULE_YET: ScheduleState = { heard: {}, entries: {} };

/** A due time that is not caught up stands open for this long: members take their time to come back. */
const ON_TIME_MS = 5 * 60_000;
/** A server tells every few seconds. */
const HEARD_MS = 45_000;
const LOOK_MS = 30_000;
/** A clock that goes back by less has been set right; by more, what it had seen before was not there. */
const SET_BACK_MS = 60 * 60_000;
const BEGUN_KEPT = 100;

/** The same news of a world in which automation is stopped: nothing begins, and it is said why. */
export function whileStopped(news: ScheduleNews, by: string): ScheduleNews {
  const { trouble, unsteady } = news.look ?? { trouble: [], unsteady: [] };
  return { ...news, look: { trouble: [...trouble, stoppedBy(by)], unsteady } };
}

export function stoppedBy(by: string): string {
  return `automation is stopped by ${by}`;
}

export function decide(state: ScheduleState, news: ScheduleNews, nowMs: number): Decided {
  const heard = hear(state, news, nowMs);
  const course = new Course(news, heard, nowMs);
  const entries = course.stillThere(state);
  // One course over all entries: what the first begins is in the way of the next.
  const open = new Set(Object.values(entries).flatMap((one) => one.open?.run ?? []));
  for (const entry of news.entries) {
    const before = entries[entry.name] ?? newEntry(nowMs);
    // Its own is for its course to look at, which may hear that it has ended.
    if (before.open !== null) open.delete(before.open.run);
    const next = course.entry(entry, before, [...open]);
    if (next.open !== null) open.add(next.open.run);
    entries[entry.name] = next;
  }
  const own = news.entries.flatMap(({ name }) => entries[name] ?? []);
  const wants = {
    look: own.some((one) => one.waiting !== null || one.open?.stage === "to-go-back"),
    ends: Object.values(entries).flatMap(({ open: one }) =>
      one === null || one.stage === "to-go-back" ? [] : [one.run],
    ),
  };
  return { state: { heard, entries }, runs: course.runs, says: course.says, wants };
}

function newEntry(nowMs: number): EntryState {
  return { lookedMs: nowMs, waiting: null, open: null, last: null, begunMs: [] };
}

function hear({ heard }: ScheduleState, { by, look }: ScheduleNews, nowMs: number): ScheduleState["heard"] {
  const before = heard[by];
  const own: Heard =
    look === null
      ? { atMs: nowMs, look: before?.look ?? null, lookAtMs: before?.lookAtMs ?? 0 }
      : { atMs: nowMs, look, lookAtMs: nowMs };
  const all = Object.entries({ ...heard, [by]: own });
  return Object.fromEntries(all.filter(([, { atMs }]) => Math.abs(nowMs - atMs) < HEARD_MS));
}

/** What is in the way, by all who were heard. */
function foundBy(
  heard: ScheduleState["heard"],
  nowMs: number,
  looksNow: boolean,
): { readonly unseen: readonly string[]; readonly isBlind: boolean } & Look {
  const voices = Object.entries(heard);
  const looked = voices.flatMap(([, { look, lookAtMs }]) =>
    look !== null && Math.abs(nowMs - lookAtMs) < LOOK_MS ? [look] : [],
  );
  const unseen =
    looked.length < voices.length || !looksNow ? ["not every server has looked at the world yet"] : [];
  const all = (kind: keyof Look) => [...new Set(looked.flatMap((look) => look[kind]))];
  return { unseen, isBlind: looked.length === 0, trouble: all("trouble"), unsteady: all("unsteady") };
}

/** Whoever states an entry looks whether it is due. */
function isGone({ lookedMs }: EntryState, nowMs: number): boolean {
  return nowMs - lookedMs >= HEARD_MS || lookedMs - nowMs > SET_BACK_MS;
}

class Course {
  readonly runs: AutomaticRun[] = [];
  readonly says: string[] = [];
  readonly #news: ScheduleNews;
  readonly #found: ReturnType<typeof foundBy>;
  readonly #nowMs: number;

  constructor(news: ScheduleNews, heard: ScheduleState["heard"], nowMs: number) {
    this.#news = news;
    this.#found = foundBy(heard, nowMs, news.look !== null);
    this.#nowMs = nowMs;
  }

  /** Without the entries that nobody states any more, but for those of which something is left. */
  stillThere(state: ScheduleState): Record<string, EntryState> {
    const stated = new Set(this.#news.entries.map(({ name }) => name));
    const entries: Record<string, EntryState> = {};
    for (const [name, before] of Object.entries(state.entries)) {
      const isKept = stated.has(name) || !isGone(before, this.#nowMs);
      const left = isKept ? before : this.#leftOf(name, before);
      if (left !== null) entries[name] = left;
    }
    return entries;
  }

  #leftOf(name: string, state: EntryState): EntryState | null {
    const { waiting, open } = state;
    if (waiting !== null) {
      const due = inZone(waiting.dueMs, "UTC");
      this.says.push(`${name} was due ${due} and is left out: the inventory does not state it any more`);
    }
    if (open === null) return null;
    const end = this.#news.ends[open.run];
    if (open.stage !== "to-go-back" && end === undefined) return { ...state, waiting: null };
    const isThere = open.stage === "to-go-back" || (open.stage === "there" && end?.state === "completed");
    if (!isThere) this.#sayEnd(name, open, end);
    else if (open.back !== null)
      this.says.push(
        `${name}: ${open.run} is completed, and the inventory does not state ${name} any more; its way back is for people to begin${open.back === undefined ? "" : `: ${commandOf(open.back)}`}`,
      );
    return null;
  }

  entry(entry: ScheduledEntry, before: EntryState, others: readonly string[]): EntryState {
    const ended = this.#heedEnd(entry, before);
    const seen = this.#seeDue(entry, ended);
    if (seen.open?.stage === "to-go-back") return this.#goBack(entry, seen, others);
    return seen.waiting === null ? seen : this.#tryToBegin(entry, seen, others);
  }

  /** What has become of the run that was begun. */
  #heedEnd(entry: ScheduledEntry, state: EntryState): EntryState {
    const { open, last } = state;
    const end = open === null || open.stage === "to-go-back" ? undefined : this.#news.ends[open.run];
    if (open === null || end === undefined) return state;
    const { state: outcome, why } = end;
    if (outcome === "completed" && open.stage === "there" && entry.back !== null)
      return { ...state, open: { ...open, stage: "to-go-back", said: false, back: entry.back } };
    this.#sayEnd(entry.name, open, end);
    // A later time that was left out meanwhile keeps its own word.
    const isLast = last?.run === open.run;
    return { ...state, open: null, last: isLast ? { ...last, outcome, why } : last };
  }

  #sayEnd(name: string, { run, stage }: Open, end: RunsEnd | undefined): void {
    if (end === undefined || end.state === "completed") return;
    const way = stage === "back" ? "; its way back is for people to begin" : "";
    this.says.push(`${name}: ${run} is ${end.state}${end.why === "" ? "" : `: ${end.why}`}${way}`);
  }

  #seeDue(entry: ScheduledEntry, state: EntryState): EntryState {
    const nowMs = this.#nowMs;
    const wasAhead = state.lookedMs - nowMs > SET_BACK_MS;
    const afterMs = wasAhead ? nowMs : state.lookedMs;
    const due = lastDue(entry, { afterMs, untilMs: nowMs });
    // What waits of a time that the clock has gone back from is due again when that time comes.
    const waiting = wasAhead ? null : state.waiting;
    const looked = { ...state, waiting, lookedMs: Math.max(afterMs, nowMs) };
    if (due === null || state.begunMs.includes(due.dueMs)) return looked;
    // What still waits of an earlier time ends with this one, with its own reason: said now, unless it was when it began to wait.
    const before = waiting === null || waiting.said ? looked : this.#giveUp(entry, looked, waiting);
    const several = due.several || waiting?.said === true;
    return { ...before, waiting: { dueMs: due.dueMs, several, why: null, said: false } };
  }

  #tryToBegin(entry: ScheduledEntry, state: EntryState, others: readonly string[]): EntryState {
    const { waiting } = state;
    if (waiting === null) return state;
    const { dueMs } = waiting;
    if (this.#nowMs < dueMs) return state;
    const closesMs = dueMs + (entry.missed === "catch-up" ? entry.withinMs : ON_TIME_MS);
    if (this.#nowMs >= closesMs) return this.#giveUp(entry, state, waiting);
    const inTheWay = this.#inTheWay(entry.kind, [
      ...others,
      ...(state.open === null ? [] : [state.open.run]),
    ]);
    if (inTheWay.length + this.#found.unseen.length > 0)
      return this.#hold(entry, state, { ...waiting, inTheWay, closesMs });
    if (entry.mode === "observe") {
      this.says.push(`${this.#due(entry, waiting)}; would have run ${entry.runbook} (its mode is observe)`);
      return settled(state, { dueMs, outcome: "observed", run: null, why: "" });
    }
    const run = `${entry.name}-${dueStamp(dueMs)}`;
    this.#begin(entry, run, entry);
    return {
      ...settled(state, { dueMs, outcome: "begun", run, why: "" }),
      open: openRun(run, "there", entry.back),
    };
  }

  #hold(
    entry: ScheduledEntry,
    state: EntryState,
    {
      closesMs,
      inTheWay,
      ...before
    }: Waiting & { readonly inTheWay: readonly string[]; readonly closesMs: number },
  ): EntryState {
    const waiting = { ...before, why: this.#whyOf(before, inTheWay) };
    // What nobody has looked at yet is no reason that people could do anything about.
    const tells = entry.missed === "catch-up" && this.#found.unseen.length === 0 && !waiting.said;
    if (tells) {
      const until = inZone(closesMs, entry.timeZone);
      this.says.push(
        `${this.#due(entry, waiting)}; it is begun when it can be, until ${until}: ${inTheWay.join("; ")}`,
      );
    }
    return { ...state, waiting: { ...waiting, said: waiting.said || tells } };
  }

  /** That not everybody has looked is the reason only where nothing else is; before anybody has, what was found last stays it. */
  #whyOf({ why }: Waiting, inTheWay: readonly string[]): string | null {
    const { isBlind, unseen } = this.#found;
    if (isBlind && why !== null) return why;
    if (inTheWay.length > 0) return inTheWay.join("; ");
    return isBlind ? null : unseen.join("; ");
  }

  #giveUp(entry: ScheduledEntry, state: EntryState, waiting: Waiting): EntryState {
    const why = waiting.why ?? "nobody was there to begin it";
    const outcome = waiting.why === null ? "missed" : "left-out";
    const several = waiting.several ? ", as others before it were" : "";
    this.says.push(
      `${this.#due(entry, waiting)} and is ${outcome === "missed" ? "missed" : "left out"}${several}: ${why}`,
    );
    return settled(state, { dueMs: waiting.dueMs, outcome, run: null, why });
  }

  #goBack(entry: ScheduledEntry, state: EntryState, others: readonly string[]): EntryState {
    const { open, last } = state;
    if (open === null || entry.back === null) return { ...state, open: null };
    const inTheWay = this.#inTheWay("run", others);
    if (inTheWay.length + this.#found.unseen.length === 0) {
      const run = `${open.run}-back`;
      this.#begin(entry, run, entry.back);
      const isLast = last?.run === open.run;
      return {
        ...state,
        last: isLast ? { ...last, run } : last,
        open: openRun(run, "back", entry.back),
      };
    }
    if (open.said || this.#found.unseen.length > 0) return state;
    this.says.push(`${entry.name}: ${open.run} is completed, and its way back waits: ${inTheWay.join("; ")}`);
    return { ...state, open: { ...open, said: true } };
  }

  /** What has been found; beside it, that not everybody has looked. */
  #inTheWay(kind: EntryKind, others: readonly string[]): string[] {
    const { trouble, unsteady } = this.#found;
    const beside = others.map((run) => `${run}, which was scheduled too, is not over`);
    return [...trouble, ...beside, ...(kind === "run" ? [] : unsteady)];
  }

  #begin(
    { name, mode }: ScheduledEntry,
    run: string,
    { runbook, input }: { readonly runbook: string; readonly input: JsonObject },
  ): void {
    const policy = `schedule of profile ${this.#news.profile}: ${name} ${mode}`;
    this.runs.push({ run, runbook, input, mode: mode === "act" ? "act" : "propose", policy, preempt: false });
  }

  #due({ name, timeZone }: ScheduledEntry, { dueMs }: Waiting): string {
    return `${name} was due ${inZone(dueMs, timeZone)}`;
  }
}

function openRun(run: string, stage: Open["stage"], back: ScheduledEntry["back"]): Open {
  return { run, stage, said: false, back };
}

function commandOf({ runbook, input }: NonNullable<ScheduledEntry["back"]>): string {
  const words = Object.entries(input).map(
    ([name, value]) => `--${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return ["./wildcam run", runbook, ...words].join(" ");
}

function settled(state: EntryState, last: Last): EntryState {
  const begunMs = last.run === null ? state.begunMs : [...state.begunMs, last.dueMs].slice(-BEGUN_KEPT);
  return { ...state, waiting: null, last, begunMs };
}
