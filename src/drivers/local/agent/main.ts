/**
 * The agent of one cloud: the process beside its workload and database that carries out acts there.
 * `node main.ts CONFIG.json`, started by the cloud's keeper, whom it asks for starts and stops. When it dies, the pods and the
 * database go on, and a new agent finds them at the keeper.
 */
import { readFile } from "node:fs/promises";
import { flushCompileCache } from "node:module";
import { Secret } from "../../../domain/secret.ts";
import { openEffectorMemory } from "../../../effector/memory.ts";
import { keeperClient } from "../keeper/client.ts";
import type { ControlAddress } from "../control-client.ts";
import { keptConnection } from "../postgres/connection.ts";
import { hasData, hasStandbySignal, putStandbySignal } from "../postgres/data-directory.ts";
import { secretsFile, superuserEndpoint } from "../postgres/member.ts";
import { openClusterControl } from "./clusters.ts";
import { agentConfig } from "./config.ts";
import { type Fence, keepFence, peersOf } from "./database/fence.ts";
import { agentServer } from "./routes.ts";

const send = process.send?.bind(process);
const configFile = process.argv[2];
if (send === undefined || configFile === undefined) {
  process.stderr.write(
    "usage: started by a keeper of the local world, with an IPC channel and a configuration file\n",
  );
  process.exit(2);
}
process.on("disconnect", () => process.exit(0));

const config = agentConfig.parse(JSON.parse(await readFile(configFile, "utf8")));
const secrets = secretsFile.parse(JSON.parse(await readFile(config.secretsFile, "utf8")));
const { member, cloud } = config;

const keeper = keeperClient({
  send: (message) => {
    send(message);
  },
  onMessage: (listener) => {
    process.on("message", listener);
  },
  onClosed: (listener) => {
    process.on("disconnect", listener);
  },
});

const effector = `agent-${cloud}`;
const memory = await openEffectorMemory<unknown>({
  file: config.effectsFile,
  effector,
  now: Date.now,
  parseAnswer: (value) => value,
});
const clusters = await openClusterControl(config, keeper);
const endpoint = superuserEndpoint(member.port, member.database, secrets);
// A crash between a promotion and putting the mark back leaves a directory that would start writable.
if (hasData(member.dataDirectory) && !hasStandbySignal(member.dataDirectory)) {
  putStandbySignal(member.dataDirectory, member.owner);
}

const tokenIn = async (file: string): Promise<Secret> => new Secret((await readFile(file, "utf8")).trim());
const peers: Record<string, ControlAddress> = {};
for (const [name, { url, tokenFile }] of Object.entries(config.peers))
  peers[name] = { url, token: await tokenIn(tokenFile) };
const database = { member, secrets, keeper, connection: keptConnection(endpoint, effector) };
const fence: Fence = {
  // A connection of its own: a look that waits must not hold an act up.
  context: { ...database, connection: keptConnection(endpoint, `${effector}-fence`) },
  peers: peersOf(peers),
  synchronous: config.synchronous,
};

const server = agentServer({
  token: await tokenIn(config.tokenFile),
  cloud,
  memory,
  clusters,
  database,
  markerConnection: keptConnection(endpoint, `${effector}-marker`, { commits: true }),
});
await server.listen({ host: config.host, port: config.port });
send({ type: "ready", port: config.port, pid: process.pid });
// It will be killed one day, and what was compiled would go with it.
flushCompileCache();
await Promise.all([clusters.run(), keepFence(fence)]);
