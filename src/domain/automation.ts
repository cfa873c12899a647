/**
 * What automation makes of verdicts. Pure, so that every implementation keeps the same rules and only has to keep the state.
 * Several servers tell it the same things, late, twice and not always alike; it is the one place that decides.
 *
 * Invariants
 * 0. An outage is what more than half of the servers say that were heard lately; a cloud is back when all of them say so, and
 *    nobody stands by another word, who only does not know just now. So a server whose own view is another makes nothing
 *    begin, and nothing begins twice.
 * 1. An outage of a cloud is answered once: from the first word of it until the cloud is told to be healthy, or is told to be
 *    worse than when it was answered (from a region to the whole cloud, from degraded to down), whoever tells it how often. An
 *    answer that was refused, because for a moment nobody knew or all was well, is none to trouble that began after it.
 * 2. No outage is answered while automation is stopped, beyond a cloud's limit of outages in an hour, or where no other cloud is
 *    healthy: there is nowhere to go then, and people are told. What has lost a region goes to its other one first.
 * 3. A run is begun as far as its action's mode goes, the one set by hand before the profile's. Where weights may act and a
 *    promotion may not, the weights move by one run, and the promotion is proposed by another that waits for its locks; not
 *    of a primary that is seen in a cloud that is not down.
 * 4. What is only said, is said once an outage.
 * 5. What was not answered because of 2 or a mode is answered when it is told again and the reason is gone.
 */
import {
  AUTOMATIC_ACTIONS,
  type AutomaticAction,
  type Lost,
  type Mode,
  type Modes,
  TOLD,
  type Told,
} from "./automatic-actions.ts";
import type { JsonObject } from "./json.ts";
import type { Cloud } from "./snapshot.ts";

/** A verdict as one server tells it. `othersHealthy`: how many other clouds are. `primaryThere` null: not known. */
export type News = {
  /** Which server tells it. */
  readonly by: string;
  readonly cloud: Cloud;
  readonly verdict: Told;
  readonly reason: string;
  readonly observers: number;
  readonly othersHealthy: number;
  readonly primaryThere: boolean | null;
  /** For how long it has stood, by the clock of who tells it, ms. */
  readonly forMs: number;
  /** Of `openRuns`, those that have ended refused, with nothing done. */
  readonly refused: readonly string[];
};

export type AutomationPolicy = {
  readonly profile: string;
  readonly modes: Modes;
  /** How many outages of one cloud may be answered in an hour. */
  readonly runsPerHour: number;
};

/** `policy`: under which words it goes; in mode `act` they are its approval. */
export type AutomaticRun = {
  readonly run: string;
  readonly runbook: string;
  readonly input: JsonObject;
  readonly mode: "propose" | "act";
  readonly policy: string;
  readonly preempt: boolean;
};

export type SetByHand = { readonly mode: Mode; readonly by: string; readonly atMs: number };
export type Stopped = { readonly by: string; readonly why: string; readonly atMs: number };
type Outage = {
  readonly verdict: Lost;
  readonly sinceMs: number;
  readonly runs: readonly string[];
  /** The last answer: when, and what of it acts by itself. */
  readonly answeredMs: number;
  readonly acting: readonly string[];
};
type Heard = { readonly verdict: Told; readonly atMs: number };
export type CloudAutomation = {
  /** What each server has said last. */
  readonly heard: Readonly<Record<string, Heard>>;
  /** How many runs it has been given a number for. */
  readonly counter: number;
  /** When outages were answered, in the last hour. */
  readonly answeredMs: readonly number[];
  readonly outage: Outage | null;
  readonly said: readonly string[];
};

export type AutomationState = {
  readonly setByHand: Readonly<Partial<Record<AutomaticAction, SetByHand>>>;
  readonly stopped: Stopped | null;
  readonly clouds: Readonly<Record<Cloud, CloudAutomation>>;
  /** The last runs that were begun, newest last. */
  readonly begun: readonly string[];
};

export type Heeded = {
  readonly state: AutomationState;
  readonly runs: readonly AutomaticRun[];
  readonly says: readonly string[];
};

/** Whose end has to be told with the next news of that cloud. */
export function openRuns(state: AutomationState, cloud: Cloud): readonly string[] {
  return state.clouds[cloud]?.outage?.acting ?? [];
}

export const NO_AUTOMATION_YET: AutomationState = { setByHand: {}, stopped: null, clouds: {}, begun: [] };

