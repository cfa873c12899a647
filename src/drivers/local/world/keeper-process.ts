/** Starts a keeper: detached, in a process group of its own, with the IPC channel whose end is its order to end everything. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { type Keeper, keeperClient } from "../keeper/client.ts";
import { readyMessage } from "../keeper/protocol.ts";
import { identify } from "../processes/identity.ts";
import { programEnvironment } from "../processes/node-process.ts";
import { writeWhole } from "../processes/files.ts";
import type { Layout } from "./layout.ts";

export type KeeperProcess = {
  readonly group: string;
  readonly pid: number;
  readonly keeper: Keeper;
  /** Settles when the keeper's process has ended. */
  readonly ended: Promise<void>;
  /** SIGKILL, to it alone: its children follow it. */
  readonly kill: () => void;
};

const readyWithinMs = 10_000;
const program = `${import.meta.dirname}/../keeper/main.ts`;

export async function startKeeper(layout: Layout, group: string): Promise<KeeperProcess> {
  const log = openSync(layout.logFile(`keeper-${group}`), "a", 0o600);
  const child = spawn(process.execPath, [program, layout.keeperRecord(group), group], {
    cwd: "/",
    detached: true,
    env: programEnvironment(layout.cacheDir),
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const ended = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  child.once("exit", () => {
    ended.resolve();
    ready.reject(new Error(`the keeper of ${group} ended; its log: ${layout.logFile(`keeper-${group}`)}`));
  });
  child.once("error", ready.reject);
  child.on("message", (message) => {
    if (readyMessage.safeParse(message).success) ready.resolve();
  });
  const timer = setTimeout(() => {
    ready.reject(new Error(`the keeper of ${group} was not ready within ${readyWithinMs} ms`));
  }, readyWithinMs);
  if (child.pid !== undefined) writeWhole(layout.keeperIdentity(group), JSON.stringify(identify(child.pid)));
  const keeper = keeperClient({
    send: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    onMessage: (listener) => {
      child.on("message", listener);
    },
    onClosed: (listener) => {
      child.once("disconnect", listener);
    },
  });
  try {
    await ready.promise;
  } finally {
    clearTimeout(timer);
  }
  if (child.pid === undefined) throw new Error(`the keeper of ${group} has no process`);
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  return { group, pid: child.pid, keeper, ended: ended.promise, kill };
}
