/**
 * The fence on return. A server that was a primary and comes back (its machine was dead, frozen or cut off) may be so only
 * if nobody took its place meanwhile.
 *
 * 1. Whoever takes a primary's place has every standby that could acknowledge for it leave it first. So it may start again
 *    only if as many of them as its commits wait for (one at the least) say that they follow it still, and none is a primary.
 *    No answer, no start.
 * 2. What was stopped cleanly was stopped on purpose: only an act starts it again.
 * 3. A server that is still out of recovery while a peer is a primary on a higher timeline is ended, hard if need be: its
 *    synchronous commits wait for standbys that have left it, and what it could still write nobody was promised.
 */
import { z } from "zod";
import { type ControlAddress, type ControlClient, controlClient } from "../../control-client.ts";
import { readControlFile } from "../../postgres/control-file.ts";
import { hasData } from "../../postgres/data-directory.ts";
import { cloudAt } from "../../postgres/member.ts";
import { endServer, runningServer, startServer } from "../../postgres/server.ts";
import { type ServerState, stateOver, timelineOf } from "../../postgres/server-state.ts";
import { portOf } from "../../postgres/settings.ts";
import { type DatabaseContext, questionWithinMs } from "./context.ts";

const lookEveryMs = 1_000;
const peerWithinMs = 700;
const endWithinMs = 1_000;

export const peerView = z.object({
  /** The cloud that its running standby is set to follow; null for none. */
  follows: z.string().nullable(),
  /** The timeline that it is the primary of; null when it is none. */
  primaryOf: z.int().nullable(),
});
export type PeerView = z.infer<typeof peerView>;

export type Fence = {
  readonly context: DatabaseContext;
  readonly peers: readonly ControlClient[];
  /** How many standbys its commits wait for. */
  readonly synchronous: number;
};

export function peersOf(addresses: Readonly<Record<string, ControlAddress>>): ControlClient[] {
  return Object.entries(addresses).map(([cloud, address]) =>
    controlClient(`agent ${cloud}`, { ...address, readWithinMs: peerWithinMs }),
  );
}

/** What this agent answers its peers. */
export async function viewForPeers(context: DatabaseContext): Promise<PeerView> {
  const state = await stateOf(context);
  if (state === null) return { follows: null, primaryOf: null };
  if (!state.recovery) return { follows: null, primaryOf: timelineOf(state) };
  return { follows: cloudAt(context.member, portOf(state.conninfo)), primaryOf: null };
}

/** Looks until the process ends; what goes wrong is tried again at the next look. */
export async function keepFence(fence: Fence): Promise<never> {
  for (;;) {
    await look(fence).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

async function look(fence: Fence): Promise<void> {
  const { context, synchronous } = fence;
  const { keeper, member } = context;
  if ((await runningServer(keeper)) === null) {
    if (!hasData(member.dataDirectory) || !crashedAsPrimary(member.dataDirectory)) return;
    if (!mayBePrimary(member.cloud, await askPeers(fence), synchronous)) return;
    await startServer(keeper, member, "primary");
    return;
  }
  const state = await stateOf(context);
  if (state === null || state.recovery) return;
  const own = timelineOf(state);
  const views = await askPeers(fence);
  if (!views.some(({ primaryOf }) => primaryOf !== null && primaryOf > own)) return;
  await endServer(keeper, endWithinMs);
  context.connection.close();
}

/** `views`: of the peers that answered. */
export function mayBePrimary(cloud: string, views: readonly PeerView[], synchronous: number): boolean {
  const following = views.filter(({ follows }) => follows === cloud).length;
  return following >= Math.max(1, synchronous) && views.every(({ primaryOf }) => primaryOf === null);
}

function crashedAsPrimary(dataDirectory: string): boolean {
  const { state } = readControlFile(dataDirectory);
  return state === "in-production" || state === "in-crash-recovery";
}

async function stateOf({ connection }: DatabaseContext): Promise<ServerState | null> {
  return await stateOver(connection, questionWithinMs).catch(() => null);
}

async function askPeers({ peers }: Fence): Promise<PeerView[]> {
  const signal = AbortSignal.timeout(2 * peerWithinMs);
  const answers = peers.map((peer) => peer.read("/v1/database/fence", peerView, signal).catch(() => null));
  return (await Promise.all(answers)).filter((view) => view !== null);
}
