// Why: a frozen machine accepts connections and never answers; so does this.

import { createServer } from "node:net";
import type { Socket } from "node:net";

export type SilentServer = { readonly url: string; readonly close: () => Promise<void> };

/** Listens as if it were a database. */
export async function silentServer(): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `postgres://wildcam_app@127.0.0.1:${port}/wildlifedb`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
