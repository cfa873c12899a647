/** The relay as a process: `node main.ts CONFIG.json`, started by a keeper outside of all clouds. */
import { readFileSync } from "node:fs";
import { Secret } from "../../../domain/secret.ts";
import { readText, writeJson } from "../processes/files.ts";
import { cutOrder, relayConfig } from "./config.ts";
import { relayControl } from "./control.ts";
import { startRelay } from "./relay.ts";

const [, , configFile] = process.argv;
if (configFile === undefined || process.send === undefined) {
  process.stderr.write("usage: started by a keeper of the local world, with a configuration file\n");
  process.exit(2);
}
process.on("disconnect", () => process.exit(0));

const config = relayConfig.parse(JSON.parse(readFileSync(configFile, "utf8")));
const { host, controlPort, tokenFile, cutFile } = config;
// One that begins anew in the middle of a cut must not end it.
const kept = readText(cutFile);
const relay = await startRelay(config.links, kept === null ? [] : cutOrder.parse(JSON.parse(kept)).clouds);
const token = new Secret(readFileSync(tokenFile, "utf8").trim());
const control = relayControl(token, (clouds) => {
  writeJson(cutFile, { clouds });
  relay.hold(clouds);
});
await control.listen({ host, port: controlPort });
process.send({ type: "ready", port: controlPort, pid: process.pid });
