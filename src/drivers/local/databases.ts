/** The Databases port on the clouds' agents. */
import { z } from "zod";
import {
  type Cloud,
  type DatabaseMemberFacts,
  type DatabaseName,
  UNREACHABLE_MEMBER,
} from "../../domain/snapshot.ts";
import type { Databases } from "../../ports/databases.ts";
import { terminal } from "../../ports/errors.ts";
import { type ControlAddress, type ControlClient, controlClient } from "./control-client.ts";

const actWithinMs = 45_000;
const markerWithinMs = 10_000;

const memberFacts = z.object({
  state: z.enum(["running", "stopped", "unreachable"]),
  role: z.enum(["primary", "standby"]).nullable(),
  writesBlocked: z.boolean(),
  timeline: z.int().nullable(),
  position: z.string().nullable(),
  replayed: z.string().nullable(),
  stoppedCleanly: z.boolean(),
  follows: z.string().nullable(),
  streaming: z.boolean(),
  lagMs: z.number(),
  synchronousNames: z.string(),
  slots: z.array(z.object({ name: z.string(), active: z.boolean(), walStatus: z.string().nullable() })),
});
const observed = z.object({ database: z.string(), member: memberFacts });
const performed = z.object({ result: z.enum(["done", "repeated", "found"]), member: memberFacts });
const marked = z.object({ timeline: z.int(), tookMs: z.number() });

export function createLocalDatabases(options: {
  readonly agents: Readonly<Record<Cloud, ControlAddress>>;
}): Databases {
  const agents = new Map(
    Object.entries(options.agents).map(([cloud, address]) => [
      cloud,
      controlClient(`agent ${cloud}`, address),
    ]),
  );
  const agentOf = (cloud: Cloud): ControlClient => {
    const agent = agents.get(cloud);
    if (agent === undefined) throw terminal(`no agent for cloud "${cloud}"`, { clouds: [...agents.keys()] });
    return agent;
  };
  return {
    observe: async (database, signal) => {
      const rows = await Promise.all(
        [...agents].map(async ([cloud, agent]) => [cloud, await memberAt(agent, database, signal)] as const),
      );
      // Where writes wait nobody ever acknowledges alone (`alone.ts`).
      return { members: checkStreaming(Object.fromEntries(rows)), alone: { cloud: null } };
    },
    perform: async ({ database, cloud }, act, token, signal) => {
      const { act: name, ...rest } = act;
      const change = {
        method: "POST",
        path: `/v1/database/${name}`,
        body: { database, token, ...rest },
        withinMs: actWithinMs,
      } as const;
      const { result, member } = await agentOf(cloud).change(change, performed, signal);
      return { result, answer: member };
    },
    marker: async ({ database, cloud }, signal) => {
      const change = {
        method: "POST",
        path: "/v1/database/marker",
        body: { database },
        withinMs: markerWithinMs,
      } as const;
      return await agentOf(cloud).change(change, marked, signal);
    },
  };
}

async function memberAt(
  agent: ControlClient,
  database: DatabaseName,
  signal: AbortSignal,
): Promise<DatabaseMemberFacts> {
  try {
    const answer = await agent.read("/v1/database", observed, signal);
    return answer.database === database ? answer.member : UNREACHABLE_MEMBER;
  } catch {
    return UNREACHABLE_MEMBER;
  }
}

/**
 * A member cannot tell by itself whether it streams from the timeline that its upstream is on: a diverged one says
 * `streaming` too. All members together can.
 */
export function checkStreaming(
  members: Readonly<Record<Cloud, DatabaseMemberFacts>>,
): Record<Cloud, DatabaseMemberFacts> {
  const rows = Object.entries(members).map(([cloud, member]): [Cloud, DatabaseMemberFacts] => {
    const upstream = member.follows === null ? undefined : members[member.follows];
    const elsewhere = upstream?.state === "running" && upstream.timeline !== member.timeline;
    return [cloud, member.streaming && elsewhere ? { ...member, streaming: false } : member];
  });
  return Object.fromEntries(rows);
}
