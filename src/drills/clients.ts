/** Starts and stops the drill's clients, which live in a process of their own that ends with this one. */
import { fork } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import type { ClientsOrder } from "./clients-main.ts";

export type Clients = { readonly startedAtMs: number; stop(): Promise<void> };

const said = z.discriminatedUnion("type", [
  z.object({ type: z.literal("started"), atMs: z.number() }),
  z.object({ type: z.literal("stopped"), sent: z.number() }),
]);

const START_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 30_000;

export async function startClients(order: ClientsOrder): Promise<Clients> {
  const child = fork(join(import.meta.dirname, "clients-main.ts"), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const hear = (type: "started" | "stopped", withinMs: number) =>
    new Promise<z.output<typeof said>>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the drill's clients did not say "${type}" within ${withinMs} ms`)),
        withinMs,
      );
      const onExit = (code: number | null) =>
        reject(new Error(`the drill's clients ended (${code}) before they had ${type}`));
      child.once("exit", onExit);
      child.on("message", (raw) => {
        const message = said.parse(raw);
        if (message.type !== type) return;
        clearTimeout(timer);
        child.off("exit", onExit);
        resolve(message);
      });
    });
  try {
    const heard = hear("started", START_WITHIN_MS);
    child.send(order);
    const started = await heard;
    if (started.type !== "started") throw new Error("the drill's clients did not start");
    return {
      startedAtMs: started.atMs,
      stop: async () => {
        const stopped = hear("stopped", STOP_WITHIN_MS);
        child.send({ type: "stop" });
        await stopped.finally(() => child.kill("SIGKILL"));
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}
