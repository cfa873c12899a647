/** Sabotages of the outage drill: what products do that people then switch off. Each does real harm, which the judge must see. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Secret } from "../domain/secret.ts";
import { agentConfig } from "../drivers/local/agent/config.ts";
import { controlClient } from "../drivers/local/control-client.ts";
import { removeStandbySignal } from "../drivers/local/postgres/data-directory.ts";
import { rewriteAutoConf } from "../drivers/local/postgres/settings.ts";
import { layoutOf } from "../drivers/local/world/layout.ts";
import { withClient } from "./records.ts";
import { type Scene, urlOf } from "./scene.ts";

const COMMITS_LEAST = 20;
const COMMITS_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;
const MISLED_MS = 2_000;

/** Starts the old primary as one, behind its agent's back, until clients have had commits acknowledged there. */
export async function startOldPrimary(scene: Scene): Promise<void> {
  const cloud = scene.options.outage?.cloud ?? "";
  const file = join(layoutOf(scene.status.stateDir).agentDir(cloud), "config.json");
  const { member } = agentConfig.parse(JSON.parse(await readFile(file, "utf8")));
  removeStandbySignal(member.dataDirectory);
  rewriteAutoConf(
    member.dataDirectory,
    { synchronous_standby_names: null, primary_conninfo: null },
    member.owner,
  );
  const server = spawn(member.program, ["-D", member.dataDirectory], {
    cwd: "/",
    stdio: "ignore",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
    ...member.owner,
  });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  try {
    await untilItAcknowledges(urlOf(scene.status, cloud), cloud);
  } finally {
    // At once: its agent finds it stopped, as a killed server is.
    server.kill("SIGQUIT");
    await ended;
  }
}

async function untilItAcknowledges(url: string, writer: string): Promise<void> {
  for (const untilMs = Date.now() + COMMITS_WITHIN_MS; Date.now() < untilMs; ) {
    const commits = await withClient(url, async (client) => {
      const query = `select count(*)::int as own from drill_commits
        where writer = $1 and at > now() - interval '1 second' and not pg_is_in_recovery()`;
      return (await client.query<{ own: number }>(query, [writer])).rows[0]?.own ?? 0;
    }).catch(() => 0);
    if (commits > COMMITS_LEAST) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error("the sabotage made no second writer");
}

/** One observer that is cut off sees a cloud as dead that is well; whoever believes it sends that cloud's traffic away. */
export async function trustOneObserver(scene: Scene): Promise<void> {
  const { outage } = scene.options;
  await atTheEdge(scene, async (weights, set) => {
    const accused = Object.keys(weights).findLast((name) => name !== outage?.cloud) ?? "";
    const heir = Object.keys(weights).find((name) => name !== outage?.cloud && name !== accused) ?? "";
    const moved = { ...weights, [accused]: 0, [heir]: (weights[heir] ?? 0) + (weights[accused] ?? 0) };
    await set(moved, `one observer cannot reach ${accused}`);
    await new Promise((resolve) => setTimeout(resolve, MISLED_MS));
    await set(weights, `it can reach ${accused} again`);
  });
}

/** The whole share of the cloud that has just come back, in one step. */
export async function returnAllAtOnce(scene: Scene): Promise<void> {
  const stated = await statedWeights(scene);
  await atTheEdge(scene, async (_now, set) => await set(stated, "it is back"));
}

const policy = z.object({ weights: z.record(z.string(), z.int()) });
type Shares = Readonly<Record<string, number>>;

async function statedWeights({ out }: Scene): Promise<Shares> {
  const intent = z.object({ statedWeights: z.record(z.string(), z.int()) });
  return intent.parse(JSON.parse(await readFile(join(out, "drill.json"), "utf8"))).statedWeights;
}

let steps = 0;

/** As a person would, by hand. */
async function atTheEdge(
  { status, options, signal }: Scene,
  work: (now: Shares, set: (weights: Shares, why: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const token = new Secret((await readFile(status.edge.tokenFile, "utf8")).trim());
  const edge = controlClient("the edge", { url: status.edge.controlUrl, token });
  const set = async (weights: Shares, why: string): Promise<void> => {
    steps += 1;
    const key = `by-hand/${options.sabotage}-${steps}`;
    const body = { weights, setBy: "sabotage", why, token: { key, lock: "traffic", byHand: true } };
    const change = { method: "PUT", path: "/v1/policy", body, withinMs: 5_000 } as const;
    await edge.change(change, z.unknown(), signal);
  };
  try {
    await work((await edge.read("/v1/policy", policy, signal)).weights, set);
  } finally {
    await edge.close();
  }
}
