/**
 * What people say to a run. It is heard between steps and while the run waits, obeyed where that is safe, and refused
 * aloud everywhere else: who said it is in the ledger either way.
 *
 * Invariants
 * 1. Nothing is obeyed in the middle of a step. In a pivot only a lock that was taken away is; a pause waits for its end.
 * 2. A run that stands still says what it waits for, what it offers, and until when; then people are told again.
 * 3. After standing still nothing that was read before counts: whoever obeyed must read again.
 * 4. A guard is overridden by its name, once, by another human than the one who asked for the run.
 */
import type { JsonObject } from "../domain/json.ts";
import type { Command, PersonsCommand } from "../ports/journal.ts";
import { Cancelled, Skipped, Superseded, UndoAsked } from "./failures.ts";
import { tellPeople } from "./notices.ts";
import type { Run } from "./run.ts";

type Offer = "resume" | "retry" | "skip" | "undo" | "cancel" | "override";

/** States in which a run stands still until people have decided. */
export type Standing = "paused" | "drifted" | "refused" | "undo-incomplete";

export type Question = {
  readonly state: Standing;
  readonly why: string;
  readonly facts: JsonObject;
  readonly offers: readonly Offer[];
  /** The guards that may be overridden. */
  readonly guards: readonly string[];
  /** Who is to decide: a name, or whoever is on call. */
  readonly owner: string;
};

/**
 * Obeys what was heard between two steps, `first` and all that has come behind it. Answers whether the run stood still.
 * Throws Cancelled, Superseded, UndoAsked.
 */
export async function obey(run: Run, first: Command | null): Promise<boolean> {
  let stoodStill = false;
  for (let command = first; command !== null; command = await run.journal.peek(run.commands)) {
    run.commands += 1;
    run.record.passed(command.atMs);
    if (await obeyOne(run, command)) stoodStill = true;
  }
  return stoodStill;
}

/**
 * A pause that was asked for while a pivot was under way, or a hold. On the way back there is none: writes may be blocked, and
 * behind it the run is over.
 */
export async function pauseIfAsked(run: Run): Promise<void> {
  const { pauseAsked } = run;
  if (pauseAsked === null || run.pivot !== null || run.undoing) return;
  run.pauseAsked = null;
  await standStill(run, pauseAsked);
}

async function obeyOne(run: Run, command: Command): Promise<boolean> {
  switch (command.type) {
    case "superseded":
      throw superseded(run, command);
    case "breach":
      // Of a hold that is over.
      return false;
    case "pause":
    case "cancel":
    case "undo":
      return await stop(run, command);
    case "approve":
    case "reject":
      return refuseCommand(run, command, "the run waits for no approval");
    case "resume":
    case "retry":
    case "skip":
    case "override":
      return refuseCommand(run, command, "the run does not stand still");
  }
}

/** Between steps it may be stopped, but not on the way back, and not in a pivot: there writes are blocked. */
async function stop(run: Run, command: PersonsCommand): Promise<boolean> {
  if (run.undoing) return refuseCommand(run, command, "the run is going back");
  if (run.pivot !== null) {
    if (command.type === "pause") return putOff(run, command, "the pivot's end");
    if (command.type === "cancel" && run.overdue !== null) {
      run.record.note("commanded", { command: "cancel", why: command.why }, command.by);
      throw new Cancelled(command);
    }
    return refuseCommand(run, command, "a pivot is under way");
  }
  run.record.note("commanded", { command: command.type, why: command.why }, command.by);
  if (command.type === "cancel") throw new Cancelled(command);
  if (command.type === "undo") throw new UndoAsked(command);
  await standStill(run, command);
  return true;
}

/** Until people have decided. Throws Superseded; what the decision means is the caller's to carry out. */
export async function ask(run: Run, question: Question): Promise<PersonsCommand> {
  const { decisionForMs } = run.engine;
  const { state, why, facts, offers, owner } = question;
  for (;;) {
    const untilMs = run.record.nowMs + decisionForMs;
    run.record.note("waiting", { state, why, facts, offers: [...offers], owner, untilMs });
    await tellPeople(run, {
      key: `${state}-${run.commands}-${run.waits}`,
      severity: state === "paused" ? "info" : "critical",
      text: `${run.request.run} is ${state}: ${why}`,
    });
    run.waits += 1;
    const decision = await decisionBefore(run, question, decisionForMs);
    if (decision !== null) return decision;
    run.record.note("wait-lapsed", { state, owner });
  }
}

