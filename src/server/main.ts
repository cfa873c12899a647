/**
 * The orchestrator's server: worker of the durable engine and HTTP API, in one process.
 * `node src/server/main.ts CONFIG.json`; ends on SIGTERM and, when it has an IPC channel, with its parent.
 */
import { readFile } from "node:fs/promises";
import { flushCompileCache } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import fastify from "fastify";
import { pino } from "pino";
import { actingService } from "../drivers/restate/acting.ts";
import { aloneObject } from "../drivers/restate/alone-record.ts";
import { automationObject } from "../drivers/restate/automation.ts";
import { serveEndpoint } from "../drivers/restate/endpoint.ts";
import { registerWorker } from "../drivers/restate/ingress.ts";
import { lockObject } from "../drivers/restate/lock.ts";
import { runWorkflow } from "../drivers/restate/run-workflow.ts";
import { scheduleObject } from "../drivers/restate/schedule.ts";
import { addRoutes } from "./api/routes.ts";
import { parseConfig, type ServerConfig } from "./config.ts";
import { runBody } from "./run-body.ts";
import { wire } from "./wire.ts";
import { wireOwnWords } from "./wire-own-words.ts";

const REGISTER_TRIES = 100;
const REGISTER_PAUSE_MS = 100;
/** One of several serves by then all the same: it can say what stands, and that nothing acts. */
const SERVES_WITHIN_MS = 6_000;
const AUDIT_COUNT_MS = 60_000;

async function main(): Promise<void> {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error("say which configuration: node src/server/main.ts CONFIG.json");
  const config = parseConfig(await readFile(file, "utf8"));
  const log = pino({ base: { part: "server" } });
  const { api, engine, codeVersion, resumeWatching, watchHolds, watchHealth } = await wire(config, (line) =>
    log.info(line),
  );
  const leaving = new AbortController();
  // Before anything can be asked: the first decision waits for the first round.
  const seeing = watchHealth(leaving.signal);
  const { oversight } = api;
  const { here, sheets } = oversight;
  const leftRuns = new Set<string>();
  const body = runBody({
    engine,
    context: api.context,
    here,
    // A place that cannot be looked at holds no mark.
    isTaken: (run) => sheets.isTaken(run).catch(() => false),
    left: (run, why) => {
      // It is called again every few seconds.
      if (leftRuns.has(run)) return;
      leftRuns.add(run);
      log.warn({ run, why }, "left alone");
    },
  });
  const endpoint = await serveEndpoint({
    services: [runWorkflow(body), lockObject, automationObject, scheduleObject(), actingService, aloneObject],
    path: `/${codeVersion}`,
    host: config.host,
    port: config.workerPort,
    identityPublicKey: config.identityPublicKey,
  });
  // Beside the rest: holds go on meanwhile, and what passes before their watcher is back is in the edge's memory.
  resumeWatching().catch((error: unknown) => log.warn(`holds not watched again: ${String(error)}`));
  const workerUrl = config.workerUrl ?? `http://${config.host}:${endpoint.port}`;
  const registering = register(config, `${workerUrl.replace(/\/$/, "")}/${codeVersion}`);
  if (config.members.length === 0) await registering;
  else await Promise.race([registering, sleep(SERVES_WITHIN_MS)]);
  const app = fastify({ logger: false, bodyLimit: 65_536 });
  const words = wireOwnWords(api.context.inventory, api.profile, (line) => log.info(line));
  // Last, and waited for by nobody.
  void words.watch(leaving.signal);
  addRoutes(app, { ...api, words });
  const apiUrl = await app.listen({ host: config.host, port: config.apiPort });
  log.info({ apiUrl, codeVersion, profile: config.profile }, "ready");
  process.send?.({ type: "ready", apiUrl });
  // It will be killed one day, and what was compiled would go with it.
  flushCompileCache();
  const counting = setInterval(() => void api.audit.flush({ leaving: false }), AUDIT_COUNT_MS);
  const watching = Promise.all([oversight.watch.watch(leaving.signal), watchHolds(leaving.signal)]);
  const leave = async () => {
    clearInterval(counting);
    leaving.abort();
    await watching;
    await seeing;
    await app.close();
    await api.audit.flush({ leaving: true });
    // What is stored is signed a moment later: a server that leaves in good order leaves nothing unsigned.
    for (const store of engine.stores) await store.close();
    process.exit(0);
  };
  process.once("SIGTERM", () => void leave());
  process.once("disconnect", () => void leave());
}

/** One of several tries for as long as it takes, each time at another engine first: one that stalls takes calls and answers none. */
async function register({ adminUrl, member, members }: ServerConfig, workerUrl: string): Promise<void> {
  const others = members.filter(({ name }) => name !== member);
  const adminUrls = [adminUrl, ...others.map((other) => other.adminUrl)];
  for (let tries = 1; ; tries += 1) {
    try {
      await registerWorker(adminUrls, workerUrl, AbortSignal.timeout(10_000));
      return;
    } catch (error) {
      if (members.length === 0 && tries >= REGISTER_TRIES) throw error;
      const [first] = adminUrls.splice(0, 1);
      if (first !== undefined) adminUrls.push(first);
      await sleep(REGISTER_PAUSE_MS);
    }
  }
}

main().catch((error: unknown) => {
  process.stderr.write(
    `the server did not start: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
});
