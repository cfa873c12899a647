/**
 * The supervisor's hold on its clouds once the world is up: it takes orders for faults, and whatever ends a cloud's keeper
 * is on record at once, so that `world.json` never names processes that are gone.
 */
import { Secret } from "../../../domain/secret.ts";
import { controlClient } from "../control-client.ts";
import { CloudFaults } from "../faults/cloud-faults.ts";
import { ClusterFaults } from "../faults/cluster-faults.ts";
import { LinkFaults } from "../faults/link-faults.ts";
import { listenForFaults } from "../faults/control.ts";
import { PodFaults } from "../faults/pod-faults.ts";
import { readText } from "../processes/files.ts";
import { identify } from "../processes/identity.ts";
import { podFaultToken } from "./cloud-agents.ts";
import type { KeeperProcess } from "./keeper-process.ts";
import type { Layout } from "./layout.ts";
import { ensureToken } from "./secrets.ts";
import { type WorldFile, writeWorldFile } from "./world-file-parse.ts";

export type Supervised = {
  readonly layout: Layout;
  readonly world: WorldFile;
  /** By group; a cloud's changes when the cloud is brought back. */
  readonly keepers: ReadonlyMap<string, KeeperProcess>;
  /** The cloud of each cluster. */
  readonly clusters: Readonly<Record<string, string>>;
  readonly bringBack: (cloud: string) => Promise<void>;
};

export async function superviseFaults(supervised: Supervised): Promise<{ close: () => Promise<void> }> {
  const { layout, world, keepers } = supervised;
  let closing = false;
  const write = (): void => {
    if (!closing) writeWorldFile(layout.worldFile, world);
  };
  const watch = (cloud: string): void => {
    const keeper = keepers.get(cloud);
    void keeper?.ended.then(() => {
      if (closing || keepers.get(cloud) !== keeper) return;
      forgetProcesses(world, cloud);
      faults.keeperEnded(cloud);
      write();
    });
  };
  const agents = agentsOf(world);
  const faults = new CloudFaults({
    clouds: Object.keys(world.clouds),
    clusters: supervised.clusters,
    keeperOf: (cloud) => identify(world.clouds[cloud]?.keeperPid ?? 0),
    bringBack: async (cloud) => {
      await supervised.bringBack(cloud);
      watch(cloud);
    },
    clusterFaults: new ClusterFaults(agents),
    links: linksOf(world),
    pods: new PodFaults(agents, tokenIn(podFaultToken(layout))),
    changed: (rows) => {
      world.faults = [...rows];
      write();
    },
  });
  for (const cloud of Object.keys(world.clouds)) watch(cloud);
  const tokenFile = layout.controlToken("supervisor");
  const control = await listenForFaults(faults, ensureToken(tokenFile));
  world.control = { port: control.port, tokenFile };
  write();
  return {
    close: async () => {
      closing = true;
      await control.close();
      await faults.end();
    },
  };
}

/** Everything that the cloud's keeper kept went with it. */
function forgetProcesses(world: WorldFile, cloud: string): void {
  const entry = world.clouds[cloud];
  if (entry === undefined) return;
  entry.keeperPid = null;
  entry.agent.pid = null;
  if (entry.observer !== null) entry.observer.pid = null;
  const member = world.members[cloud];
  if (member === undefined) return;
  member.serverPid = null;
  member.enginePid = null;
}

function linksOf({ links, clouds }: WorldFile): LinkFaults | null {
  if (links === null) return null;
  const at = { url: `http://127.0.0.1:${links.controlPort}`, token: tokenIn(links.tokenFile) };
  return new LinkFaults({
    relay: controlClient("the relay", at),
    table: links.table,
    agents: Object.fromEntries(Object.entries(clouds).map(([cloud, { agent }]) => [cloud, agent.port])),
  });
}

function agentsOf(world: WorldFile) {
  return Object.fromEntries(
    Object.entries(world.clouds).map(([cloud, { agent }]) => {
      const address = { url: `http://127.0.0.1:${agent.port}`, token: tokenIn(agent.tokenFile) };
      return [cloud, controlClient(`agent ${cloud}`, address)];
    }),
  );
}

function tokenIn(file: string): Secret {
  return new Secret((readText(file) ?? "").trim());
}
