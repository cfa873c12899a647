/** The forwarder as a process: `node main.ts PORT WORKER_PORT...`, started by a keeper outside of all clouds. */
import { startForwarder } from "./forwarder.ts";

const [port, ...workerPorts] = process.argv.slice(2).map(Number);
if (port === undefined || workerPorts.length === 0 || ![port, ...workerPorts].every(Number.isSafeInteger)) {
  process.stderr.write("usage: main.ts PORT WORKER_PORT...\n");
  process.exit(2);
}
process.on("disconnect", () => process.exit(0));
const forwarder = await startForwarder({
  port,
  workerPorts,
  say: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
});
process.send?.({ type: "ready", port: forwarder.port });
