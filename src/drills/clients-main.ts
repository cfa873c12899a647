/**
 * The drill's clients in a process of their own, so that neither the drill's work nor its reports delay a request.
 * Its parent sends `start`, then `stop`; when the parent is gone it ends.
 */
import { z } from "zod";
import { type Load, startLoad } from "./load.ts";
import { startWriters, type Writers } from "./writers.ts";

const order = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("start"),
    load: z.strictObject({
      edgeUrl: z.url(),
      ratePerSecond: z.number(),
      seed: z.int(),
      file: z.string(),
      warmUpMs: z.number(),
      forMsMax: z.number(),
      paths: z.array(z.string()).min(1),
      bodies: z.array(z.record(z.string(), z.json())).min(1),
    }),
    writers: z.strictObject({
      databases: z.array(z.strictObject({ cloud: z.string(), url: z.string() })),
      file: z.string(),
    }),
  }),
  z.strictObject({ type: z.literal("stop") }),
]);

export type ClientsOrder = Extract<z.output<typeof order>, { type: "start" }>;

let load: Load | null = null;
let writers: Writers | null = null;

async function obey(raw: unknown): Promise<void> {
  const wanted = order.parse(raw);
  if (wanted.type === "start") {
    writers = startWriters(wanted.writers);
    load = startLoad(wanted.load);
    process.send?.({ type: "started", atMs: load.startedAtMs });
    return;
  }
  await load?.stop();
  await writers?.stop();
  process.send?.({ type: "stopped", sent: load?.sent() ?? 0 });
  process.disconnect();
}

process.on("message", (raw) => {
  obey(raw).catch((error: unknown) => {
    process.stderr.write(
      `the drill's clients failed: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exit(1);
  });
});
process.once("disconnect", () => process.exit(0));
