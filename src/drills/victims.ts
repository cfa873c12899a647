/** The two processes of a member of the orchestrator, as a killer from outside knows them: by what the world's own file says just now. */
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

/** A member of the world in that folder. `cloud` null: its only one. */
export type Target = { readonly stateDir: string; readonly cloud: string | null };

/** Where its members are, in turn; the only one is nowhere. */
export function cloudsWithMember(stateDir: string): readonly (string | null)[] {
  const clouds = Object.keys(worldIn(stateDir)?.members ?? {});
  return clouds.length === 0 ? [null] : clouds;
}

export async function interrupt(
  target: Target,
  { kind, victims }: Interruption,
  signal: AbortSignal,
): Promise<Interrupted> {
  const pids = new Map(victims.map((victim) => [victim, pidOf(target, victim)]));
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
  for (const [victim, pid] of pids) await untilBack(target, { victim, pid }, signal);
  return { atMs, restartedMs: Date.now() - atMs, contMs: null };
}

function worldIn(stateDir: string) {
  return readWorldFile(layoutOf(stateDir).worldFile);
}

function memberAt({ stateDir, cloud }: Target) {
  const world = worldIn(stateDir);
  const member = cloud === null ? world?.orchestrator : world?.members[cloud];
  if (member === null || member === undefined)
    throw new Error(`the world has no orchestrator${cloud === null ? "" : ` in ${cloud}`}`);
  return member;
}

function pidOf(target: Target, victim: Victim): number {
  const { serverPid, enginePid } = memberAt(target);
  const pid = victim === "worker" ? serverPid : enginePid;
  if (pid === null) throw new Error(`the ${victim} does not run`);
  return pid;
}

async function untilBack(
  target: Target,
  was: { readonly victim: Victim; readonly pid: number },
  signal: AbortSignal,
): Promise<void> {
  const untilMs = Date.now() + BACK_WITHIN_MS;
  for (;;) {
    const { serverPid, enginePid, apiPort, adminPort, ingressPort } = memberAt(target);
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
