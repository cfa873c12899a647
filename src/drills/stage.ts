/**
 * What every drill has in common: a world of real processes, data in it, clients at it, and the raw records of what they
 * saw. What is done meanwhile is the drill's own story; what is said of the outcome comes from the judge, which reads
 * the records and nothing of this.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Api } from "../cli/api/client.ts";
import { bringUp, type RunningWorld } from "../drivers/local/world/bring-up.ts";
import { requestDown } from "../drivers/local/world/down.ts";
import { collectAll } from "./collect.ts";
import { type Clients, startClients } from "./clients.ts";
import { loadData, whatToRead } from "./drill-data.ts";
import { writeIntent } from "./intent.ts";
import type { DrillOptions } from "./options.ts";
import { apiOf, warmUp } from "./runs.ts";
import { inventoryFor } from "./drill-inventory.ts";
import { dropOneRequest, makeSecondWriter } from "./sabotage.ts";
import { type Say, type Scene, thirdCloud, urlOf } from "./scene.ts";

export type Story = {
  /** The clients end by themselves after this. */
  readonly loadForMsMax: number;
  /** What is done while clients are at it. */
  readonly tell: (scene: Scene, api: Api) => Promise<void>;
};

export type Drilled = { readonly out: string; keepUp(): Promise<void>; close(): Promise<void> };

const PROFILE = "drill";
const WARM_UP_MS = 4_000;
const DROP_AFTER_MS = 10_000;

/** Runs the drill and leaves its records in `out`; the world stays up until `close`. */
export async function perform(
  story: Story,
  options: DrillOptions,
  say: Say,
  signal: AbortSignal,
): Promise<Drilled> {
  const scratch = await mkdtemp(join(tmpdir(), "wildcam-drill-"));
  const out = resolve(options.out ?? join("drill-out", new Date().toISOString().replaceAll(/[:.]/g, "-")));
  await mkdir(out, { recursive: true });
  const inventoryFile = await inventoryFor(options, join(scratch, "inventory.yaml"));
  const stateDir = join(scratch, "state");
  let world: RunningWorld | null = null;
  const close = async () => {
    await world?.down();
    await requestDown(stateDir, { purge: true });
    await rm(scratch, { recursive: true, force: true });
  };
  try {
    say("bringing three clouds up");
    const onProgress = ({ what, tookMs }: { what: string; tookMs: number }) =>
      say(`  ${what} (${tookMs} ms)`);
    const { ha, outage } = options;
    world = await bringUp({
      stateDir,
      inventoryFile,
      profile: PROFILE,
      edgePort: null,
      ha,
      partitions: outage?.fault === "partition",
      signal,
      onProgress,
    });
    await drill(story, { options, out, scratch, status: world.status, say, signal });
  } catch (error) {
    await close();
    throw error;
  }
  const up = world;
  return { out, keepUp: () => up.ended, close };
}

async function drill(story: Story, scene: Scene): Promise<void> {
  const { options, status, say } = scene;
  const startedAtMs = Date.now();
  await loadData(scene);
  const hop =
    options.sabotage === "drop-request" ? await dropOneRequest(status.edge.url, DROP_AFTER_MS) : null;
  const clients = await startLoad(story, scene, hop?.url ?? status.edge.url);
  try {
    await writeIntent(scene, { startedAtMs, loadStartedAtMs: clients.startedAtMs, endedAtMs: 0 });
    const api = await apiOf(scene);
    await warmUp(scene, api, clients.startedAtMs);
    await story.tell(scene, api);
    if (options.sabotage === "second-writer")
      await makeSecondWriter(urlOf(status, thirdCloud(status, options)));
  } finally {
    await clients.stop();
    hop?.close();
  }
  say("collecting the records");
  await writeIntent(scene, { startedAtMs, loadStartedAtMs: clients.startedAtMs, endedAtMs: Date.now() });
  await collectAll(scene);
}

async function startLoad({ loadForMsMax }: Story, scene: Scene, edgeUrl: string): Promise<Clients> {
  const { options, out, status, say } = scene;
  const { seed, ratePerSecond } = options;
  const { paths, bodies } = await whatToRead(scene);
  say(`load: ${ratePerSecond} requests/s, 1 in 10 a write, and a writer at each database`);
  return await startClients({
    type: "start",
    load: {
      edgeUrl,
      ratePerSecond,
      seed,
      file: join(out, "client.ndjson"),
      warmUpMs: WARM_UP_MS,
      forMsMax: loadForMsMax,
      paths,
      bodies,
    },
    writers: {
      databases: status.databases.map(({ cloud, url }) => ({ cloud, url })),
      file: join(out, "writers.ndjson"),
    },
  });
}
