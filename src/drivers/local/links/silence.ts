/**
 * Whether links are silent, asked of each of them as its users would: a cut that is only believed to be one would have a drill
 * prove something else than it says.
 */
import { connect } from "node:net";
import type { Link } from "./link.ts";

/** PostgreSQL answers this with one byte, before anybody has said who he is. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Those on which anything is heard within that time, be it that the connection ends. `agents`: the port of each cloud's. */
export async function linksThatAnswer(
  links: readonly Link[],
  agents: Readonly<Record<string, number>>,
  withinMs: number,
): Promise<Link[]> {
  const heard = await Promise.all(
    links.map(async (link) => ((await isHeard(link.port, greeting(link, agents), withinMs)) ? [link] : [])),
  );
  return heard.flat();
}

function greeting({ what, to }: Link, agents: Readonly<Record<string, number>>): Buffer {
  if (what === "database") return sslRequest;
  // Any listener there would do; its agent is one whose port is known.
  const at = `127.0.0.1:${agents[to ?? ""] ?? 1}`;
  return Buffer.from(`${what === "pods" ? `CONNECT ${at}` : "GET /"} HTTP/1.1\r\nhost: ${at}\r\n\r\n`);
}

async function isHeard(port: number, said: Buffer, withinMs: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  let late: NodeJS.Timeout | undefined;
  try {
    return await new Promise<boolean>((resolve) => {
      late = setTimeout(() => resolve(false), withinMs);
      for (const event of ["data", "end", "close", "error"]) socket.on(event, () => resolve(true));
      socket.write(said);
    });
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}
