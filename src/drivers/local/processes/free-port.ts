/**
 * Ports that have to be known before their process starts. They are chosen below the range from which systems take
 * the ports of outgoing connections (Linux: 32768 and up), so that a port stays ours while its server restarts.
 *
 * A port is chosen seconds before its server listens, and is free for everybody until then. So ports come in blocks, and
 * whoever has ports of a block listens on its first for as long as its process lives: two worlds that come up at the same
 * time have none in common.
 */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

const lowestPort = 20_000;
const blockPorts = 50;
const blocks = 200;
const attempts = 400;

/** Null where something else listens on that port of 127.0.0.1. */
async function listenOn(port: number): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy());
  return await new Promise((resolve) => {
    server.once("error", () => resolve(null));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve(server));
  });
}

/** Whether a server can listen on that port of 127.0.0.1 now. */
async function isPortFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === null) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/** A block that nobody else holds, without the port by which it is held. */
async function holdBlock(): Promise<number[]> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const first = lowestPort + randomInt(blocks) * blockPorts;
    const held = await listenOn(first);
    if (held === null) continue;
    held.unref();
    return Array.from({ length: blockPorts - 1 }, (_, index) => first + 1 + index);
  }
  throw new Error(
    `no free block of ports between ${lowestPort} and ${lowestPort + blocks * blockPorts} in ${attempts} attempts`,
  );
}

/** Hands out ports, none twice. */
export type PortChooser = {
  /** The preferred one if it is free and not handed out, else another. */
  readonly choose: (preferred?: number) => Promise<number>;
};

export function portChooser(): PortChooser {
  const given = new Set<number>();
  let left: number[] = [];
  const another = async (): Promise<number> => {
    const port = left.shift();
    if (port !== undefined) return port;
    left = await holdBlock();
    return await another();
  };
  return {
    choose: async (preferred) => {
      let port = preferred ?? (await another());
      while (given.has(port) || !(await isPortFree(port))) port = await another();
      given.add(port);
      return port;
    },
  };
}
