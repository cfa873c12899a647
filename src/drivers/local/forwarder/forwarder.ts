/**
 * The neutral way from the members' engines to their workers, for one machine.
 *
 * A worker is registered by one address for all members. In production that address is node-local, so that it means "the
 * worker beside me". Here all members share one loopback, and this stands at that address, outside of all clouds.
 *
 * 1. Bytes pass as they are. It reads nothing, proves nothing and holds no key: workers check who calls them.
 * 2. A connection goes to a worker that lives, the one with the fewest; one that cannot be reached is left for the next.
 * 3. When a worker dies or freezes, its connections end at once, so that its callers come again and get another.
 * 4. With no worker alive a caller is turned away at once. It does not wait here.
 */
import { createServer, connect, type Server, type Socket } from "node:net";
import { type WorkerWatch, watchWorker } from "./worker-watch.ts";

type Worker = {
  readonly port: number;
  readonly watch: WorkerWatch;
  readonly sockets: Set<Socket>;
};

export type Forwarder = { readonly port: number; readonly close: () => Promise<void> };

const host = "127.0.0.1";

export async function startForwarder(options: {
  readonly port: number;
  readonly workerPorts: readonly number[];
  readonly say: (line: string) => void;
}): Promise<Forwarder> {
  const workers = options.workerPorts.map((port): Worker => {
    const sockets = new Set<Socket>();
    const watch = watchWorker(`http://${host}:${port}`, (why) => {
      options.say(`worker ${port} is lost: ${why}; ${sockets.size} connections are ended`);
      for (const socket of sockets) socket.destroy();
    });
    return { port, watch, sockets };
  });
  const callers = new Set<Socket>();
  let turn = 0;
  const server = createServer({ noDelay: true }, (caller) => {
    callers.add(caller);
    caller.once("close", () => callers.delete(caller));
    caller.on("error", () => caller.destroy());
    turn += 1;
    passOn(caller, candidates(workers, turn));
  });
  const port = await listening(server, options.port);
  return {
    port,
    close: async () => {
      for (const { watch } of workers) watch.close();
      for (const caller of callers) caller.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Among equals each has its turn: a worker may not be able to do what it is called for, which is not seen here. */
function candidates(workers: readonly Worker[], turn: number): Worker[] {
  const from = turn % workers.length;
  return [...workers.slice(from), ...workers.slice(0, from)]
    .filter(({ watch }) => watch.isLive())
    .toSorted((left, right) => left.sockets.size - right.sockets.size);
}

function passOn(caller: Socket, [worker, ...others]: readonly Worker[]): void {
  if (worker === undefined || caller.destroyed) {
    caller.destroy();
    return;
  }
  const onward = connect({ host, port: worker.port, noDelay: true });
  worker.sockets.add(onward);
  let reached = false;
  onward.once("connect", () => {
    reached = true;
    if (caller.destroyed) {
      onward.destroy();
      return;
    }
    caller.pipe(onward).pipe(caller);
    caller.once("close", () => onward.destroy());
  });
  onward.on("error", () => onward.destroy());
  onward.once("close", () => {
    worker.sockets.delete(onward);
    if (reached) caller.destroy();
    else passOn(caller, others);
  });
}

async function listening(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the forwarder has no port");
  return address.port;
}
