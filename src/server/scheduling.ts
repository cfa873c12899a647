/**
 * Tells the schedule what is in this server's inventory, also that nothing is, and what it sees, for as long as the server lives:
 * every few seconds, and looks at the world only when something is due. What the schedule made of it is logged, and what it says
 * is told to people.
 *
 * Deciding is the schedule's, which is durable and hears all servers; this has no state that would be missed.
 */
import type { JsonObject } from "../domain/json.ts";
import type { Look, RunsEnd, ScheduledEntry, Wants } from "../domain/schedule.ts";
import type { World } from "../engine/world.ts";
import type { Schedule } from "../ports/schedule.ts";
import { NoticesToSend } from "./notices-to-send.ts";

export type SchedulingParts = {
  /** This server's name among the others. */
  readonly name: string;
  readonly profile: string;
  readonly schedule: Schedule;
  readonly entries: readonly ScheduledEntry[];
  /** Never throws: what cannot be seen is in the way. */
  readonly look: (signal: AbortSignal) => Promise<Look>;
  /** Null: it has not ended, as far as is known. */
  readonly endOf: (run: string) => Promise<RunsEnd | null>;
  readonly world: Pick<World, "notify" | "clock">;
  readonly ground: JsonObject;
  readonly log: (line: string) => void;
};

const TELL_EVERY_MS = 10_000;
const TELL_MS = 5_000;
const LOOK_MS = 8_000;

export class Scheduling {
  readonly #parts: SchedulingParts;
  readonly #notices: NoticesToSend;
  #wants: Wants = { look: false, ends: [] };

  constructor(parts: SchedulingParts) {
    this.#parts = parts;
    this.#notices = new NoticesToSend(parts.world, parts.log);
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, world } = this.#parts;
    let failing = false;
    while (!signal.aborted) {
      try {
        await this.#tell(signal);
        failing = false;
      } catch (error) {
        if (!failing)
          log(`the schedule was not told: ${error instanceof Error ? error.message : String(error)}`);
        failing = true;
      }
      await this.#notices.send(signal);
      await world.clock.sleep(TELL_EVERY_MS, signal).catch(() => undefined);
    }
  }

  async #tell(signal: AbortSignal): Promise<void> {
    const looked = this.#wants.look;
    await this.#tellOnce(looked, signal);
    // Something has become due: what is in its way is looked at now, not at the next turn.
    if (!looked && this.#wants.look) await this.#tellOnce(true, signal);
  }

  async #tellOnce(looks: boolean, signal: AbortSignal): Promise<void> {
    const { name: by, profile, schedule, entries, ground, look: lookNow, world } = this.#parts;
    const { clock } = world;
    const look = looks ? await lookNow(clock.within(LOOK_MS, signal)) : null;
    const news = { by, profile, entries, look, ends: await this.#ends() };
    const { runs, says, wants } = await schedule.told({ news, ground }, clock.within(TELL_MS, signal));
    this.#wants = wants;
    for (const { run, runbook, mode, policy } of runs)
      this.#parts.log(`began ${run} (${runbook}, ${mode === "act" ? "approved" : "proposed"} by ${policy})`);
    for (const text of says) this.#notices.add(`schedule-${text}`, text);
  }

  async #ends(): Promise<Record<string, RunsEnd>> {
    const ends: Record<string, RunsEnd> = {};
    for (const run of this.#wants.ends) {
      const end = await this.#parts.endOf(run);
      if (end !== null) ends[run] = end;
    }
    return ends;
  }
}
