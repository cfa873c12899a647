/**
 * Ports that have to be known before their process starts. They are chosen below the range from which systems take
 * the ports of outgoing connections (Linux: 32768 and up), so that a port stays ours while its server restarts.
 */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const lowestPort = 20_000;
const highestPort = 30_000;
const attempts = 200;

/** Whether a server can listen on that port of 127.0.0.1 now. */
async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => {
      resolve(false);
    });
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/** Hands out ports, none twice. */
export type PortChooser = {
  /** The preferred one if it is free and not handed out, else another. */
  readonly choose: (preferred?: number) => Promise<number>;
};

export function portChooser(taken: Iterable<number> = []): PortChooser {
  const given = new Set(taken);
  return {
    choose: async (preferred) => {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const port =
          attempt === 0 && preferred !== undefined ? preferred : randomInt(lowestPort, highestPort);
        if (given.has(port)) continue;
        given.add(port);
        if (await isPortFree(port)) return port;
      }
      throw new Error(`no free port between ${lowestPort} and ${highestPort} in ${attempts} attempts`);
    },
  };
}
