/**
 * The cloud of a real primary is cut off from everything outside of it, and goes on within itself: what the others make of it,
 * what the old primary can still promise to whoever stands beside it, and how it comes back.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { runsAnswer, statusAnswer } from "../../src/cli/api/parse-answers.ts";
import { Secret } from "../../src/domain/secret.ts";
import { primariesOf } from "../../src/domain/snapshot.ts";
import { controlClient } from "../../src/drivers/local/control-client.ts";
import { FaultRefused } from "../../src/drivers/local/faults/fault.ts";
import { type Connection, keptConnection } from "../../src/drivers/local/postgres/connection.ts";
import { bringUpWithinMs, tokenIn } from "../../src/drivers/local/testing/shared-world.ts";
import { StruckWorld } from "./struck-world.ts";

const tryWithinMs = 1_500;
const tryEveryMs = 50;
const world = new StruckWorld();
const connections: Connection[] = [];

beforeAll(async () => {
  await world.up(() => undefined, { partitions: true });
}, bringUpWithinMs);

afterAll(async () => {
  for (const connection of connections) connection.close();
  await world.down();
});

/** Straight at the database of a cloud, past all links: as somebody who stands beside it. */
function beside(cloud: string): Connection {
  const url = new URL(world.status.databases.find((one) => one.cloud === cloud)?.url ?? "");
  const endpoint = {
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: new Secret(decodeURIComponent(url.password)),
    database: url.pathname.slice(1),
  };
  const connection = keptConnection(endpoint, "partition-test", { commits: true });
  connections.push(connection);
  return connection;
}

type Acknowledged = { readonly cloud: string; readonly number: number; readonly atMs: number };

/** A writer at each database, all the time. */
class Writers {
  readonly acknowledged: Acknowledged[] = [];
  readonly #going: Promise<void>[];
  #stopped = false;
  #number = 0;

  constructor(clouds: readonly string[]) {
    this.#going = clouds.map(async (cloud) => await this.#write(cloud, beside(cloud)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#going);
  }

  async #write(cloud: string, connection: Connection): Promise<void> {
    while (!this.#stopped) {
      this.#number += 1;
      const number = this.#number;
      const statement = "insert into partition_writes (number) values ($1)";
      await connection.query(statement, tryWithinMs, [number]).then(
        () => this.acknowledged.push({ cloud, number, atMs: Date.now() }),
        () => undefined,
      );
      await new Promise((resolve) => setTimeout(resolve, tryEveryMs));
    }
  }
}

async function snapshot() {
  return (await world.ask("/v1/status", statusAnswer)).snapshot;
}

async function runs() {
  return (await world.ask("/v1/runs", runsAnswer)).runs;
}

/** One that began while the cloud only seemed to be in trouble gives way to the one that knows that it is down. */
async function completed(runbook: string): Promise<void> {
  const ended = await world.until(`${runbook} has ended`, async () =>
    (await runs()).find(
      (run) => run.runbook === runbook && run.endedAtMs !== null && run.state !== "superseded",
    ),
  );
  expect(ended).toMatchObject({ state: "completed", requestedBy: "automation" });
}

async function numbersIn(connection: Connection): Promise<Set<number>> {
  const rows = await connection.query("select number from partition_writes", 10_000);
  return new Set(rows.map((row) => Number(row["number"])));
}

/** What the observer in the cut-off cloud sees, asked past all links. */
async function sightingOf(cloud: string) {
  const at = world.status.observers.find((one) => one.cloud === cloud);
  if (at === undefined) throw new Error(`no observer in ${cloud}`);
  const client = controlClient("the observer", { url: at.url, token: tokenIn(at.tokenFile) });
  const clusters = z.record(z.string(), z.object({ state: z.string() }));
  try {
    const sighting = z.object({ isolated: z.boolean(), clusters });
    return await client.read("/v1/sighting", sighting, AbortSignal.timeout(5_000));
  } finally {
    await client.close();
  }
}

test("a primary's cloud that is cut off is left by traffic and primary, promises nothing, and comes back as a standby", async () => {
  await world.until("all is well", async () => {
    const { clouds } = await snapshot();
    return Object.values(clouds).every(({ verdict }) => verdict === "healthy") ? true : undefined;
  });
  await beside("aws").query("create table partition_writes (number int primary key)", 10_000);
  const writers = new Writers(["aws", "azure", "gcp"]);
  await world.until("aws acknowledges", async () => (writers.acknowledged.length > 20 ? true : undefined));
  await world.faults.begin("aws", { fault: "partition" });
  await completed("survive-outage");

  const cut = await snapshot();
  expect(cut.clouds["aws"]?.verdict).toBe("down");
  expect(cut.traffic.weights["aws"]).toBe(0);
  const [heir = "nobody"] = primariesOf(cut, "wildlifedb");
  expect(["azure", "gcp"]).toContain(heir);
  const alone = await world.until("its own observer sees that it is cut off", async () => {
    const seen = await sightingOf("aws");
    return seen.isolated ? seen : undefined;
  });
  expect(alone.clusters["aws-west"]?.state).toBe("answers");
  const begun = (await runs()).map(({ run }) => run);
  expect(begun.filter((run) => !run.startsWith("survive-outage-aws-"))).toEqual([]);
  await expect(world.faults.begin("aws", { fault: "freeze" })).rejects.toBeInstanceOf(FaultRefused);

  await world.faults.heal("aws");
  await completed("restore-traffic");
  const back = await snapshot();
  expect(back.databases["wildlifedb"]?.members["aws"]).toMatchObject({
    role: "standby",
    follows: heir,
    streaming: true,
  });
  await writers.stop();
  const by = (cloud: string) => writers.acknowledged.filter((one) => one.cloud === cloud);
  const firstOfHeir = by(heir)[0]?.atMs ?? 0;
  expect(by(heir).length).toBeGreaterThan(20);
  expect(by("aws").filter(({ atMs }) => atMs >= firstOfHeir)).toEqual([]);
  for (const cloud of [heir, "aws"]) {
    const database = beside(cloud);
    await world.until(`${cloud} has all that was acknowledged`, async () => {
      const numbers = await numbersIn(database);
      return writers.acknowledged.every(({ number }) => numbers.has(number)) ? true : undefined;
    });
  }
}, 400_000);
