/**
 * What may begin without a person, judged by how clouds really were: by the world, and not by what anybody who watches said.
 * What was begun, and what people had automation do, is told from outside.
 *
 * - S10: a cloud is moved away from only after it has really been ill for the dwell, and brought back only after it has really
 *   been well for the way back. So one vantage point that is cut off, slow or lying moves nothing, nor does a moment's trouble.
 *   And however often it comes and goes, it is moved away from a few times only.
 * - S18: nothing begins while automation is stopped or its mode is to say only, and no run acts whose mode is to propose: weights
 *   by one, a promotion by another. Nor does anything beyond an hour's limit, twice in one outage (unless it got worse), or
 *   while every other cloud is ill as well: then nothing is better elsewhere.
 * - L6: an outage that lasts is answered, where it can be seen and may be; and its cloud has no traffic any more soon after, also
 *   where somebody had planned something else, unless runs are in trouble or are held up by people.
 */
import type { AutomaticRun } from "../../domain/automation.ts";
import type { Mode } from "../../domain/automatic-actions.ts";
import type { Cloud } from "../../domain/snapshot.ts";
import type { Violation } from "../checkers.ts";

/** `part`: ill in part. */
export type Condition = "well" | "part" | "dead";

export type Seen = { readonly condition: Condition; readonly share: number };

export type ByItselfLimits = {
  readonly dwellMs: number;
  readonly backMs: number;
  /** The longest way back. */
  readonly backMostMs: number;
  readonly runsPerHour: number;
};

export type BegunRun = {
  readonly run: string;
  readonly runbook: string;
  readonly cloud: Cloud;
  readonly mode: AutomaticRun["mode"];
  /** Whether the primary goes along; null where the runbook does not ask. */
  readonly database: string | null;
  /** It is one of two for one outage: weights move by the other. */
  readonly isSecond: boolean;
};

/** As people have set them, or the profile states. */
export type ModesInForce = { shift: Mode; promote: Mode; restore: Mode };

type Course = {
  condition: Condition;
  sinceMs: number;
  /** Last moment at which it had been ill for the dwell; null: it never was. */
  provedIllMs: number | null;
  wasIll: boolean;
  /** Since when it is well but for moments that nobody is bound to see. */
  wellSinceMs: number;
  /** In this outage. */
  answers: number;
  wasPart: boolean;
  wasDead: boolean;
  /** Of these answers, those that did nothing. */
  refusals: number;
  answeredMs: number[];
  /** Whether in this stretch of illness everything was there that seeing and answering it needs. */
  couldAnswerSinceMs: number | null;
  /** Since when it has been dead, and has had traffic all the same. */
  askedSinceMs: number | null;
};

/** Between two looks of one vantage point. */
const LOOK_MS = 350;
/** A moment of trouble that every round of looks catches. */
const SEEN_MS = 800;
/** After the dwell: a round of looks, the telling, and a server that is heard late. */
const ANSWER_MS = 20_000;
/** From then on a run has what it takes to move traffic away. */
const EMPTIED_MS = 10_000;
/** What is worse than before is told at once. */
const LATE_MS = 2_500;
/** Until all who watch know that a cloud is ill. */
const NOTICED_MS = 8_000;
const HOUR_MS = 3_600_000;
const OFTEN_MS = 600_000;
/** The way back doubles each time. */
const OFTEN_MOST = 3;

export class ByItself {
  readonly #limits: ByItselfLimits;
  readonly #clouds = new Map<Cloud, Course>();
  readonly #found: Violation[] = [];
  /** Told from outside: nothing may begin. */
  stopped = false;
  /** Told from outside: whatever of watchers and servers is in trouble keeps an outage from being seen or told. */
  blinded = false;
  /** Told from outside: the outage may be told in parts. */
  troubled = false;
  /** Told from outside: runs are struck themselves, or people hold them up. */
  heldUp = false;
  readonly modes: ModesInForce;

