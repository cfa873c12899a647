import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../domain/secret.ts";
import { clustersContract } from "../../ports/clusters.contract.ts";
import { stepTokens } from "../../ports/contract-tokens.ts";
import { databasesContract } from "../../ports/databases.contract.ts";
import { edgeContract } from "../../ports/edge.contract.ts";
import { vantagePointsContract } from "../../ports/vantage-points.contract.ts";
import { createLocalClusters } from "./clusters.ts";
import { withAloneRecord } from "./alone.ts";
import { createLocalDatabases } from "./databases.ts";
import { createLocalEdge } from "./edge.ts";
import { createLocalHand } from "./hand.ts";
import { portChooser } from "./processes/free-port.ts";
import { memoryAloneRecord } from "./testing/memory-alone-record.ts";
import { endpointOf, sqlAt } from "./testing/direct-sql.ts";
import { createLocalVantagePoints } from "./vantage-points.ts";
import { pollUntil } from "./processes/wait.ts";
import { findSecrets } from "./testing/search-secrets.ts";
import {
  bringUpWithinMs,
  clustersOfClouds,
  startTestWorld,
  type TestWorld,
  tokenIn,
} from "./testing/shared-world.ts";

// One world for all four: bringing one up is most of the time.
let world: TestWorld;
let nobody: string;
const beganAtMs = Date.now();

beforeAll(async () => {
  world = await startTestWorld();
  nobody = `http://127.0.0.1:${await portChooser().choose()}`;
}, bringUpWithinMs);
afterAll(async () => {
  await world.close();
});

edgeContract("the local gateway", () => ({
  edge: world.edge,
  unreachable: createLocalEdge({ controlUrl: nobody, token: new Secret("none") }),
  tokens: stepTokens("edge-contract", "traffic", 2),
  startedAtMs: beganAtMs,
  now: Date.now,
  serve: async (requests) => {
    for (let number = 0; number < requests; number += 1) {
      const answer = await fetch(`${world.status.edge.url}/health`);
      await answer.text();
      if (!answer.ok) throw new Error(`the edge answered ${answer.status}`);
    }
  },
}));

vantagePointsContract("the local observers and the gateway", () => {
  const at = (url: string, tokenFile: string) => ({ url, token: tokenIn(tokenFile) });
  const { edge, observers } = world.status;
  const [first] = observers;
  if (first === undefined) throw new Error("the world has no observer");
  const options = {
    observers: { [first.cloud]: at(first.url, first.tokenFile) },
    edge: at(edge.controlUrl, edge.tokenFile),
    clusters: { "moon-base": { cloud: "moon" } },
  };
  const [unknowing] = createLocalVantagePoints(options);
  const nobodyAt = { url: nobody, token: new Secret("none") };
  const [silent] = createLocalVantagePoints({ ...options, observers: { aws: nobodyAt } });
  if (unknowing === undefined || silent === undefined) throw new Error("there is no vantage point");
  return {
    points: world.points,
    clouds: ["aws", "azure", "gcp"],
    clusters: Object.keys(clustersOfClouds),
    withUnknown: { point: unknowing, cluster: "moon-base" },
    silent,
    settled: async () => {
      await pollUntil(async () => ((await allAnswer()) ? true : undefined), {
        withinMs: 30_000,
        everyMs: 100,
      });
    },
  };
});

async function allAnswer(): Promise<boolean> {
  const looks = await Promise.all(world.points.map((point) => point.look(AbortSignal.timeout(5_000))));
  return looks.every(({ clusters }) => Object.values(clusters).every(({ state }) => state === "answers"));
}

clustersContract("the local agents", () => ({
  clusters: world.clusters,
  cluster: "azure-west",
  bystander: "gcp-east",
  halfReachable: createLocalClusters({
    agents: { ...world.agents, azure: { url: nobody, token: new Secret("none") } },
    clusters: clustersOfClouds,
  }),
  tokens: stepTokens("clusters-contract", "traffic", 2),
  pause,
}));

databasesContract("the local agents", () => ({
  databases: withAloneRecord(world.databases, {
    record: memoryAloneRecord(),
    synchronous: { wildlifedb: 1 },
  }),
  database: "wildlifedb",
  primary: "aws",
  standby: "azure",
  third: "gcp",
  slotOf: (cloud) => `standby_${cloud}`,
  halfReachable: createLocalDatabases({
    agents: { ...world.agents, gcp: { url: nobody, token: new Secret("none") } },
  }),
  tokens: stepTokens("databases-contract", "database/wildlifedb", 2),
  write: async (cloud) => {
    // A commit that nobody may acknowledge waits for ever.
    const client = await connect(cloud, 3_000).catch(() => null);
    if (client === null) return "failed";
    try {
      await client.query(
        "insert into operations.marker values ('contract', now(), 1) on conflict (cloud) do update set count = marker.count + 1",
      );
      return "acknowledged";
    } catch (error) {
      return error instanceof pg.DatabaseError && error.code === "25006" ? "read-only" : "failed";
    } finally {
      await client.end().catch(() => undefined);
    }
  },
  openWrite: async (cloud) => {
    const client = await connect(cloud);
    await client.query("begin");
    await client.query("update operations.marker set count = count + 1");
    await client.query(
      "insert into operations.marker values ('open', now(), 1) on conflict (cloud) do update set count = marker.count + 1",
    );
    return {
      end: async () => {
        try {
          await client.query("commit");
          return "acknowledged";
        } catch {
          return "failed";
        } finally {
          await client.end().catch(() => undefined);
        }
      },
    };
  },
  pause,
}));

