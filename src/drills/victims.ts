/** The orchestrator's two processes, as a killer from outside knows them: by what the world's own file says just now. */
import { setTimeout as after } from "node:timers/promises";
import { request } from "undici";
import { layoutOf } from "../drivers/local/world/layout.ts";
import { readWorldFile } from "../drivers/local/world/world-file-parse.ts";
import type { Interruption, Victim } from "./kill-plan.ts";

export type Interrupted = {
  readonly atMs: number;
  /** For a kill: how long until every victim had a new pid that answers. */
  readonly restartedMs: number | null;
  /** For a stop: how long until SIGCONT. */
  readonly contMs: number | null;
};

const STOPPED_MS = 5_000;
const LOOK_EVERY_MS = 20;
const ANSWER_WITHIN_MS = 500;
const BACK_WITHIN_MS = 60_000;

export async function interrupt(
  stateDir: string,
  { kind, victims }: Interruption,
  signal: AbortSignal,
): Promise<Interrupted> {
  const pids = new Map(victims.map((victim) => [victim, pidOf(stateDir, victim)]));
  const atMs = Date.now();
  if (kind === "stop") {
    for (const pid of pids.values()) process.kill(pid, "SIGSTOP");
    try {
      await after(STOPPED_MS, undefined, { signal });
    } finally {
      for (const pid of pids.values()) process.kill(pid, "SIGCONT");
    }
    return { atMs, restartedMs: null, contMs: Date.now() - atMs };
  }
  for (const pid of pids.values()) process.kill(pid, "SIGKILL");
  for (const [victim, pid] of pids) await untilBack(stateDir, { victim, pid }, signal);
  return { atMs, restartedMs: Date.now() - atMs, contMs: null };
}

function orchestratorOf(stateDir: string) {
  const orchestrator = readWorldFile(layoutOf(stateDir).worldFile)?.orchestrator ?? null;
  if (orchestrator === null) throw new Error("the world has no orchestrator");
  return orchestrator;
}

function pidOf(stateDir: string, victim: Victim): number {
  const { serverPid, enginePid } = orchestratorOf(stateDir);
  const pid = victim === "worker" ? serverPid : enginePid;
  if (pid === null) throw new Error(`the ${victim} does not run`);
  return pid;
}

async function untilBack(
  stateDir: string,
  was: { readonly victim: Victim; readonly pid: number },
  signal: AbortSignal,
): Promise<void> {
  const untilMs = Date.now() + BACK_WITHIN_MS;
  for (;;) {
    const { serverPid, enginePid, apiPort, adminPort, ingressPort } = orchestratorOf(stateDir);
    const pid = was.victim === "worker" ? serverPid : enginePid;
    const urls =
      was.victim === "worker"
        ? [`http://127.0.0.1:${apiPort}/v1/runs`]
        : [`http://127.0.0.1:${adminPort}/health`, `http://127.0.0.1:${ingressPort}/restate/health`];
    if (pid !== null && pid !== was.pid && (await allAnswer(urls))) return;
    if (Date.now() > untilMs)
      throw new Error(`the ${was.victim} was not back ${BACK_WITHIN_MS} ms after it was killed`);
    await after(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Any answer but a server error: the API says 401 to whoever has no token. */
async function allAnswer(urls: readonly string[]): Promise<boolean> {
  try {
    for (const url of urls) {
      const answer = await request(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      await answer.body.dump();
      if (answer.statusCode >= 500) return false;
    }
    return true;
  } catch {
    return false;
  }
}
