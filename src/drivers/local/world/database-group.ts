/**
 * Brings the database group up: a new one from nothing, or the last one as it was left, also when it was killed.
 *
 * 1. Exactly one member is started writable: the one that was the primary last.
 * 2. A member whose data are missing or beyond the fork is cloned anew; nothing else is ever thrown away.
 * 3. When this answers, every standby streams from the primary.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cloneServer } from "../postgres/base-backup.ts";
import { keptConnection } from "../postgres/connection.ts";
import { readControlFile } from "../postgres/control-file.ts";
import { hasData, newestHistory } from "../postgres/data-directory.ts";
import { lastPrimary, type StoppedMember } from "../postgres/last-primary.ts";
import { type MemberConfig, superuserEndpoint, upstreamConninfo } from "../postgres/member.ts";
import { quoteIdentifier, quoteLiteral } from "../postgres/quote.ts";
import { rejoin } from "../postgres/rejoin.ts";
import { startServer } from "../postgres/server.ts";
import { stateOver } from "../postgres/server-state.ts";
import { rewriteAutoConf, writeServerSettings } from "../postgres/settings.ts";
import { pollUntil } from "../processes/wait.ts";
import { type DatabaseGroup, keeperOf, replicationOf } from "./database-plan.ts";
import { createGroup } from "./new-database-group.ts";
import { WorldError } from "./world-error.ts";

const questionWithinMs = 5_000;
const streamWithinMs = 15_000;

/** Answers the cloud of the primary. */
export async function bringUpDatabases(
  group: DatabaseGroup,
  progress: (what: string) => void,
): Promise<string> {
  const members = Object.values(group.members);
  const present = members.filter(({ dataDirectory }) => hasData(dataDirectory));
  if (present.length === 0) {
    await createGroup(group);
    progress("databases created");
  }
  for (const member of members) {
    if (hasData(member.dataDirectory)) writeServerSettings(member, replicationOf(group));
  }
  const primary = primaryOf(group);
  await startPrimary(group, primary);
  progress(`database primary in ${primary.cloud}`);
  const others = members.filter(({ cloud }) => cloud !== primary.cloud);
  await makeSlots(group, primary, others);
  await Promise.all(others.map(async (member) => await bringUpStandby(group, primary, member, progress)));
  return primary.cloud;
}

function primaryOf(group: DatabaseGroup): MemberConfig {
  const stopped = Object.values(group.members).flatMap((member): StoppedMember[] => {
    if (!hasData(member.dataDirectory)) return [];
    const { state, checkpoint, timeline } = readControlFile(member.dataDirectory);
    const newest = Math.max(timeline, newestHistory(member.dataDirectory));
    const isFreshClone = existsSync(join(member.dataDirectory, "backup_label"));
    return [{ cloud: member.cloud, state, checkpoint, timeline: newest, isFreshClone }];
  });
  const cloud = lastPrimary(stopped, group.firstPrimary);
  const member = cloud === null ? undefined : group.members[cloud];
  if (member !== undefined) return member;
  throw new WorldError({
    what: "the databases cannot be brought up",
    why: `no data directory is the last primary's: ${stopped.map((row) => `${row.cloud} ${row.state} on timeline ${row.timeline}`).join(", ")}`,
    next: "Put the missing data directory back, or begin anew: ./wildcam local down --purge",
  });
}

async function startPrimary(group: DatabaseGroup, primary: MemberConfig): Promise<void> {
  const standbys = Object.values(group.members).filter(({ cloud }) => cloud !== primary.cloud);
  const wanted = Math.min(group.synchronous, standbys.length);
  const names =
    wanted === 0 ? "" : `ANY ${wanted} (${standbys.map(({ slot }) => quoteIdentifier(slot)).join(", ")})`;
  const part = {
    primary_conninfo: null,
    primary_slot_name: null,
    default_transaction_read_only: null,
    synchronous_standby_names: plainNames(names),
  };
  rewriteAutoConf(primary.dataDirectory, part, primary.owner);
  await startServer(keeperOf(group, primary.cloud), primary, "primary");
}

