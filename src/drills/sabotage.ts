/**
 * Sabotages: real harm, done to the world or to the records, that the judge must see. A judge that stays green under one
 * of these measures nothing.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server, Socket } from "node:net";
import { join } from "node:path";
import { parseWanted } from "../drivers/local/agent/wanted-parse.ts";
import { layoutOf } from "../drivers/local/world/layout.ts";
import { readWorldFile } from "../drivers/local/world/world-file-parse.ts";
import { isAudit, withClient } from "./records.ts";

/** Deletes one row that a client was promised, at the primary, so that it is gone from every copy. */
export async function loseOneWrite(primaryUrl: string): Promise<void> {
  await withClient(primaryUrl, async (client) => {
    const gone = await client.query(
      "delete from observations where key = (select min(key) from observations where key like 'drill-%')",
    );
    if (gone.rowCount !== 1) throw new Error("the sabotage found no write to lose");
  });
}

/** Promotes a standby behind the orchestrator's back and waits until it has acknowledged commits of its own. */
export async function makeSecondWriter(standbyUrl: string): Promise<void> {
  await withClient(standbyUrl, async (client) => {
    await client.query("alter system set synchronous_standby_names = ''");
    await client.query("select pg_reload_conf()");
    await client.query("select pg_promote()");
    const untilMs = Date.now() + 10_000;
    for (;;) {
      const { rows } = await client.query<{ own: string }>(
        "select count(*) as own from drill_commits where at > now() - interval '1 second' and not pg_is_in_recovery()",
      );
      if (Number(rows[0]?.own) > 20) return;
      if (Date.now() > untilMs) throw new Error("the sabotage made no second writer");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
}

const AGENT_BACK_WITHIN_MS = 20_000;

/**
 * Carries a change of capacity out once more behind the agent's memory: what is wanted is written beside it, and the agent
 * comes up with that. No effector remembers it; only the generation shows it.
 */
export async function applyTwice(stateDir: string, cloud: string): Promise<void> {
  const layout = layoutOf(stateDir);
  const file = join(layout.agentDir(cloud), "wanted.json");
  const wanted = parseWanted(await readFile(file, "utf8"));
  const [cluster, once] = Object.entries(wanted)[0] ?? [];
  if (cluster === undefined || once === undefined) throw new Error("the sabotage found no change to repeat");
  const agentPid = () => readWorldFile(layout.worldFile)?.clouds[cloud]?.agent.pid ?? null;
  const was = agentPid();
  if (was === null) throw new Error(`the sabotage found no agent in ${cloud}`);
  process.kill(was, "SIGKILL");
  await writeFile(
    file,
    JSON.stringify({ ...wanted, [cluster]: { ...once, generation: once.generation + 1 } }),
  );
  for (const untilMs = Date.now() + AGENT_BACK_WITHIN_MS; agentPid() === null || agentPid() === was; ) {
    if (Date.now() > untilMs) throw new Error(`the agent in ${cloud} did not come back`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A hop before the edge that cuts one connection in the middle of a request, `afterMs` after it began. */
export async function dropOneRequest(
  edgeUrl: string,
  afterMs: number,
): Promise<{ readonly url: string; close(): void }> {
  const { hostname, port } = new URL(edgeUrl);
  const startedMs = Date.now();
  const sockets = new Set<Socket>();
  let dropped = false;
  const server = createServer((client) => {
    const edge = new Socket();
    edge.connect(Number(port), hostname);
    for (const socket of [client, edge]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        sockets.delete(socket);
        client.destroy();
        edge.destroy();
      });
    }
    client.on("data", (chunk) => {
      if (!dropped && Date.now() - startedMs > afterMs) {
        dropped = true;
        client.resetAndDestroy();
        return;
      }
      edge.write(chunk);
    });
    edge.pipe(client);
  });
  await listening(server);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the hop has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Changes one digit of one event in a ledger file. */
export async function editLedger(folder: string): Promise<void> {
  const [name] = (await readdir(folder)).filter((file) => file.endsWith(".jsonl") && !isAudit(file)).sort();
  if (name === undefined) throw new Error("the sabotage found no ledger to edit");
  const file = join(folder, name);
  const text = await readFile(file, "utf8");
  const at = text.indexOf('"time":', Math.floor(text.length / 2)) + '"time":'.length;
  await writeFile(file, `${text.slice(0, at)}${text.charAt(at) === "9" ? "8" : "9"}${text.slice(at + 1)}`);
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
}
