/**
 * How a stopped server becomes a standby of another one without a new clone, and when it must not. Used at bring-up and
 * by the agent's `follow`.
 *
 * 1. Its own write block is cleared first: a later promotion would come up read-only.
 * 2. What stopped cleanly as a primary says itself how far it reaches. Anything else is first started alone, with nothing to
 *    follow, replays what it has, and only then is compared with the fork.
 * 3. It is never started writable.
 */
import type { Keeper } from "../keeper/client.ts";
import { pollUntil } from "../processes/wait.ts";
import { type Connection, type Endpoint, withConnection } from "./connection.ts";
import { readControlFile } from "./control-file.ts";
import { compareWithUpstream, type Divergence, readUpstream, type Upstream } from "./divergence.ts";
import type { MemberConfig } from "./member.ts";
import { runningServer, startServer, stopServerCleanly } from "./server.ts";
import { stateOver, timelineOf } from "./server-state.ts";
import { rewriteAutoConf } from "./settings.ts";

const questionWithinMs = 3_000;
const replayWithinMs = 30_000;
const stopWithinMs = 10_000;

export type Rejoin = {
  readonly keeper: Keeper;
  readonly member: MemberConfig;
  readonly connection: Connection;
  /** What to follow: `primary_conninfo` and slot, and how to ask that server. */
  readonly conninfo: string;
  readonly slot: string;
  readonly upstream: Endpoint;
};

/** Runs as a standby set to follow, or (diverged) is stopped again. Does not wait for it to stream. */
export async function rejoin(task: Rejoin): Promise<Divergence> {
  const upstream = await withConnection(task.upstream, questionWithinMs, readUpstream);
  const control = readControlFile(task.member.dataDirectory);
  const { timeline, checkpoint: position } = control;
  if (control.state === "shut-down") {
    const outcome = compareWithUpstream({ timeline, position, kind: "record" }, upstream);
    if (outcome.verdict === "may-follow") await startFollowing(task);
    return outcome;
  }
  const wasStandby = control.state === "shut-down-in-recovery" || control.state === "in-archive-recovery";
  if (wasStandby && timeline === upstream.timeline) {
    // It only ever received what is on that timeline.
    await startFollowing(task);
    return { verdict: "may-follow" };
  }
  return await startAloneThenCompare(task, upstream);
}

async function startFollowing({ keeper, member, conninfo, slot }: Rejoin): Promise<void> {
  const part = { primary_conninfo: conninfo, primary_slot_name: slot, default_transaction_read_only: null };
  rewriteAutoConf(member.dataDirectory, part, member.owner);
  await startServer(keeper, member, "standby");
}

async function startAloneThenCompare(task: Rejoin, upstream: Upstream): Promise<Divergence> {
  const { keeper, member, connection } = task;
  const alone = { primary_conninfo: null, primary_slot_name: null, default_transaction_read_only: null };
  rewriteAutoConf(member.dataDirectory, alone, member.owner);
  await startServer(keeper, member, "standby");
  await untilReplayed(connection);
  const state = await stateOver(connection, questionWithinMs);
  const reach = { timeline: timelineOf(state), position: state.replayed ?? "0/0", kind: "end" } as const;
  const outcome = compareWithUpstream(reach, upstream);
  connection.close();
  // Followed or not, it starts afresh: a server is only ever re-pointed by its configuration at its start, or by `follow`.
  if (!(await stopServerCleanly(keeper, stopWithinMs)) || (await runningServer(keeper)) !== null) {
    throw new Error(`the server of ${member.cloud} did not stop within ${stopWithinMs} ms`);
  }
  if (outcome.verdict === "may-follow") await startFollowing(task);
  return outcome;
}

/** Everything local is replayed once the startup process waits for more, which nobody will send. */
async function untilReplayed(connection: Connection): Promise<void> {
  const waits = `select wait_event in ('RecoveryRetrieveRetryInterval', 'RecoveryWalStream') as waits
    from pg_stat_activity where backend_type = 'startup'`;
  const replayed = await pollUntil(
    async () => {
      const [row] = await connection.query(waits, questionWithinMs);
      return row?.["waits"] === true ? true : undefined;
    },
    { withinMs: replayWithinMs, everyMs: 10 },
  );
  if (replayed === undefined)
    throw new Error(`replay of the local log did not end within ${replayWithinMs} ms`);
}
