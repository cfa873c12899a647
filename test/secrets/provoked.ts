/**
 * Provokes whatever goes wrong where secrets travel, and answers all that was said: by drivers to the journal, by the
 * API, by the audit ledger, by the command line. Every secret that goes in is a canary.
 */
import { createServer } from "node:http";
import { inspect } from "node:util";
import { runCommandLine } from "../../src/cli/run-command-line.ts";
import type { Outside } from "../../src/cli/context.ts";
import { realOutside } from "../../src/cli/wire.ts";
import { Secret } from "../../src/domain/secret.ts";
import { createLocalClusters } from "../../src/drivers/local/clusters.ts";
import { createLocalDatabases } from "../../src/drivers/local/databases.ts";
import { createLocalEdge } from "../../src/drivers/local/edge.ts";
import { createLocalVantagePoints } from "../../src/drivers/local/vantage-points.ts";
import { withConnection } from "../../src/drivers/local/postgres/connection.ts";
import { exampleInventory } from "../../src/engine/testing/example-inventory.ts";
import { TestBench } from "../../src/engine/testing/test-run.ts";
import { PortError } from "../../src/ports/errors.ts";
import { digestOf, serveApi } from "../../src/server/testing/served-api.ts";

export const CANARIES = {
  token: "canary+token/of-the-edge=1",
  person: "canary-token-of-a-person-1",
  stranger: "canary-token-of-a-stranger",
  password: "canary p'ss:word \\ %40 1",
  body: "canary-in-a-body-1",
};

export type Said = Record<string, string>;
type Work = (signal: AbortSignal) => Promise<unknown>;

const soon = () => AbortSignal.timeout(5_000);

/** A host that is not the one that was meant, and repeats in its answer all that it was sent. */
export async function echoingHost(status: number) {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const words = { code: "failed", what: inspect(request.headers), why: body, next: "", facts: {} };
      const error = { ...words, kind: "refused", message: words.what, facts: { headers: request.headers } };
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return { port, url: `http://127.0.0.1:${port}`, close };
}

/** As the journal keeps it, and all that can be seen of the error besides. */
export async function journalled(work: Work): Promise<string> {
  const bench = new TestBench(exampleInventory());
  let said = "";
  const seen: Work = async (signal) => {
    try {
      return await work(signal);
    } catch (error) {
      said += inspect(error, { depth: 8, showHidden: true });
      if (error instanceof PortError) said += JSON.stringify(error.facts);
      throw error;
    }
  };
  const { end } = bench.launch(async (journal) => {
    said += JSON.stringify(await journal.effect("canary", seen));
    return { outcome: "completed", why: "", facts: {} };
  });
  // The hosts are real, so virtual time waits for them.
  await bench.kernel.run(end, 0);
  return said;
}

export function driverCalls(url: string, port: number): Record<string, Work> {
  const token = new Secret(CANARIES.token);
  const password = new Secret(CANARIES.password);
  const agents = { aws: { url, token } };
  const step = { key: "canary/1", lock: "traffic", epoch: 1, sequence: 1 };
  const weights = { aws: 100 };
  const edge = createLocalEdge({ controlUrl: url, token });
  const clusters = createLocalClusters({ agents, clusters: { "aws-west": "aws" } });
  const databases = createLocalDatabases({ agents });
  const points = createLocalVantagePoints({ observers: agents, edge: { url, token }, clusters: {} });
  return {
    "edge policy": () => edge.policy(soon()),
    "edge weights": () =>
      edge.setWeights({ weights, expectedVersion: 1, token: step, setBy: "olivia", why: "" }, soon()),
    observer: async () => await points[0]?.look(soon()),
    "edge as a vantage point": async () => await points[1]?.look(soon()),
    clusters: () =>
      clusters.scale({ cluster: "aws-west", replicas: 2, expectedGeneration: 1, token: step }, soon()),
    databases: () =>
      databases.perform({ database: "wildlifedb", cloud: "aws" }, { act: "promote" }, step, soon()),
    sql: () =>
      withConnection({ port, user: "postgres", password, database: "wildlifedb" }, 2_000, (query) =>
        query("select 1"),
      ),
    "a bug in a driver": async () => {
      throw new Error(`cannot use ${String(token)}, ${String(password)}`, { cause: { token, password } });
    },
  };
}

/** What a person sees who runs commands against that address. */
export async function commandLine(
  url: string,
  tokenFile: string,
  changes: Partial<Outside> = {},
): Promise<string> {
  let said = "";
  const write = (text: string) => {
    said += text;
  };
  const io = {
    out: write,
    err: write,
    terminal: { interactive: false, color: false, columns: 100 },
    interrupted: new AbortController().signal,
    now: () => 0,
    sleep: async () => undefined,
    isoTime: () => "",
  };
  const outside = async () => ({ ...realOutside(), ...changes });
  for (const words of [["status"], ["run", "list", "--json"], ["people", "list"]]) {
    const line = [...words, "--api", url, "--token-file", tokenFile];
    await runCommandLine(line, { io, outside, version: () => "" });
  }
  return said;
}

/** Answers of the API and its records, for tokens of all kinds, broken bodies and a driver that throws. */
export async function apiSaid(): Promise<Said> {
  const secret = new Secret(CANARIES.token);
  const edge = { ...new TestBench(exampleInventory()).engine().world.edge };
  edge.policy = async () => {
    throw new Error(`cannot use ${String(secret)}`, { cause: secret });
  };
  const served = await serveApi({
    people: { nina: { token: CANARIES.person, roles: ["admin"] } },
    world: { edge },
  });
  let answers = "";
  const ask = async (token: string, url: string, payload?: string) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const how = payload === undefined ? ({ method: "GET" } as const) : ({ method: "POST", payload } as const);
    const answer = await served.app.inject({ url, headers, ...how });
    answers += answer.body + JSON.stringify(answer.headers);
  };
  const { person, stranger, body } = CANARIES;
  await ask(stranger, "/v1/runs", "{}");
  await ask(person, `/v1/status?token=${person}`);
  await ask(person, "/v1/runs", `{${body}`);
  await ask(person, "/v1/runs", JSON.stringify({ runbook: 1, input: body }));
  await ask(
    person,
    "/v1/people",
    JSON.stringify({ name: "x", roles: ["viewer"], mail: "x@w.org", sha256: person }),
  );
  await ask(
    person,
    "/v1/people",
    JSON.stringify({ name: "x", roles: ["viewer"], mail: body, sha256: digestOf(body) }),
  );
  await ask(person, `/v1/runs/${encodeURIComponent(`${body}!`)}`);
  await ask(person, `/v1/${body}`);
  await ask(person, "/v1/traffic");
  await served.call("adam", "POST", "/v1/people/nina/revocation", {});
  await ask(person, "/v1/runs");
  served.stop();
  const ledger = served.auditStores.map(({ events }) => JSON.stringify(events)).join("\n");
  return { answers, ledger, log: served.logged.join("\n"), people: JSON.stringify(served.file.people) };
}
