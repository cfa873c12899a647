/**
 * The gateway's process: `node src/edge/main.ts CONFIG.json`. It says `{type: "ready", port, controlPort}` over IPC when it serves,
 * ends gracefully on SIGTERM and SIGINT and when its parent goes away, and logs JSON lines to standard output.
 * Exit status: 0 ended as asked, 1 broke, 2 something that it was given is wrong (told on standard error).
 */
import { flushCompileCache } from "node:module";
import { pino, type Logger } from "pino";
import { readConfig } from "./config.ts";
import { startGateway, usualTimings, type Gateway } from "./gateway.ts";
import { StartProblem, type Problem } from "./problem.ts";

async function main(): Promise<void> {
  const [file, ...rest] = process.argv.slice(2);
  if (file === undefined || rest.length > 0) {
    throw new StartProblem({
      what: "the gateway wants one argument",
      why: `it got ${process.argv.length - 2}`,
      next: "start it with the path of its config file",
    });
  }
  // Watched from the start: a parent that goes away meanwhile must not leave an orphan.
  const onOrphaned = (): void => process.exit(0);
  process.once("disconnect", onOrphaned);
  const config = await readConfig(file);
  const log = pino({ base: { name: "edge" } }, pino.destination({ dest: 1, sync: true }));
  const gateway = await startGateway(config, { log, random: Math.random, timings: usualTimings });
  const { port, controlPort } = gateway;
  const end = endOnce(gateway, log);
  process.off("disconnect", onOrphaned);
  process.once("disconnect", () => end("the parent went away", orphanGraceMs));
  process.once("SIGTERM", () => end("SIGTERM", config.deadlineMs));
  process.once("SIGINT", () => end("SIGINT", config.deadlineMs));
  log.info({ port, controlPort, clouds: Object.keys(config.clouds) }, "serving");
  process.send?.({ type: "ready", port, controlPort });
  // It will be killed one day, and what was compiled would go with it.
  flushCompileCache();
}

function endOnce(gateway: Gateway, log: Logger): (why: string, graceMs: number) => void {
  let isEnding = false;
  return (why, graceMs) => {
    if (isEnding) return;
    isEnding = true;
    log.info({ why, graceMs }, "ending");
    gateway.close(graceMs).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, "did not end cleanly");
        process.exit(1);
      },
    );
  };
}

function tell({ what, why, next }: Problem): void {
  process.stderr.write(`edge: ${what}\n  why:  ${why}\n  next: ${next}\n`);
}

const orphanGraceMs = 1000;

main().catch((error: unknown) => {
  if (error instanceof StartProblem) {
    tell(error.problem);
    process.exit(2);
  }
  process.stderr.write(`edge: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
