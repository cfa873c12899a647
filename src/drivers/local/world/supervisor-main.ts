/**
 * A supervisor in a process of its own: `node supervisor-main.ts STATE INVENTORY PROFILE [--without-orchestrator | --ha]`. Says
 * `{type: "ready"}` over IPC when the world is up; SIGTERM and SIGINT take it down cleanly. Its streams belong in files.
 */
import { bringUp } from "./bring-up.ts";

const [stateDir, inventoryFile, profile, ...flags] = process.argv.slice(2);
if (stateDir === undefined || inventoryFile === undefined || profile === undefined) {
  process.stderr.write("usage: supervisor-main.ts STATE INVENTORY PROFILE [--without-orchestrator | --ha]\n");
  process.exit(2);
}
const interrupted = new AbortController();
const stopped = Promise.withResolvers<void>();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    interrupted.abort();
    stopped.resolve();
  });
}
const world = await bringUp({
  stateDir,
  inventoryFile,
  profile,
  edgePort: null,
  signal: interrupted.signal,
  onProgress: ({ what, tookMs }) => process.stdout.write(`${tookMs} ms: ${what}\n`),
  ...(flags.includes("--without-orchestrator") ? { orchestrator: null } : {}),
  ha: flags.includes("--ha"),
});
process.send?.({ type: "ready" });
await Promise.race([stopped.promise, world.ended]);
await world.down();
process.exit(0);
