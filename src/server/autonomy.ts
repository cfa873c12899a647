/**
 * Tells automation what this server's board says, for as long as the server lives: at once when a cloud's verdict has changed,
 * and every few seconds what stands. What automation made of it is logged, and what it only says is told to people.
 *
 * Deciding is automation's, which is durable and hears all servers; this has no state that would be missed.
 */
import type { Cloud } from "../domain/snapshot.ts";
import type { AutomationPolicy, News } from "../domain/automation.ts";
import type { JsonObject } from "../domain/json.ts";
import type { RunsEnd } from "../domain/schedule.ts";
import type { World } from "../engine/world.ts";
import { isTrouble, newsOf } from "../loops/traffic/decide.ts";
import type { Automation } from "../ports/automation.ts";
import type { HealthBoard } from "./health-board.ts";
import { NoticesToSend } from "./notices-to-send.ts";

export type AutonomyParts = {
  /** This server's name among the others. */
  readonly name: string;
  readonly automation: Automation;
  readonly board: Pick<HealthBoard, "verdicts">;
  readonly world: Pick<World, "databases" | "notify" | "clock" | "named">;
  readonly policy: AutomationPolicy;
  readonly ground: JsonObject;
  /** Null: it goes on, or its record cannot be read now. */
  readonly endOf: (run: string) => Promise<RunsEnd | null>;
  readonly log: (line: string) => void;
};

const TELL_EVERY_MS = 4_000;
const AGAIN_MS = 500;
const TELL_MS = 5_000;
/**
 * For the first try after one that went well: a call that a dead member's engine had to answer is not taken over with what that
 * one led, and would be waited for long after another leads it. Hearing the same twice is hearing it once.
 */
const FIRST_TELL_MS = 1_500;
const LOOK_MS = 1_500;

export class Autonomy {
  readonly #parts: AutonomyParts;
  readonly #notices: NoticesToSend;
  /** By cloud: the runs of its outage. */
  readonly #open = new Map<Cloud, readonly string[]>();
  #wake = new AbortController();
  #patienceMs = FIRST_TELL_MS;

  constructor(parts: AutonomyParts) {
    this.#parts = parts;
    this.#notices = new NoticesToSend(parts.world, parts.log);
  }

  /** A cloud's verdict has changed. */
  wake(): void {
    this.#wake.abort();
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = { ...this.#parts, ...this.#parts.world };
    let failing = false;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#tell(signal);
        failing = false;
        this.#patienceMs = FIRST_TELL_MS;
      } catch (error) {
        if (!failing)
          log(`automation was not told: ${error instanceof Error ? error.message : String(error)}`);
        failing = true;
        this.#patienceMs = Math.min(2 * this.#patienceMs, TELL_MS);
      }
      await this.#notices.send(signal);
      const rest = AbortSignal.any([signal, this.#wake.signal]);
      await clock.sleep(failing ? AGAIN_MS : TELL_EVERY_MS, rest).catch(() => undefined);
    }
  }

  async #tell(signal: AbortSignal): Promise<void> {
    const { automation, board, world, name, policy, ground, log } = this.#parts;
    const { clock } = world;
    const facts = await board.verdicts(clock.within(TELL_MS, signal));
    // Where promotions may act, the runbook itself finds out, and asking a cloud that is lost takes its time. Where people have
    // set another mode since, a move is proposed that has nothing to do, and says so.
    const asks = isTrouble(facts) && policy.modes.promote !== "act";
    const primaryIn = asks ? await this.#primaries(signal) : null;
    const telling = { by: name, nowMs: clock.now(), primaryIn, refused: await this.#refused() };
    for (const news of troubleFirst(newsOf(facts, telling))) {
      const { runs, says, open } = await automation.told(
        { news, policy, ground },
        clock.within(this.#patienceMs, signal),
      );
      this.#open.set(news.cloud, open);
      for (const { run, mode, policy: words } of runs)
        log(
          `${news.cloud} ${news.verdict}: began ${run} (${mode === "act" ? "approved by" : "proposed by"} ${words})`,
        );
      for (const text of says) this.#notices.add(`automation-${news.cloud}-${news.verdict}`, text);
    }
  }

  /** An end that is not on record yet is told the next time. */
  async #refused(): Promise<string[]> {
    const open = [...this.#open.values()].flat();
    const ends = await Promise.all(open.map(async (run) => ({ run, end: await this.#parts.endOf(run) })));
    return ends.filter(({ end }) => end?.state === "refused").map(({ run }) => run);
  }

  /** Null when it cannot be read: a lost cloud must not keep the news from being told. */
  async #primaries(signal: AbortSignal): Promise<readonly Cloud[] | null> {
    const { databases, clock, named } = this.#parts.world;
    try {
      const seen = new Set<Cloud>();
      for (const database of named.databases) {
        const facts = await databases.observe(database, clock.within(LOOK_MS, signal));
        for (const [cloud, member] of Object.entries(facts.members))
          if (member.role === "primary") seen.add(cloud);
      }
      return [...seen];
    } catch {
      return null;
    }
  }
}

/** Each telling is a step of the durable engine, one behind the other: who is well can wait. */
function troubleFirst(news: readonly News[]): News[] {
  return news.toSorted(
    (one, other) => Number(one.verdict === "healthy") - Number(other.verdict === "healthy"),
  );
}