/** As people write it: names that need no quotes have none. */
function plainNames(names: string): string {
  return names.replaceAll(/"([a-z_][a-z0-9_]*)"/g, "$1");
}

async function makeSlots(
  group: DatabaseGroup,
  primary: MemberConfig,
  standbys: readonly MemberConfig[],
): Promise<void> {
  const connection = keptConnection(
    superuserEndpoint(primary.port, primary.database, group.secrets),
    "wildcam-bring-up",
  );
  try {
    const { slots } = await stateOver(connection, questionWithinMs);
    for (const { slot } of standbys) {
      const found = slots.find(({ name }) => name === slot);
      const name = quoteLiteral(slot);
      // A slot that lost its WAL serves nobody: its standby streams what is still there, or is cloned anew.
      if (found?.walStatus === "lost")
        await connection.query(`select pg_drop_replication_slot(${name})`, questionWithinMs);
      if (found !== undefined && found.walStatus !== "lost") continue;
      await connection.query(`select pg_create_physical_replication_slot(${name}, true)`, questionWithinMs);
    }
  } finally {
    connection.close();
  }
}

async function bringUpStandby(
  group: DatabaseGroup,
  primary: MemberConfig,
  member: MemberConfig,
  progress: (what: string) => void,
): Promise<void> {
  const upstream = superuserEndpoint(primary.port, primary.database, group.secrets);
  const conninfo = upstreamConninfo(member, portOfPrimary(member, primary));
  const connection = keptConnection(
    superuserEndpoint(member.port, member.database, group.secrets),
    "wildcam-bring-up",
  );
  const task = {
    keeper: keeperOf(group, member.cloud),
    member,
    connection,
    conninfo,
    slot: member.slot,
    upstream,
  };
  const clone = async (): Promise<void> => {
    const source = { port: primary.port, ...replicationOf(group) };
    await cloneServer({ ...source, target: member.dataDirectory, owner: member.owner });
    writeServerSettings(member, replicationOf(group));
    // The copy brought the primary's own part along.
    const part = {
      primary_conninfo: conninfo,
      primary_slot_name: member.slot,
      synchronous_standby_names: null,
    };
    rewriteAutoConf(member.dataDirectory, { ...part, default_transaction_read_only: null }, member.owner);
    await startServer(task.keeper, member, "standby");
    progress(`database of ${member.cloud} cloned anew`);
  };
  try {
    if (!hasData(member.dataDirectory)) await clone();
    else if ((await rejoin(task)).verdict === "diverged") await clone();
    await untilStreaming(member, primary, connection);
    await dropIdleSlots(connection);
  } finally {
    connection.close();
  }
}

/** As the member itself reaches it. */
function portOfPrimary(member: MemberConfig, primary: MemberConfig): number {
  return member.ports[primary.cloud] ?? primary.port;
}

type Connection = ReturnType<typeof keptConnection>;

async function untilStreaming(
  member: MemberConfig,
  primary: MemberConfig,
  connection: Connection,
): Promise<void> {
  const streaming = await pollUntil(
    async () => {
      const { receiver } = await stateOver(connection, questionWithinMs);
      return receiver?.status === "streaming" && receiver.port === portOfPrimary(member, primary)
        ? true
        : undefined;
    },
    { withinMs: streamWithinMs, everyMs: 20 },
  );
  if (streaming !== undefined) return;
  throw new WorldError({
    what: `the database of ${member.cloud} does not follow ${primary.cloud}`,
    why: `it did not stream within ${streamWithinMs} ms; its log: ${member.logFile}`,
    next: "Try again; ./wildcam local down --purge begins anew",
  });
}

/** Everybody follows the primary now: slots on a standby are left from before, and would only pin its WAL. */
async function dropIdleSlots(connection: Connection): Promise<void> {
  await connection.query(
    "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_type = 'physical' and not active",
    questionWithinMs,
  );
}