const HOUR_MS = 3_600_000;
const BEGUN_KEPT = 20;
/** A server tells every few seconds what stands. */
const HEARD_MS = 15_000;
/** So long a server that called a cloud ill is waited for before it counts as well without its word. */
const STANDS_BY_MS = 300_000;
/** What is told may have been under way for as long as this. */
const LATE_MS = 5_000;
const FRESH: CloudAutomation = { heard: {}, counter: 0, answeredMs: [], outage: null, said: [] };
/** From the worst on. */
const LOST = TOLD.filter((told) => told !== "healthy").toReversed();

export function modesOf(state: AutomationState, policy: AutomationPolicy): Modes {
  const mode = (action: AutomaticAction): Mode => state.setByHand[action]?.mode ?? policy.modes[action];
  return { "shift-traffic": mode("shift-traffic"), promote: mode("promote"), restore: mode("restore") };
}

export function heed(state: AutomationState, news: News, policy: AutomationPolicy, nowMs: number): Heeded {
  const before = state.clouds[news.cloud] ?? FRESH;
  const heard = { ...before.heard, [news.by]: { verdict: news.verdict, atMs: nowMs } };
  const isWithin = (ms: number) => (one: Heard) => Math.abs(nowMs - one.atMs) < ms;
  const known = Object.entries(heard).filter(([, one]) => isWithin(STANDS_BY_MS)(one));
  const answeredMs = before.answeredMs.filter((ms) => nowMs - ms < HOUR_MS);
  const own = { ...before, heard: Object.fromEntries(known), answeredMs };
  const words = known.map(([, one]) => one);
  const verdict = agreed(words.filter(isWithin(HEARD_MS)), words);
  const kept = { ...state, clouds: { ...state.clouds, [news.cloud]: own } };
  // Who finds it well sees others as the rest does not: what follows from an outage is for those to tell who see one.
  const isOther = verdict !== "healthy" && news.verdict === "healthy";
  if (verdict === null || isOther) return { state: kept, runs: [], says: [] };
  const told = {
    state: kept,
    own,
    news: { ...news, verdict },
    policy,
    modes: modesOf(state, policy),
    nowMs,
  };
  if (verdict === "healthy") return backAgain(told);
  return lost({ ...told, own: { ...own, outage: outageAt(own.outage, news, nowMs) } });
}

/** As it is for this trouble. Where it ends it is over as a whole: an earlier one may have been moved away from. */
function outageAt(outage: Outage | null, { forMs, refused }: News, nowMs: number): Outage | null {
  if (outage === null || outage.acting.length < outage.runs.length) return outage;
  const isNewer = nowMs - forMs > outage.answeredMs + LATE_MS;
  return isNewer && outage.acting.every((run) => refused.includes(run)) ? null : outage;
}

/** `lately` of `words`. Null: they do not agree on anything that something follows from. */
function agreed(lately: readonly Heard[], words: readonly Heard[]): Told | null {
  if (lately.every(({ verdict }) => verdict === "healthy"))
    return words.every(({ verdict }) => verdict === "healthy") ? "healthy" : null;
  // Who says worse says this as well.
  const isMost = (least: Lost) =>
    lately.filter(({ verdict }) => !isWorse(least, verdict)).length * 2 > lately.length;
  return LOST.find(isMost) ?? null;
}

function isWorse(told: Told, than: Told): boolean {
  return TOLD.indexOf(told) > TOLD.indexOf(than);
}

type Known = {
  readonly state: AutomationState;
  readonly own: CloudAutomation;
  readonly news: News;
  readonly policy: AutomationPolicy;
  readonly modes: Modes;
  readonly nowMs: number;
};

function lost(known: Known): Heeded {
  const { own, news, policy, modes, state, nowMs } = known;
  const { cloud, verdict } = news;
  if (verdict === "healthy" || (own.outage !== null && !isWorse(verdict, own.outage.verdict)))
    return unmoved(known);
  const what = `${cloud} is ${WORDS[verdict]} (${news.reason})`;
  if (state.stopped !== null)
    return saying(known, "stopped", `${what}; nothing is done: automation is stopped`);
  // What has lost a region has another one to go to.
  if (news.othersHealthy === 0 && verdict !== "region-down")
    return saying(known, "nowhere", `${what}; nothing is done: no other cloud is healthy`);
  if (modes["shift-traffic"] === "observe")
    return saying(
      known,
      `observe ${verdict}`,
      `${what}; would have run survive-outage (shift-traffic is observe)`,
    );
  if (own.outage === null && own.answeredMs.length >= policy.runsPerHour)
    return saying(known, "limit", `${what}; nothing is done: ${policy.runsPerHour} in an hour is the limit`);
  const { runs, says } = answersTo(known);
  const names = runs.map(({ run }) => run);
  const { outage: before } = own;
  const outage: Outage = {
    verdict,
    sinceMs: before?.sinceMs ?? nowMs,
    runs: [...(before?.runs ?? []), ...names],
    answeredMs: nowMs,
    acting: runs.filter(({ mode }) => mode === "act").map(({ run }) => run),
  };
  // One that got worse is still the same outage: what is left to do for it is not kept back by what was done.
  const answeredMs = before === null ? [...own.answeredMs, nowMs] : own.answeredMs;
  const answered = { ...own, counter: own.counter + 1, answeredMs, outage };
  return { state: withCloud(known, answered, names), runs, says };
}

