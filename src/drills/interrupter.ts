/**
 * Interrupts the orchestrator while a run is under way, as a kill plan says, and writes down what it did and saw:
 * `kills.ndjson`, a line each interruption, and `seen.ndjson`, a line each ledger event with when it could be read in the
 * store. It works from files and pids alone: nobody tells it when to strike.
 *
 * 1. Never again before the run has written an event since the victims were back: one interruption, one recovery.
 * 2. What it stopped it continues, also when the drill is broken off.
 */
import { setTimeout as after } from "node:timers/promises";
import { behind, insideOf, type Interruption, type KillPlan } from "./kill-plan.ts";
import { LedgerTail, type SeenEvent } from "./ledger-tail.ts";
import type { RecordFile } from "./record-file.ts";
import { cloudsWithMember, interrupt } from "./victims.ts";

export type InterrupterSetup = {
  readonly plan: KillPlan;
  readonly stateDir: string;
  readonly ledgerFolder: string;
  readonly effectsFolder: string;
  readonly kills: RecordFile;
  readonly seen: RecordFile;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
};

const LOOK_EVERY_MS = 8;
/** Longer than this without an event, and nobody is interrupted: the run stands still by itself. */
const SILENT_MS_MAX = 90_000;

export async function followAndInterrupt(
  setup: InterrupterSetup,
  run: string,
  runbook: string,
): Promise<SeenEvent> {
  return await new Following(setup, run, runbook).toItsEnd();
}

class Following {
  readonly #setup: InterrupterSetup;
  readonly #run: string;
  readonly #runbook: string;
  readonly #tail: LedgerTail;
  #step = 0;
  #interrupting: Promise<void> | null = null;
  /** Whether the run has written something since it was interrupted last. */
  #wentOn = true;
  #blocked = false;
  #blockedHits = 0;
  #holdMiddle: { readonly step: number; readonly atMs: number } | null = null;
  #lastNewsMs = Date.now();

  constructor(setup: InterrupterSetup, run: string, runbook: string) {
    this.#setup = setup;
    this.#run = run;
    this.#runbook = runbook;
    this.#tail = new LedgerTail({ ...setup, run });
  }

  async toItsEnd(): Promise<SeenEvent> {
    let end: SeenEvent | undefined;
    try {
      while (end === undefined) {
        end = this.#look();
        await after(LOOK_EVERY_MS, undefined, { signal: this.#setup.signal });
      }
    } finally {
      await this.#interrupting;
    }
    return end;
  }

  #look(): SeenEvent | undefined {
    const { events, effects } = this.#tail.look();
    const nowMs = Date.now();
    for (const event of events) this.#note(event, nowMs);
    const passed = [
      // An effector may name its target too: `scale aws-west`.
      ...effects.map(({ op }) => insideOf(this.#runbook, op.split(" ", 1)[0] ?? op)),
      ...events.map((event) => behind(this.#runbook, event.type, opOf(event))),
      ...this.#middleOfHold(nowMs),
    ];
    if (passed.length > 0) this.#lastNewsMs = nowMs;
    if (nowMs - this.#lastNewsMs > SILENT_MS_MAX)
      throw new Error(`${this.#run} wrote nothing for ${SILENT_MS_MAX} ms`);
    this.#strike(passed);
    return events.find(({ type }) => type === "run-ended");
  }

  #note({ index, type, data }: SeenEvent, nowMs: number): void {
    this.#setup.seen.add({ time: nowMs, run: this.#run, index, type });
    if (typeof data["step"] === "number") this.#step = data["step"];
    if (this.#interrupting === null) this.#wentOn = true;
    if (type === "act-intended" && data["op"] === "block-writes") this.#blocked = true;
    if (type === "act-verified" && data["op"] === "unblock-writes") this.#blocked = false;
    if (type === "hold-started" && typeof data["forMs"] === "number")
      this.#holdMiddle = { step: this.#step, atMs: nowMs + data["forMs"] / 2 };
    if (type === "hold-passed") this.#holdMiddle = null;
  }

  #middleOfHold(nowMs: number): string[] {
    if (this.#holdMiddle === null || nowMs < this.#holdMiddle.atMs) return [];
    this.#holdMiddle = null;
    return [behind(this.#runbook, "hold-middle", null)];
  }

  #strike(passed: readonly string[]): void {
    if (this.#interrupting !== null || !this.#wentOn) return;
    if (this.#blocked && this.#blockedHits > 0) return;
    const due = this.#setup.plan.due(passed, this.#blocked);
    if (due === null) return;
    if (this.#blocked) this.#blockedHits += 1;
    this.#wentOn = false;
    this.#setup.plan.took(due.place);
    this.#interrupting = this.#carryOut(due.place, due.how).finally(() => {
      this.#interrupting = null;
    });
    // What went wrong comes out where the run's end is waited for.
    this.#interrupting.catch(() => undefined);
  }

  async #carryOut(place: string, how: Interruption): Promise<void> {
    const { stateDir, signal, kills, plan, say } = this.#setup;
    const step = this.#step;
    const clouds = cloudsWithMember(stateDir);
    const cloud = clouds[plan.hits % clouds.length] ?? null;
    const { atMs, restartedMs, contMs } = await interrupt({ stateDir, cloud }, how, signal);
    const back = restartedMs === null ? { contMs } : { restartedMs };
    kills.add({ time: atMs, ...how, member: cloud, place, run: this.#run, step, ...back });
    say(
      `  ${plan.hits}. ${how.kind} ${how.victims.join(" and ")}${cloud === null ? "" : ` in ${cloud}`}, ${place}: back after ${restartedMs ?? contMs} ms`,
    );
  }
}

/** Of an act's events; others may name an op too, which is not what they are about. */
function opOf({ type, data }: SeenEvent): string | null {
  return type.startsWith("act-") && typeof data["op"] === "string" ? data["op"] : null;
}
