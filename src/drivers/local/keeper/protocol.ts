/**
 * What a keeper is asked over IPC, by the supervisor and by its cloud's agent, and what it tells of itself.
 *
 * 1. Each request carries an `id` and gets exactly one reply with it.
 * 2. `exited` and `started` are told to everyone who is connected, also for what they did not ask for.
 */
import { z } from "zod";

const signalName = z.enum(["SIGTERM", "SIGINT", "SIGQUIT", "SIGKILL", "SIGSTOP", "SIGCONT", "SIGHUP"]);

const processSpec = z.object({
  command: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  cwd: z.string(),
  logFile: z.string(),
  /** Null: as the keeper's own user. */
  owner: z.object({ uid: z.int(), gid: z.int() }).nullable(),
  /** With IPC the program reports `{type:"ready"}`; how long that may take. Null: it has no IPC. */
  readyWithinMs: z.int().nullable(),
  /** Started again whenever it ends without having been asked to. */
  restart: z.boolean(),
  /** As `nice` has it, 0 to 19: while it starts, so that what serves already is not slowed down, and then. */
  niceness: z.object({ starting: z.int().min(0).max(19), serving: z.int().min(0).max(19) }),
  /** What ends it when the group ends; SIGKILL follows if it does not. */
  endSignal: signalName,
});

const keptProcess = z.object({
  name: z.string(),
  pid: z.int(),
  started: z.string(),
  /** What it reported when it was ready; null before, and for programs without IPC. */
  ready: z.record(z.string(), z.unknown()).nullable(),
});

export const keeperRequest = z.discriminatedUnion("type", [
  z.object({ id: z.int(), type: z.literal("start"), name: z.string(), spec: processSpec }),
  z.object({
    id: z.int(),
    type: z.literal("stop"),
    name: z.string(),
    signal: signalName,
    withinMs: z.int(),
    /** SIGKILL once the time is over; else the reply says that it still runs. */
    thenKill: z.boolean(),
  }),
  z.object({ id: z.int(), type: z.literal("list") }),
  z.object({ id: z.int(), type: z.literal("end") }),
]);

export const keeperReply = z.discriminatedUnion("ok", [
  z.object({ type: z.literal("reply"), id: z.int(), ok: z.literal(true), value: z.unknown() }),
  z.object({ type: z.literal("reply"), id: z.int(), ok: z.literal(false), error: z.string() }),
]);

export const keeperEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("started"), process: keptProcess }),
  z.object({
    type: z.literal("exited"),
    process: keptProcess,
    code: z.int().nullable(),
    signal: z.string().nullable(),
  }),
]);

export const keptProcesses = z.array(keptProcess);
export const stopAnswer = z.object({ exited: z.boolean() });
export const startAnswer = keptProcess;
export const readyMessage = z.looseObject({ type: z.literal("ready") });

export type SignalName = z.infer<typeof signalName>;
export type ProcessSpec = z.infer<typeof processSpec>;
export type KeptProcess = z.infer<typeof keptProcess>;
export type KeeperRequest = z.infer<typeof keeperRequest>;
export type KeeperReply = z.infer<typeof keeperReply>;
export type KeeperEvent = z.infer<typeof keeperEvent>;
