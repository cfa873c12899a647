/**
 * The fence on return. A server that was a primary and comes back (its machine was dead, frozen or cut off) may be so only
 * if nobody took its place meanwhile.
 *
 * 1. The other members' agents are asked, and a majority of the group has to answer, this one counted. No answer, no start.
 * 2. Whoever takes a primary's place has given a newer epoch of the database's lock to the standbys first. So a peer that has
 *    seen a newer epoch than this agent had while its server was the primary, or that is a primary itself, is a no.
 * 3. What was stopped cleanly was stopped on purpose: only an act starts it again.
 * 4. A server that is still out of recovery while a peer is a primary on a higher timeline is ended, hard if need be: its
 *    synchronous commits wait for standbys that have left it, and what it could still write nobody was promised.
 */
import { z } from "zod";
import type { EffectorMemory } from "../../../../effector/memory.ts";
import { type ControlClient, controlClient, type ControlAddress } from "../../control-client.ts";
import { readControlFile } from "../../postgres/control-file.ts";
import { hasData } from "../../postgres/data-directory.ts";
import { endServer, runningServer, startServer } from "../../postgres/server.ts";
import { stateOver, timelineOf } from "../../postgres/server-state.ts";
import { readText, writeJson } from "../../processes/files.ts";
import { type DatabaseContext, questionWithinMs } from "./context.ts";

const lookEveryMs = 1_000;
const peerWithinMs = 700;
const endWithinMs = 1_000;

export const peerView = z.object({
  /** The highest epoch of the database's lock that its agent has seen; 0: none yet. */
  epoch: z.int(),
  /** The timeline that it is the primary of; null when it is none. */
  primaryOf: z.int().nullable(),
});
export type PeerView = z.infer<typeof peerView>;
const remembered = z.object({ epoch: z.int() });

export type Fence = {
  readonly context: DatabaseContext;
  readonly memory: Pick<EffectorMemory<unknown>, "highest">;
  readonly peers: readonly ControlClient[];
  /** Keeps the epoch under which this server was last seen as the primary. */
  readonly file: string;
};

export function peersOf(addresses: Readonly<Record<string, ControlAddress>>): ControlClient[] {
  return Object.entries(addresses).map(([cloud, address]) =>
    controlClient(`agent ${cloud}`, { ...address, readWithinMs: peerWithinMs }),
  );
}

/** What this agent answers its peers. */
export async function viewForPeers(fence: Pick<Fence, "context" | "memory">): Promise<PeerView> {
  return { epoch: highestEpoch(fence), primaryOf: await primaryOf(fence.context) };
}

/** Looks until the process ends; what goes wrong is tried again at the next look. */
export async function keepFence(fence: Fence): Promise<never> {
  for (;;) {
    await look(fence).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

async function look(fence: Fence): Promise<"ended" | "started" | "left"> {
  const { context } = fence;
  const { keeper, member } = context;
  if ((await runningServer(keeper)) === null) {
    if (!hasData(member.dataDirectory) || !crashedAsPrimary(member.dataDirectory)) return "left";
    if (!mayBePrimary(epochAsPrimary(fence), await askPeers(fence), fence.peers.length)) return "left";
    await startServer(keeper, member, "primary");
    return "started";
  }
  const own = await primaryOf(context);
  if (own === null) return "left";
  remember(fence);
  const views = await askPeers(fence);
  if (!views.some(({ primaryOf: other }) => other !== null && other > own)) return "left";
  await endServer(keeper, endWithinMs);
  context.connection.close();
  return "ended";
}

/** `epoch`: under which it was the primary; `views`: of those of its `peers` that answered. */
export function mayBePrimary(epoch: number, views: readonly PeerView[], peers: number): boolean {
  const answered = 1 + views.length;
  if (answered * 2 <= 1 + peers) return false;
  return views.every((view) => view.primaryOf === null && view.epoch <= epoch);
}

function crashedAsPrimary(dataDirectory: string): boolean {
  const { state } = readControlFile(dataDirectory);
  return state === "in-production" || state === "in-crash-recovery";
}

function highestEpoch({ context, memory }: Pick<Fence, "context" | "memory">): number {
  return memory.highest(`database/${context.member.database}`)?.epoch ?? 0;
}

function epochAsPrimary({ file }: Fence): number {
  const text = readText(file);
  return text === null ? 0 : remembered.parse(JSON.parse(text)).epoch;
}

function remember(fence: Fence): void {
  const epoch = highestEpoch(fence);
  if (readText(fence.file) === null || epochAsPrimary(fence) !== epoch) writeJson(fence.file, { epoch });
}

async function primaryOf({ connection }: DatabaseContext): Promise<number | null> {
  try {
    const state = await stateOver(connection, questionWithinMs);
    return state.recovery ? null : timelineOf(state);
  } catch {
    return null;
  }
}

async function askPeers({ peers }: Fence): Promise<PeerView[]> {
  const signal = AbortSignal.timeout(2 * peerWithinMs);
  const answers = peers.map((peer) => peer.read("/v1/database/fence", peerView, signal).catch(() => null));
  return (await Promise.all(answers)).filter((view) => view !== null);
}
