/**
 * The observer of one cloud: a prober that stands there and looks at every cluster of every cloud.
 * `node main.ts CONFIG.json`, started by the cloud's keeper, with whom it dies. It changes nothing and decides nothing.
 */
import { readFile } from "node:fs/promises";
import { flushCompileCache } from "node:module";
import { Secret } from "../../../domain/secret.ts";
import { observerConfig } from "./config.ts";
import { PodsOfClouds } from "./pods-of-clouds.ts";
import { observerServer } from "./routes.ts";
import { Stalls } from "./stalls.ts";
import { Watch } from "./watch.ts";

const [, , configFile] = process.argv;
if (configFile === undefined || process.send === undefined) {
  process.stderr.write("usage: started by a keeper of the local world, with a configuration file\n");
  process.exit(2);
}
process.on("disconnect", () => process.exit(0));

const config = observerConfig.parse(JSON.parse(await readFile(configFile, "utf8")));
const { cloud, clusters, edgeUrl, latencyMs, podsThrough } = config;
const tokenIn = async (file: string) => new Secret((await readFile(file, "utf8")).trim());
const agents = await Promise.all(
  Object.entries(config.agents).map(
    async ([name, { url, tokenFile }]) => [name, { url, token: await tokenIn(tokenFile) }] as const,
  ),
);
const pods = new PodsOfClouds(Object.fromEntries(agents), { clusters, file: config.podsFile });
const watch = new Watch({ cloud, clusters, edgeUrl, podsThrough, latencyMs, pods, stalls: new Stalls() });
const server = observerServer({ cloud, token: await tokenIn(config.tokenFile), view: () => watch.view() });
await server.listen({ host: config.host, port: config.port });
process.send({ type: "ready", port: config.port, pid: process.pid });
// It will be killed one day, and what was compiled would go with it.
flushCompileCache();
