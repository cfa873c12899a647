/** `world.json`: what a running (or stopped) local world is made of. Written by its supervisor only. */
import { z } from "zod";
import { faultRow } from "../faults/fault.ts";
import { link } from "../links/link.ts";
import { readText, writeJson } from "../processes/files.ts";

const pid = z.int().nullable();

/** One member of the orchestrator: its server and its engine. */
const member = z.object({
  apiPort: z.int(),
  workerPort: z.int(),
  ingressPort: z.int(),
  adminPort: z.int(),
  nodePort: z.int(),
  serverPid: pid,
  enginePid: pid,
});

const worldFile = z.object({
  version: z.literal(1),
  phase: z.enum(["starting", "ready", "stopping", "stopped"]),
  inventoryPath: z.string(),
  profile: z.string(),
  database: z.string(),
  /** Where PostgreSQL's data are: not always below the state folder. */
  dataRoot: z.string(),
  edge: z.object({ port: z.int(), controlPort: z.int(), tokenFile: z.string(), pid }),
  clouds: z.record(
    z.string(),
    z.object({
      keeperPid: pid,
      agent: z.object({ port: z.int(), tokenFile: z.string(), pid }),
      /** Null in a world that was last up before there were any. */
      observer: z.object({ port: z.int(), tokenFile: z.string(), pid }).nullable().default(null),
      postgres: z.object({ port: z.int(), dataDirectory: z.string() }),
    }),
  ),
  /** The only member, outside of all clouds; null when there are three, or none. */
  orchestrator: member.nullable(),
  /** Three members, one in each cloud; empty when there is one, or none. */
  members: z.record(z.string(), member).default({}),
  /** Where the members' engines find a worker that lives; null without three members. */
  forwarder: z.object({ port: z.int(), pid }).nullable().default(null),
  /** What goes between places goes through these, so that clouds can be cut off; null where it goes straight. */
  links: z
    .object({ controlPort: z.int(), tokenFile: z.string(), pid, table: z.array(link) })
    .nullable()
    .default(null),
  /** Where the supervisor takes orders for faults; null while it does not. */
  control: z.object({ port: z.int(), tokenFile: z.string() }).nullable().default(null),
  faults: z.array(faultRow).default([]),
});

export type WorldFile = z.infer<typeof worldFile>;
export type MemberRecord = z.infer<typeof member>;

/** Null when no world was ever brought up there. Throws on a file that is not one of ours. */
export function readWorldFile(file: string): WorldFile | null {
  const text = readText(file);
  return text === null ? null : worldFile.parse(JSON.parse(text));
}

export function writeWorldFile(file: string, world: WorldFile): void {
  writeJson(file, worldFile.parse(world));
}

const identity = z.object({ pid: z.int(), started: z.string() });

/** A recorded process; null when there is no such file or it is not whole. */
export function readIdentity(file: string): z.infer<typeof identity> | null {
  const text = readText(file);
  if (text === null) return null;
  try {
    return identity.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

const record = z.array(z.object({ name: z.string(), pid: z.int(), started: z.string() }));

/** What a keeper had started when it last wrote it down. */
export function readKeeperRecord(file: string): z.infer<typeof record> {
  const text = readText(file);
  if (text === null) return [];
  try {
    return record.parse(JSON.parse(text));
  } catch {
    return [];
  }
}
