/** The asking side of a keeper's IPC: used by the supervisor (to its child) and by an agent (to its parent). */
import type { z } from "zod";
import {
  keeperEvent,
  keeperReply,
  keptProcesses,
  startAnswer,
  stopAnswer,
  type KeeperEvent,
  type KeptProcess,
  type ProcessSpec,
  type SignalName,
} from "./protocol.ts";

/** Either end of an IPC channel, as `process` and a forked `ChildProcess` both offer it. */
export type Channel = {
  readonly send: (message: object) => void;
  readonly onMessage: (listener: (message: unknown) => void) => void;
  readonly onClosed: (listener: () => void) => void;
};

export type Keeper = {
  readonly start: (name: string, spec: ProcessSpec) => Promise<KeptProcess>;
  /** Answers when it has ended, or with `exited: false` when it has not `withinMs`. */
  readonly stop: (
    name: string,
    ask: { signal: SignalName; withinMs: number; thenKill: boolean },
  ) => Promise<{ exited: boolean }>;
  readonly list: () => Promise<KeptProcess[]>;
  readonly end: () => Promise<void>;
  readonly onEvent: (listener: (event: KeeperEvent) => void) => void;
};

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void };
type Question = Record<string, unknown> & { readonly type: string };

export function keeperClient(channel: Channel): Keeper {
  const waiting = new Map<number, Waiting>();
  const listeners: ((event: KeeperEvent) => void)[] = [];
  let lastId = 0;
  let closed = false;

  channel.onMessage((message) => {
    const reply = keeperReply.safeParse(message);
    if (reply.success) {
      const entry = waiting.get(reply.data.id);
      waiting.delete(reply.data.id);
      if (reply.data.ok) entry?.resolve(reply.data.value);
      else entry?.reject(new Error(reply.data.error));
      return;
    }
    const event = keeperEvent.safeParse(message);
    if (event.success) for (const listener of listeners) listener(event.data);
  });
  channel.onClosed(() => {
    closed = true;
    for (const { reject } of waiting.values()) reject(new Error("the keeper is gone"));
    waiting.clear();
  });

  async function ask<T>(question: Question, answer: z.ZodType<T>): Promise<T> {
    if (closed) throw new Error("the keeper is gone");
    lastId += 1;
    const id = lastId;
    const reply = Promise.withResolvers<unknown>();
    waiting.set(id, reply);
    channel.send({ ...question, id });
    return answer.parse(await reply.promise);
  }

  return {
    start: (name, spec) => ask({ type: "start", name, spec }, startAnswer),
    stop: (name, { signal, withinMs, thenKill }) =>
      ask({ type: "stop", name, signal, withinMs, thenKill }, stopAnswer),
    list: () => ask({ type: "list" }, keptProcesses),
    end: async () => {
      // The keeper may be gone before its answer has left: that is what was asked for.
      await ask({ type: "end" }, keptProcesses.nullable()).catch((error: unknown) => {
        if (!closed) throw error;
      });
    },
    onEvent: (listener) => {
      listeners.push(listener);
    },
  };
}
