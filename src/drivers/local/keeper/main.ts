/**
 * The keeper of one group of the local world: a cloud, the edge, or the orchestrator. It starts and ends processes as
 * it is asked over IPC, and is the one that ends them all when the supervisor is gone, also after a kill -9.
 *
 * `node main.ts RECORD.json GROUP`. It decides nothing: agents and supervisor do. It must not touch what is not its child.
 */
import { findDeathGuard } from "../processes/death-guard.ts";
import { KeptProcesses } from "./kept-processes.ts";
import { type KeeperEvent, type KeeperReply, type KeeperRequest, keeperRequest } from "./protocol.ts";
import { connectedChildren } from "./relay.ts";

const [, , recordFile, group] = process.argv;
if (recordFile === undefined || group === undefined || process.send === undefined) {
  process.stderr.write("usage: started by the local world's supervisor, with an IPC channel\n");
  process.exit(2);
}

const tellSupervisor = (message: KeeperEvent | KeeperReply): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};
const children = connectedChildren();
const processes = new KeptProcesses({
  recordFile,
  guard: findDeathGuard(),
  tell: (event) => {
    tellSupervisor(event);
    children.tell(event);
  },
  connect: (child) => {
    children.connect(child, (request) => answer(request));
  },
});

async function answer(request: KeeperRequest): Promise<KeeperReply> {
  const { id } = request;
  try {
    return { type: "reply", id, ok: true, value: await carryOut(request) };
  } catch (error) {
    return { type: "reply", id, ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

async function carryOut(request: KeeperRequest): Promise<unknown> {
  switch (request.type) {
    case "start":
      return await processes.start(request.name, request.spec);
    case "stop":
      return await processes.stop(request.name, request);
    case "list":
      return processes.list();
    case "end":
      await processes.endAll();
      setImmediate(() => process.exit(0));
      return null;
  }
}

process.on("message", (message) => {
  const request = keeperRequest.safeParse(message);
  if (request.success) void answer(request.data).then(tellSupervisor);
});

function endEverything(): void {
  void processes.endAll().finally(() => process.exit(0));
}
process.on("disconnect", endEverything);
process.on("SIGTERM", endEverything);
process.on("SIGINT", endEverything);

process.send({ type: "ready", group, pid: process.pid });
