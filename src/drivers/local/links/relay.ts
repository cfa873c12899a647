/**
 * The relay of a world whose clouds can be cut off: all that goes from one place to another goes through it, by a port for each
 * link. It stands outside of all clouds, proves nothing and holds no key.
 *
 * 1. A cut is silence, as of a firewall: on every link with an end in that cloud no byte passes either way, and no socket is
 *    closed. Who connects anew is let in and hears nothing.
 * 2. The cut is in force, on all links at once, when `hold` returns.
 * 3. Healed, a link's old connections end, and new ones pass.
 * 4. What goes on within a place does not come here, and is not touched.
 */
import { createServer, type Server } from "node:net";
import { isCut, type Link } from "./link.ts";
import { Passage } from "./passage.ts";

export type Relay = {
  /** From here on exactly these clouds are cut off. */
  readonly hold: (clouds: Iterable<string>) => void;
  readonly close: () => Promise<void>;
};

export async function startRelay(links: readonly Link[], cutAtFirst: Iterable<string>): Promise<Relay> {
  let cut: ReadonlySet<string> = new Set(cutAtFirst);
  const ways = links.map((link) => ({ link, passages: new Set<Passage>() }));
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    for (const { passages } of ways) for (const passage of passages) passage.destroy();
    await Promise.all(servers.map(async (server) => await new Promise((resolve) => server.close(resolve))));
  };
  try {
    for (const { link, passages } of ways) {
      const server = createServer({ noDelay: true, allowHalfOpen: true }, (caller) => {
        const passage = new Passage(caller, link.target, (ended) => passages.delete(ended));
        passages.add(passage);
        if (isCut(link, cut)) passage.silence();
      });
      await listening(server, link.port);
      servers.push(server);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    hold: (clouds) => {
      const before = cut;
      cut = new Set(clouds);
      for (const { link, passages } of ways) {
        for (const passage of passages) {
          if (isCut(link, cut)) passage.silence();
          else if (isCut(link, before)) passage.destroy();
        }
      }
    },
    close,
  };
}

async function listening(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
}
