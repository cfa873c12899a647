/**
 * A client that writes all the time, as the workload does: each row under a key of its own, tried again (on whichever
 * member takes it) until it is acknowledged. A repeat writes too, so that also its acknowledgement waits for replication.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, type Endpoint, keptConnection } from "../postgres/connection.ts";

export type SteadyWriter = {
  /** Ends it; the keys in the order of their acknowledgements. */
  readonly stop: () => Promise<string[]>;
  /** The longest time in ms between two acknowledgements since the last call. */
  readonly longestGapMs: () => number;
};

const tryWithinMs = 1_000;
const pauseMs = 5;
const statement = `insert into operations.proof (key, tries) values ($1, 1)
  on conflict (key) do update set tries = operations.proof.tries + 1`;

export async function startSteadyWriter(
  primary: string,
  endpoints: Readonly<Record<string, Endpoint>>,
): Promise<SteadyWriter> {
  const connections = Object.entries(endpoints).map(([cloud, endpoint]) => ({
    cloud,
    connection: keptConnection(endpoint, "steady-writer", { commits: true }),
  }));
  let current = connections.find(({ cloud }) => cloud === primary)?.connection ?? noSuch(primary);
  await current.query(
    "create table if not exists operations.proof (key text primary key, tries int not null)",
    tryWithinMs,
  );
  const keys: string[] = [];
  let running = true;
  let last = performance.now();
  let longestGapMs = 0;

  async function writeOne(key: string): Promise<void> {
    const order: Connection[] = [
      current,
      ...connections.map(({ connection }) => connection).filter((other) => other !== current),
    ];
    for (const connection of order) {
      try {
        await connection.query(statement, tryWithinMs, [key]);
        current = connection;
        const now = performance.now();
        longestGapMs = Math.max(longestGapMs, now - last);
        last = now;
        keys.push(key);
        return;
      } catch {
        // Read-only, stopped, or in doubt: the same key goes to the next member.
      }
    }
  }

  const loop = (async () => {
    for (let number = 0; running; number += 1) {
      const key = `row-${number}`;
      while (running && keys.at(-1) !== key) {
        await writeOne(key);
        await sleep(pauseMs);
      }
    }
  })();
  return {
    longestGapMs: () => {
      const longest = Math.round(longestGapMs);
      longestGapMs = 0;
      return longest;
    },
    stop: async () => {
      running = false;
      await loop;
      for (const { connection } of connections) connection.close();
      return keys;
    },
  };
}

function noSuch(cloud: string): never {
  throw new RangeError(`no member in cloud "${cloud}"`);
}