async function decisionBefore(
  run: Run,
  { offers, guards }: Question,
  forMs: number,
): Promise<PersonsCommand | null> {
  const lapse = run.journal.sleep(forMs);
  for (;;) {
    const next = run.journal.command(run.commands);
    if ((await run.journal.race([next, lapse])) === 1) {
      run.record.passed(run.record.nowMs + forMs);
      return null;
    }
    const command = await next;
    run.commands += 1;
    run.record.passed(command.atMs);
    if (command.type === "superseded") throw superseded(run, command);
    if (command.type === "breach") continue;
    const objection = objectionTo(run, command, offers, guards);
    if (objection !== null) refuseCommand(run, command, objection);
    else {
      const guard = command.type === "override" ? { guard: command.guard } : {};
      run.record.note("commanded", { command: command.type, why: command.why, ...guard }, command.by);
      return command;
    }
  }
}

function objectionTo(
  run: Run,
  command: PersonsCommand,
  offers: readonly Offer[],
  guards: readonly string[],
): string | null {
  if (!offers.some((offer) => offer === command.type)) return `it may now ${offers.join(", ")}`;
  if (command.type === "skip" && command.why === "") return "a step is left out for a reason only";
  if (command.type !== "override") return null;
  if (!guards.includes(command.guard)) return `guard "${command.guard}" has not refused`;
  return command.human === run.request.requestedByHuman
    ? "a guard is overridden by another human than the one who asked for the run"
    : null;
}

/**
 * Waits before a try, unless somebody will not. Throws Cancelled, Skipped, Superseded, UndoAsked. `maySkip`: what is tried can
 * be left out.
 */
async function backOff(run: Run, ms: number, maySkip: boolean): Promise<void> {
  const over = run.journal.sleep(ms);
  for (;;) {
    const next = run.journal.command(run.commands);
    if ((await run.journal.race([over, next])) === 0) return;
    const command = await next;
    run.commands += 1;
    run.record.passed(command.atMs);
    if (command.type === "retry") {
      run.record.note("commanded", { command: "retry", why: command.why }, command.by);
      // It is said again if it does not hold this time either.
      if (run.overdue !== null) run.overdue = "";
      return;
    }
    const isFree = maySkip && run.pivot === null && !run.undoing;
    if (command.type === "skip" && isFree && command.why !== "") {
      run.record.note("commanded", { command: "skip", why: command.why }, command.by);
      throw new Skipped(command);
    }
    if (command.type === "pause" && run.pivot === null && !run.undoing)
      putOff(run, command, "this step's end");
    else await obeyOne(run, command);
  }
}

/** Doubling from the first pause up to the last; the jitter is the attempt's own journalled time, so replays agree. */
export async function pauseBeforeRetry(run: Run, tries: number, maySkip = true): Promise<void> {
  const { firstMs, lastMs } = run.engine.retries;
  const pauseMs = Math.min(lastMs, firstMs * 2 ** Math.min(tries - 1, 16));
  const jitter = 0.5 + (run.record.nowMs % 997) / 997 / 2;
  await backOff(run, Math.ceil(pauseMs * jitter), maySkip);
}

/** What was said and not heard before the run's end: it changes nothing any more, and is on record. */
export async function refuseTheRest(run: Run): Promise<void> {
  for (;;) {
    const command = await run.journal.peek(run.commands);
    if (command === null) return;
    run.commands += 1;
    run.record.passed(command.atMs);
    if (command.type !== "breach" && command.type !== "superseded")
      refuseCommand(run, command, "the run has ended");
  }
}

async function standStill(run: Run, { by, why }: PersonsCommand): Promise<void> {
  const decision = await ask(run, {
    state: "paused",
    why: why === "" ? `${by} paused it` : `${by} paused it: ${why}`,
    facts: {},
    offers: ["resume", "undo", "cancel"],
    guards: [],
    owner: by,
  });
  if (decision.type === "cancel") throw new Cancelled(decision);
  if (decision.type === "undo") throw new UndoAsked(decision);
}

export function putOff(run: Run, command: PersonsCommand, until: string): false {
  run.record.note("commanded", { command: "pause", why: command.why, putOffUntil: until }, command.by);
  run.pauseAsked = command;
  return false;
}

export function refuseCommand(run: Run, command: PersonsCommand, why: string): false {
  run.record.note("command-refused", { command: command.type, why }, command.by);
  return false;
}

export function superseded(run: Run, { lock, run: byRun }: { readonly lock: string; readonly run: string }) {
  const { lockUntilMs, record, sealed } = run;
  const isOver = lockUntilMs !== null && !sealed && record.nowMs >= lockUntilMs;
  record.note("superseded", { lock, byRun, ...(isOver ? { heldUntilMs: lockUntilMs } : {}) });
  return new Superseded(lock, byRun);
}
