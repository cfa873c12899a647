/**
 * Whether the orchestrator acts: whether a step that is asked for now would be written down and carried out.
 *
 * 1. It is tried, not concluded: the durable engine writes something down and has a worker answer. With two of three
 *    members gone the third still serves this API, and cannot act; nor can one whose engine is down.
 * 2. Whoever asks for an act is told before anything is handed over. What an engine without its majority was given might be
 *    carried out long after the caller was told that it was not.
 */
import type { Clock } from "../ports/clock.ts";
import type { Peer, Peers } from "../ports/peers.ts";
import type { RunEngine } from "../ports/run-engine.ts";
import { ApiError } from "./api/errors.ts";

export type ActingParts = {
  readonly runs: RunEngine;
  readonly peers: Peers;
  readonly clock: Clock;
};

export type ActingState = {
  readonly acts: boolean;
  /** Null when it acts. */
  readonly why: string | null;
  /** Empty when there is only one. */
  readonly members: readonly Peer[];
};

const LOOK_MS = 1_500;
const STATUS_MS = 3_000;
/** Another member takes over from one that died within seconds; whoever asks for an act then waits, and is not sent away. */
const PATIENCE_MS = 9_000;
const AGAIN_MS = 100;
/** A try that a dead member's engine had to answer is not taken over by who leads in its place: the next one is. */
const TRY_MS = 1_200;

export async function actingState(parts: ActingParts): Promise<ActingState> {
  const [members, why] = await Promise.all([
    parts.peers.look(parts.clock.within(LOOK_MS)),
    readyWithin(parts, STATUS_MS),
  ]);
  return { acts: why === null, why: why === null ? null : (lacking(members) ?? why), members };
}

/** Throws `unavailable` when it does not act. */
export async function requireActing(parts: ActingParts): Promise<void> {
  const missing = lacking(await parts.peers.look(parts.clock.within(LOOK_MS)));
  // Servers may be silent whose engines are well; where it looks bad nobody waits long for the answer.
  const why = await readyWithin(parts, missing === null ? PATIENCE_MS : LOOK_MS);
  if (why === null) return;
  throw new ApiError("unavailable", {
    what: "the orchestrator does not act now, and nothing was begun",
    why: missing ?? why,
    next: "wildcam local status",
  });
}

/** Null when it is; else why it was not. */
async function readyWithin({ runs, clock }: ActingParts, ms: number): Promise<string | null> {
  const untilMs = clock.now() + ms;
  const signal = clock.within(ms);
  for (;;) {
    try {
      await runs.ready(clock.within(TRY_MS, signal));
      return null;
    } catch (error) {
      if (clock.now() + AGAIN_MS >= untilMs) return error instanceof Error ? error.message : String(error);
      await clock.sleep(AGAIN_MS, signal).catch(() => undefined);
    }
  }
}

/** Null where enough members are up, or there is only one. */
function lacking(members: readonly Peer[]): string | null {
  const down = members.filter(({ up }) => !up).map(({ name }) => name);
  const needed = Math.floor(members.length / 2) + 1;
  const upCount = members.length - down.length;
  if (members.length === 0 || upCount >= needed) return null;
  return `${upCount} of ${members.length} members are up (not ${down.join(", ")}), and ${needed} have to be: runs stand still, and go on by themselves once ${needed} are`;
}
