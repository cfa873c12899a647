/**
 * The product's own server, which ends for good at a moment that a test has chosen: right before it sends a certain call
 * to an edge or agent, or right after the answer to it. Its keeper goes first, so that nothing starts it again, and
 * takes the durable engine along.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { subscribe } from "node:diagnostics_channel";
import { z } from "zod";

const moment = z.object({
  method: z.string(),
  path: z.string(),
  when: z.enum(["before", "after"]),
  /** The how many-th such call, from 1. */
  nth: z.int(),
});
const message = z.object({ request: z.object({ method: z.string(), path: z.string() }) });

const configFile = process.argv[2] ?? "";
const chosen = readMoment(join(dirname(configFile), "dies-at.json"));
if (chosen !== null) {
  let seen = 0;
  const channel = chosen.when === "before" ? "undici:request:create" : "undici:request:headers";
  subscribe(channel, (raw) => {
    const { request } = message.parse(raw);
    if (request.method !== chosen.method || request.path !== chosen.path) return;
    seen += 1;
    if (seen < chosen.nth) return;
    process.kill(process.ppid, "SIGKILL");
    process.kill(process.pid, "SIGKILL");
  });
}
await import("../../src/server/main.ts");

function readMoment(file: string): z.output<typeof moment> | null {
  try {
    return moment.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}
