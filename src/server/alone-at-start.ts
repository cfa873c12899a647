/**
 * Where policy is that writes wait for standbys, nobody reads the record of who acknowledges alone. A primary that stands on it
 * from when policy was another one is said once, when the server starts: what it alone has acknowledged, a promotion would lose,
 * and nothing here would stop it.
 *
 * What cannot be read is looked at again, for as long as the server lives: the durable engine comes up beside it.
 */
import type { DatabaseName } from "../domain/snapshot.ts";
import type { World } from "../engine/world.ts";
import type { AloneRecord } from "../ports/alone-record.ts";
import { NoticesToSend } from "./notices-to-send.ts";

export type AloneAtStart = {
  readonly record: Pick<AloneRecord, "read">;
  readonly databases: readonly DatabaseName[];
  readonly world: Pick<World, "notify" | "clock">;
  readonly log: (line: string) => void;
};

const READ_MS = 5_000;
const AGAIN_MS = 5_000;

/** Until all is said, or the signal. */
export async function sayWhoIsAlone(
  { record, databases, world, log }: AloneAtStart,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = world;
  const notices = new NoticesToSend(world, log);
  const left = new Set(databases);
  let failing = false;
  // The durable engine does not know this server's services in its first moments.
  do {
    await clock.sleep(AGAIN_MS, signal).catch(() => undefined);
    for (const database of left) {
      try {
        const cloud = await record.read(database, clock.within(READ_MS, signal));
        left.delete(database);
        if (cloud !== null) notices.add(`alone-${database}`, textOf(database, cloud));
      } catch (error) {
        if (!failing) log(`not known yet who acknowledges alone in ${database}: ${String(error)}`);
        failing = true;
      }
    }
    await notices.send(signal);
  } while (!signal.aborted && (left.size > 0 || !notices.isEmpty));
}

function textOf(database: DatabaseName, cloud: string): string {
  return `${database}: ${cloud} is on record as acknowledging alone, and policies.standbysGone is wait, by which nobody looks at that: a promotion elsewhere may lose what only ${cloud} has. Next: set it to degrade until ${cloud} waits for a standby again`;
}