const WORDS: Readonly<Record<Lost, string>> = {
  down: "down",
  degraded: "degraded",
  "region-down": "without a region",
};

function answersTo({ own, news, policy, modes }: Known): Pick<Heeded, "runs" | "says"> {
  const { cloud, verdict, primaryThere } = news;
  const shift = modes["shift-traffic"] === "act" ? "act" : "propose";
  const promote = modes.promote;
  const moves = promote === "act" || (shift === "propose" && promote === "propose");
  const run = `survive-outage-${cloud}-auto-${own.counter + 1}`;
  const input = (database: "move" | "stay") => ({ cloud, database });
  const first: AutomaticRun = {
    run,
    runbook: "survive-outage",
    input: input(moves ? "move" : "stay"),
    mode: shift,
    policy: wordsOf(policy, { "shift-traffic": modes["shift-traffic"], ...(moves ? { promote } : {}) }),
    preempt: shift === "act",
  };
  // A primary that is seen there stays with a cloud that is not down as a whole.
  const stays = primaryThere === false || (verdict !== "down" && primaryThere === true);
  if (moves || stays) return { runs: [first], says: [] };
  if (promote === "observe")
    return { runs: [first], says: [`${cloud}: would have moved its primary too (promote is observe)`] };
  const second: AutomaticRun = {
    ...first,
    run: `${run}-move`,
    input: input("move"),
    mode: "propose",
    policy: wordsOf(policy, { promote }),
    preempt: false,
  };
  return { runs: [first, second], says: [] };
}

/** Only what automation moved away is brought back by it. */
function backAgain(known: Known): Heeded {
  const { own, news, modes, policy, state } = known;
  const { cloud } = news;
  const forgotten = { ...own, outage: null, said: [] };
  if (own.outage === null) return own.said.length === 0 ? unmoved(known) : quiet(known, forgotten);
  const what = `${cloud} is healthy again`;
  if (state.stopped !== null)
    return saying(known, "stopped back", `${what}; nothing is done: automation is stopped`);
  if (modes.restore === "observe") {
    const says = [`${what}; would have run restore-traffic (restore is observe)`];
    return { ...quiet(known, forgotten), says };
  }
  const run: AutomaticRun = {
    run: `restore-traffic-${cloud}-auto-${own.counter}`,
    runbook: "restore-traffic",
    input: { cloud, primary: "stay" },
    mode: modes.restore,
    policy: wordsOf(policy, { restore: modes.restore }),
    preempt: false,
  };
  return { state: withCloud(known, forgotten, [run.run]), runs: [run], says: [] };
}

function wordsOf({ profile }: AutomationPolicy, modes: Partial<Modes>): string {
  const words = AUTOMATIC_ACTIONS.flatMap((action) => (modes[action] ? [`${action} ${modes[action]}`] : []));
  return `automation of profile ${profile}: ${words.join(", ")}`;
}

function unmoved({ state }: Known): Heeded {
  return { state, runs: [], says: [] };
}

function quiet(known: Known, own: CloudAutomation): Heeded {
  return { state: withCloud(known, own, []), runs: [], says: [] };
}

function saying(known: Known, key: string, text: string): Heeded {
  const { own } = known;
  if (own.said.includes(key)) return unmoved(known);
  return { ...quiet(known, { ...own, said: [...own.said, key] }), says: [text] };
}

function withCloud({ state, news }: Known, own: CloudAutomation, begun: readonly string[]): AutomationState {
  return {
    ...state,
    clouds: { ...state.clouds, [news.cloud]: own },
    begun: [...state.begun, ...begun].slice(-BEGUN_KEPT),
  };
}