  constructor(clouds: readonly Cloud[], limits: ByItselfLimits, modes: ModesInForce) {
    this.#limits = limits;
    this.modes = modes;
    for (const cloud of clouds)
      this.#clouds.set(cloud, {
        condition: "well",
        sinceMs: Number.NEGATIVE_INFINITY,
        provedIllMs: null,
        wasIll: false,
        wellSinceMs: Number.NEGATIVE_INFINITY,
        answers: 0,
        wasPart: false,
        wasDead: false,
        refusals: 0,
        answeredMs: [],
        couldAnswerSinceMs: null,
        askedSinceMs: null,
      });
  }

  /** Clouds that were moved away from and have not been brought back. */
  get away(): readonly Cloud[] {
    return [...this.#clouds].filter(([, { answers }]) => answers > 0).map(([cloud]) => cloud);
  }

  violations(): readonly Violation[] {
    return this.#found;
  }

  /** How a cloud is at this moment, and its share of traffic; told so often that no look falls between two. */
  is(cloud: Cloud, { condition, share }: Seen, nowMs: number): void {
    const course = this.#of(cloud);
    this.#emptied(cloud, course, { asked: condition === "dead" && share > 0, nowMs });
    const wasWell = course.condition === "well";
    if (condition !== course.condition) {
      const isWell = condition === "well";
      const lastedMs = nowMs - course.sinceMs;
      if (isWell && lastedMs >= SEEN_MS) course.wellSinceMs = nowMs;
      if (isWell !== wasWell) course.sinceMs = nowMs;
      course.condition = condition;
    }
    if (condition === "part") course.wasPart = true;
    if (condition === "dead") course.wasDead = true;
    if (condition === "well") {
      course.couldAnswerSinceMs = null;
      if (nowMs - course.wellSinceMs < this.#limits.backMs) return;
      course.wasPart = false;
      course.wasDead = false;
      // Nobody is to bring it back.
      if (this.modes.restore === "observe") course.answers = course.refusals = 0;
      return;
    }
    course.wasIll = true;
    // Where those who tell are in trouble, good news may be on its way for as long as this.
    const seenMs = this.troubled ? LATE_MS : SEEN_MS;
    if (nowMs - course.sinceMs >= seenMs) course.wellSinceMs = Number.POSITIVE_INFINITY;
    if (nowMs - course.sinceMs >= this.#limits.dwellMs - LOOK_MS) course.provedIllMs = nowMs;
    this.#answered(cloud, course, { share, nowMs });
  }

  begun(begun: BegunRun, nowMs: number): void {
    const { run, runbook, cloud, isSecond } = begun;
    const course = this.#of(cloud);
    if (this.stopped) this.#note("S18", `${run} began while automation was stopped`);
    this.#asItMay(begun);
    if (runbook === "restore-traffic") return this.#back(run, course, nowMs);
    if (isSecond) return;
    const { backMostMs, runsPerHour } = this.#limits;
    if (course.provedIllMs === null || nowMs - course.provedIllMs > backMostMs + ANSWER_MS)
      this.#note("S10", `${run} began, and ${cloud} had not been ill for as long as it takes to know`);
    course.answeredMs = course.answeredMs.filter((ms) => nowMs - ms < HOUR_MS);
    // What gets worse while it is answered is the same outage.
    if (course.answers === 0) course.answeredMs.push(nowMs);
    if (course.answeredMs.length > runsPerHour)
      this.#note(
        "S18",
        `${run} answers the ${course.answeredMs.length}th outage in an hour, of ${runsPerHour}`,
      );
    const often = course.answeredMs.filter((ms) => nowMs - ms < OFTEN_MS).length;
    if (often > OFTEN_MOST)
      this.#note("S10", `${run} is the ${often}th answer to ${cloud}'s coming and going in ten minutes`);
    course.answers += 1;
    const twice = this.#answeredAgain(course, nowMs);
    if (twice !== null)
      this.#note("S18", `${run} is answer ${course.answers} to ${cloud}'s outage, ${twice}`);
    if (this.#othersAreIll(cloud, nowMs))
      this.#note("S18", `${run} began while every other cloud was ill as well`);
  }

  /** Told from outside: a run that answered was refused, and has done nothing. */
  refused(cloud: Cloud): void {
    this.#of(cloud).refusals += 1;
  }

  /** Each of what it does has a mode of its own. */
  #asItMay({ run, runbook, mode, database }: BegunRun): void {
    const { shift, promote, restore } = this.modes;
    const outage = database === "move" ? [shift, promote] : [shift];
    const modes = runbook === "restore-traffic" ? [restore] : outage;
    if (modes.includes("observe")) this.#note("S18", `${run} began, and its mode is to say so only`);
    else if (mode === "act" && modes.includes("propose"))
      this.#note("S18", `${run} acts, and its mode is to propose`);
  }

  /** Null: it may be. */
  #answeredAgain(course: Course, nowMs: number): string | null {
    const { wasPart, wasDead, condition, sinceMs } = course;
    const answers = course.answers - course.refusals;
    // A region first, then the cloud in part, then all of it.
    const inParts = wasDead ? 3 : 2;
    const most = wasPart ? inParts : this.troubled ? 2 : 1;
    if (answers > most) return "and it did not get worse";
    const isBack = condition === "well" && nowMs - sinceMs > LATE_MS;
    return answers > 1 && isBack && !this.troubled ? "and it was coming back by then" : null;
  }

  #back(run: string, course: Course, nowMs: number): void {
    const wellMs = nowMs - course.wellSinceMs;
    if (wellMs < this.#limits.backMs - LOOK_MS)
      this.#note("S10", `${run} began, and its cloud had been well for ${Math.max(0, wellMs)} ms only`);
    if (course.answers === 0) this.#note("S18", `${run} brings back what nobody took away`);
    course.answers = 0;
    course.refusals = 0;
    course.provedIllMs = null;
  }

  /** What began no later than its own trouble is known as early, unless those who watch are in trouble themselves. */
  #othersAreIll(than: Cloud, nowMs: number): boolean {
    const own = this.#of(than);
    const isKnown = ({ sinceMs }: Course): boolean =>
      nowMs - sinceMs > NOTICED_MS || (!this.troubled && sinceMs <= own.sinceMs);
    return [...this.#clouds].every(
      ([cloud, course]) => cloud === than || (course.condition !== "well" && isKnown(course)),
    );
  }

  /** Others that can take it: they have been well all night, so that nobody can doubt it. */
  #answered(cloud: Cloud, course: Course, { share, nowMs }: { share: number; nowMs: number }): void {
    const { runsPerHour } = this.#limits;
    const lately = course.answeredMs.filter((ms) => nowMs - ms < HOUR_MS).length;
    const somewhere = [...this.#clouds].some(([name, { wasIll }]) => name !== cloud && !wasIll);
    // What was refused may have had nothing to do: traffic is away already, or what is left of the cloud carries it.
    const isLeft = course.answers === course.refusals && course.condition === "dead" && share > 0;
    const isOpen = course.answers === 0 || isLeft;
    const could =
      !this.stopped &&
      !this.blinded &&
      this.modes.shift !== "observe" &&
      isOpen &&
      lately < runsPerHour &&
      somewhere;
    if (!could) {
      course.couldAnswerSinceMs = null;
      return;
    }
    course.couldAnswerSinceMs ??= nowMs;
    const ms = nowMs - course.couldAnswerSinceMs;
    if (ms <= ANSWER_MS + this.#limits.dwellMs) return;
    this.#note("L6", `${cloud} had been ill for ${ANSWER_MS / 1_000} s, and nothing was begun`);
  }

  #emptied(cloud: Cloud, course: Course, { asked, nowMs }: { asked: boolean; nowMs: number }): void {
    const excused = this.heldUp || this.blinded || this.stopped || this.modes.shift !== "act";
    if (!asked || excused || course.answers === course.refusals) {
      course.askedSinceMs = null;
      return;
    }
    course.askedSinceMs ??= nowMs;
    if (nowMs - course.askedSinceMs <= EMPTIED_MS) return;
    this.#note("L6", `${cloud} is dead, was answered ${EMPTIED_MS / 1_000} s ago, and still has traffic`);
  }

  #of(cloud: Cloud): Course {
    const course = this.#clouds.get(cloud);
    if (course === undefined) throw new RangeError(`there is no cloud ${cloud}`);
    return course;
  }

  #note(invariant: string, what: string): void {
    if (!this.#found.some((one) => one.what === what)) this.#found.push({ invariant, what });
  }
}
