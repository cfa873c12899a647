/**
 * The people of a rehearsed night: those of the schedule, who say things at the wrong moment, twice, and start runs beside
 * each other; and the patient one who comes when everything has healed, and ends whatever still stands still.
 */
import type { Command } from "../ports/journal.ts";
import type { RunOnStage } from "./run-on-stage.ts";
import type { PersonsAct } from "./schedule.ts";
import { humanOf, type Stage } from "./stage.ts";

type Say = Extract<PersonsAct, { readonly does: "say" }>;
type Words = Pick<Say, "word" | "by" | "rightHash" | "forMs" | "startForMs">;

const ECHO_MS = 40;
const PATIENCE_MS = 500;
const PATIENT = "adam";
const OTHER = "dana";
/** How often the patient one has a step tried again before leaving all as it is. */
const RETRIES = 3;
const APPROVED_FOR_MS = 24 * 3_600_000;

export class PeopleOnStage {
  readonly #stage: Stage;
  /** Acts that are still to come. */
  pending = 0;
  #isMorning = false;
  /** By run: how often it was told to try again. */
  readonly #retried = new Map<string, number>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** After its delay, and once more where it is done twice. */
  act(run: RunOnStage, act: PersonsAct): void {
    this.#later(act.afterMs, () => this.#do(run, act));
    if (act.twice) this.#later(act.afterMs + ECHO_MS, () => this.#do(run, act));
  }

  #later(afterMs: number, act: () => void): void {
    const { kernel } = this.#stage;
    this.pending += 1;
    kernel.at(kernel.now() + afterMs, () => {
      this.pending -= 1;
      if (!this.#isMorning) act();
    });
  }

  #do(run: RunOnStage, act: PersonsAct): void {
    if (act.does === "say") {
      this.#stage.noteFault(act.by, `says ${act.word} to ${run.durable.run}`);
      const command = this.#command(run, act);
      if (act.heardAfterMs === undefined) run.durable.tell(command);
      else this.#later(act.heardAfterMs, () => run.durable.tell(command));
      return;
    }
    const { by, order, wait, preempt } = act;
    this.#stage.noteFault(by, `starts ${order.runbook}`);
    this.#stage.start({ ...order, requestedBy: by, waitForLocks: wait, preempt });
  }

  #command(run: RunOnStage, { word, by, rightHash, forMs, startForMs = forMs }: Words): Command {
    const atMs = this.#stage.kernel.now();
    const said = { by, human: humanOf(by), why: this.#isMorning ? "it stood still" : "so", atMs };
    if (word === "override") return { ...said, type: word, guard: "capacity-for-the-shift" };
    if (word !== "approve") return { ...said, type: word };
    const hash = rightHash && run.planHash !== null ? run.planHash : "of another plan";
    const approval = { hash, startByMs: atMs + startForMs, finishByMs: atMs + forMs };
    this.#stage.checker.consent.said(run.durable.run, { human: said.human, ...approval });
    return { ...said, type: word, ...approval };
  }

  /** From now on nobody else does anything, and somebody answers every run that stands still. */
  beginPatience(): void {
    this.#isMorning = true;
    for (const run of this.#stage.runs) {
      const word = run.ended === null ? this.#wordFor(run) : null;
      if (word === null) continue;
      // Standing is cleared by what the run makes of it, or it is asked again at the next turn.
      // Nobody approves what they asked for themselves.
      const by = word === "approve" && run.requestedBy === PATIENT ? OTHER : PATIENT;
      run.durable.tell(this.#command(run, { word, by, rightHash: true, forMs: APPROVED_FOR_MS }));
    }
    const { kernel } = this.#stage;
    kernel.at(kernel.now() + PATIENCE_MS, () => this.beginPatience());
  }

  #wordFor({ standing, durable }: RunOnStage): Say["word"] | null {
    if (standing === null) return null;
    if (standing.state === "approval") return "approve";
    if (standing.offers.includes("resume")) return "resume";
    const retried = this.#retried.get(durable.run) ?? 0;
    this.#retried.set(durable.run, retried + 1);
    if (retried < RETRIES && standing.offers.includes("retry")) return "retry";
    return standing.offers.includes("undo") && retried < 2 * RETRIES ? "undo" : "cancel";
  }
}