describe("by hand", () => {
  const cloudOf = (cluster: string) => clustersOfClouds[cluster] ?? "";
  const soon = () => AbortSignal.timeout(10_000);
  const hand = () => {
    const { edge, agents } = world.status;
    const at = Object.fromEntries(agents.map(({ cloud, url, tokenFile }) => [cloud, { url, tokenFile }]));
    return createLocalHand({ edge, agents: at, cloudOf });
  };
  const type = (lines: readonly string[]) => {
    const { status, stderr } = spawnSync("/bin/sh", ["-ec", lines.join("\n")], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  };

  test("the weights that are typed are set, and typing them again finds them", async () => {
    const { version } = await world.edge.policy(soon());
    const wanted = { aws: 20, azure: 41, gcp: 39 };
    type(hand().setWeights(wanted));
    expect(await world.edge.policy(soon())).toMatchObject({
      weights: wanted,
      version: version + 1,
      setBy: "by-hand",
    });
    type(hand().setWeights(wanted));
    expect((await world.edge.policy(soon())).version).toBe(version + 1);
  });

  test("the replicas that are typed are wanted", async () => {
    const wanted = (await world.clusters.list(soon()))["gcp-west"]?.replicas ?? 0;
    type(hand().scale("gcp-west", wanted + 1));
    expect((await world.clusters.list(soon()))["gcp-west"]).toMatchObject({ replicas: wanted + 1 });
    type(hand().scale("gcp-west", wanted));
  });

  test("an act on a database that is typed stands at that server", async () => {
    const at = { database: "wildlifedb", cloud: "gcp" };
    const slots = async () =>
      (await world.databases.observe("wildlifedb", soon())).members["gcp"]?.slots.map(({ name }) => name);
    type(hand().database(at, { act: "create-slot", slot: "typed_by_hand" }));
    expect(await slots()).toContain("typed_by_hand");
    type(hand().database(at, { act: "drop-slot", slot: "typed_by_hand" }));
    expect(await slots()).not.toContain("typed_by_hand");
  });
});

async function connect(cloud: string, withinMs?: number): Promise<pg.Client> {
  const url = world.status.databases.find((member) => member.cloud === cloud)?.url;
  if (url === undefined) throw new RangeError(`no database in cloud "${cloud}"`);
  const bound = withinMs === undefined ? {} : { query_timeout: withinMs };
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000, ...bound });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

// Last, when everything above has been done and refused.
describe("secrets", () => {
  const soon = () => AbortSignal.timeout(10_000);
  const secretsOf = (): Record<string, string> => {
    const { superuser, application, replication } = JSON.parse(
      readFileSync(join(world.stateDir, "secrets.json"), "utf8"),
    );
    const tokens = ["control", "tokens"].flatMap((folder) =>
      readdirSync(join(world.stateDir, folder)).map((name): [string, string] => [
        `${folder}/${name}`,
        tokenIn(join(world.stateDir, folder, name)).reveal(),
      ]),
    );
    return { superuser, application, replication, body: "canary-body-0001", ...Object.fromEntries(tokens) };
  };

  test("stand in no log, no effect and no answer, also after wrong tokens, wrong bodies and lost connections", async () => {
    const { edge, agents } = world.status;
    const secrets = secretsOf();
    const answers: Record<string, string> = {};
    const ask = async (name: string, url: string, token: string, body: string) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = await fetch(url, { method: "POST", headers, body, signal: soon() });
      answers[name] = await answer.text();
    };
    for (const { cloud, url, tokenFile } of agents) {
      const token = tokenIn(tokenFile).reveal();
      // Another cloud's token, a body that is no JSON, and one of another form.
      await ask(
        `${cloud} edge's token`,
        `${url}/v1/database/promote`,
        tokenIn(edge.tokenFile).reveal(),
        "{}",
      );
      await ask(`${cloud} no JSON`, `${url}/v1/database/promote`, token, "{canary-body-0001");
      await ask(
        `${cloud} form`,
        `${url}/v1/database/promote`,
        token,
        '{"canary-body-0001":"canary-body-0001"}',
      );
    }
    await ask("observation", `${edge.url}/observations`, "none", '{"canary-body-0001":1}');
    const wrong = endpointOf(
      `postgres://postgres:canary-body-0001@127.0.0.1:${portIn(world.status.databases[0]?.url)}/wildlifedb`,
    );
    answers["sql"] = await sqlAt(wrong, "select 1").then(String, (error: unknown) =>
      inspect(error, { depth: 5 }),
    );
    const folders = ["logs", "effects"].map((folder) => join(world.stateDir, folder));
    // The one setting that used to hold a password was written to a log, as PostgreSQL does.
    const line = { changed: 'parameter "primary_conninfo" changed' };
    expect(findSecrets(line, { folders })).not.toEqual([]);
    expect(findSecrets(secrets, { folders, texts: answers })).toEqual([]);
  });

  test("would be found in a log, if they stood in one", () => {
    const [[name, value] = ["", ""]] = Object.entries(secretsOf());
    const file = join(world.stateDir, "logs", "leak.log");
    writeFileSync(file, `connecting as ${encodeURIComponent(value)}`);
    try {
      expect(findSecrets({ [name]: value }, { folders: [join(world.stateDir, "logs")] })).toEqual([
        `logs/leak.log: ${name}`,
      ]);
    } finally {
      rmSync(file);
    }
  });
});

function portIn(url = ""): string {
  return new URL(url).port;
}
