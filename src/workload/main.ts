// Why: one pod: reads and writes camera trap data over HTTP, in front of the databases of all clouds.
//
// 1. Ready is reported once it listens and has looked at all databases, also when none of them can be read: whether it
//    gets requests is for `/ready` to say.
// 2. On SIGTERM or SIGINT it drains: not ready, still answering, then closed. Nothing that reached it is dropped.
// 3. Without its parent it has no reason to run: it ends when the channel to it closes.
// 4. Exit codes: 0 drained or parent gone, 2 settings are wrong, 1 anything else.

import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { Databases } from "./databases.ts";
import { faulty } from "./injected-fault.ts";
import { podLog } from "./pod-log.ts";
import type { PodLog } from "./pod-log.ts";
import { routesOf } from "./routes.ts";
import { podServer } from "./server.ts";
import { readSettings, SettingsInvalid } from "./settings.ts";
import type { PodSettings } from "./settings.ts";

// On top of what the longest request may take.
const closeGraceMs = 1000;
const closeDatabasesMs = 200;

async function run(settings: PodSettings, log: PodLog): Promise<void> {
  let isDraining = false;
  const { faultTokenFile } = settings;
  const faultToken = faultTokenFile === null ? null : readFileSync(faultTokenFile, "utf8").trim();
  const databases = new Databases(settings, log);
  const answer = routesOf({ settings, databases, isDraining: () => isDraining });
  const server = podServer({
    answer: faultToken === null ? answer : faulty(answer, faultToken),
    isDraining: () => isDraining,
    log,
  });
  const drain = async (signal: string): Promise<void> => {
    if (isDraining) return;
    isDraining = true;
    log.change({ signal }, "draining");
    await sleep(settings.drainMs);
    await server.close(Math.max(settings.writeBoundMs, settings.readBoundMs) + closeGraceMs);
    // A database that hangs must not keep the pod.
    await Promise.race([databases.close(), sleep(closeDatabasesMs)]);
    log.change({}, "drained");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => {
      void drain(signal);
    });
  }
  process.on("disconnect", () => process.exit(0));
  const [port] = await Promise.all([server.listen(settings.host, settings.port), databases.start()]);
  log.change({ port, version: settings.version }, "serving");
  process.send?.({ type: "ready", port });
  // It will be killed one day, and what was compiled would go with it.
  flushCompileCache();
}

function readSettingsOrExit(): PodSettings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsInvalid)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

const settings = readSettingsOrExit();
const log = podLog(settings);
process.on("uncaughtException", (error) => {
  log.fault(error, "the pod ends: something failed that nothing answers for");
  process.exit(1);
});
await run(settings, log);
