/**
 * `verdicts.ndjson`: what each member of the orchestrator says of each cloud, a line for each change, with when it was heard.
 * Every member is asked by itself, ten times a second, so that one that is dead or frozen keeps nobody from being heard.
 */
import { setTimeout as after } from "node:timers/promises";
import type { Api } from "../cli/api/client.ts";
import { openRecordFile } from "./record-file.ts";
import { apiOfMembers } from "./runs.ts";
import type { Scene } from "./scene.ts";

export type VerdictWatch = {
  /** Resolves once a member says one of these of the cloud; false when nobody does within the time. */
  until(cloud: string, verdicts: readonly string[], withinMs: number): Promise<boolean>;
  /** The same once every member says so that is heard: one that has just come back knows nothing of how long it was away. */
  untilAll(cloud: string, verdicts: readonly string[], withinMs: number): Promise<boolean>;
  /** What members say now that answer. */
  said(cloud: string): readonly string[];
  close(): Promise<void>;
};

const ASK_EVERY_MS = 100;
/** A member that has not answered for so long says nothing. */
const FRESH_MS = 2_000;

type Heard = { readonly verdict: string; atMs: number };

export async function watchVerdicts(scene: Scene, file: string): Promise<VerdictWatch> {
  const records = openRecordFile(file);
  const heard = new Map<string, Heard>();
  const stopped = new AbortController();
  const hear = (member: string, clouds: Awaited<ReturnType<Api["traffic"]>>["clouds"]): void => {
    const atMs = Date.now();
    for (const [cloud, { verdict, observers, reason }] of Object.entries(clouds)) {
      const known = heard.get(`${member} ${cloud}`);
      if (known?.verdict === verdict) {
        known.atMs = atMs;
        continue;
      }
      heard.set(`${member} ${cloud}`, { verdict, atMs });
      records.add({ time: atMs, member, cloud, verdict, observers, reason });
    }
  };
  const asking = scene.status.orchestrator.map(async (member, at) => {
    const api = await apiOfMembers({ ...scene, signal: stopped.signal }, [member]);
    const name = member.cloud ?? `member-${at}`;
    while (!stopped.signal.aborted) {
      // Who does not answer says nothing; that is its cloud's fault, or the drill's end.
      const answer = await api.traffic().catch(() => null);
      if (answer !== null) hear(name, answer.clouds);
      await after(ASK_EVERY_MS);
    }
  });
  const said = (cloud: string): string[] => {
    const sinceMs = Date.now() - FRESH_MS;
    return [...heard].flatMap(([of, { verdict, atMs }]) =>
      of.endsWith(` ${cloud}`) && atMs >= sinceMs ? [verdict] : [],
    );
  };
  const untilSaid = async (holds: () => boolean, withinMs: number): Promise<boolean> => {
    for (const untilMs = Date.now() + withinMs; Date.now() < untilMs; ) {
      if (holds()) return true;
      await after(ASK_EVERY_MS / 4, undefined, { signal: scene.signal });
    }
    return false;
  };
  return {
    said,
    until: async (cloud, verdicts, withinMs) =>
      await untilSaid(() => said(cloud).some((verdict) => verdicts.includes(verdict)), withinMs),
    untilAll: async (cloud, verdicts, withinMs) =>
      await untilSaid(() => {
        const now = said(cloud);
        return now.length > 0 && now.every((verdict) => verdicts.includes(verdict));
      }, withinMs),
    close: async () => {
      stopped.abort();
      await Promise.all(asking);
      await records.close();
    },
  };
}
