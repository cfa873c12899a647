/** A small world for tests: real HTTP servers on loopback as pods and agents, and a real gateway before them, all in this process. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import { Agent, type Dispatcher } from "undici";
import { z } from "zod";
import type { Config } from "./config.ts";
import { startGateway, type Gateway, type Timings } from "./gateway.ts";

type Received = Readonly<{
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
  port: number | undefined;
}>;

/** How a pod treats a request: a status to answer, silence, or a broken connection. */
export type Behaviour = number | "hang" | "reset";

export class FixturePod {
  readonly cluster: string;
  readonly received: Received[] = [];
  behaviour: Behaviour = 200;
  readyStatus = 200;
  /** Keeps every request, probes included, without an answer, as a stopped process does. */
  isFrozen = false;
  headers: Record<string, string | string[]> = {};
  url = "";
  /** Requests that were cut off before they were answered. */
  cutOff = 0;
  readonly #held: (() => void)[] = [];
  readonly #server: Server;

  constructor(cluster: string) {
    this.cluster = cluster;
    this.#server = createServer(
      { keepAliveTimeout: 65_000 },
      (request, response) => void this.#take(request, response),
    );
  }

  async start(): Promise<this> {
    this.url = await listen(this.#server);
    return this;
  }

  /** Answers what was held with 200. */
  release(): void {
    this.isFrozen = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  /** Dies at once: its port refuses connections from then on. */
  async die(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("close", () => {
      if (!response.writableFinished) this.cutOff++;
    });
    const chunks: Buffer[] = [];
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    await new Promise((resolve) => request.on("close", resolve));
    const { method = "", url: path = "", headers, socket } = request;
    if (path !== "/ready") {
      this.received.push({ method, path, headers, body: Buffer.concat(chunks), port: socket.remotePort });
    }
    const answer = (): void => {
      if (path === "/ready") response.writeHead(this.readyStatus).end();
      else this.#answer(response);
    };
    if (this.isFrozen) this.#held.push(answer);
    else answer();
  }

  #answer(response: ServerResponse): void {
    const { behaviour } = this;
    if (behaviour === "hang") {
      this.#held.push(() => response.writeHead(200).end("late"));
    } else if (behaviour === "reset") {
      response.destroy();
    } else {
      const { body } = this.received.at(-1) ?? { body: Buffer.alloc(0) };
      response.writeHead(behaviour, { "content-type": "text/plain", ...this.headers });
      response.end(body.length > 0 ? body : `${this.cluster} ${behaviour}`);
    }
  }
}

/** An agent that lists what it is told to; `status` other than 200 answers with that instead. */
export class FixtureAgent {
  readonly token: string;
  pods: readonly FixturePod[] = [];
  status = 200;
  url = "";
  readonly #server: Server;

  constructor(token: string) {
    this.token = token;
    this.#server = createServer((request, response) => {
      const isKnown =
        request.headers.authorization === `Bearer ${this.token}` && request.url === "/v1/endpoints";
      response.writeHead(isKnown ? this.status : 401, { "content-type": "application/json" });
      response.end(JSON.stringify(this.pods.map(({ cluster, url }, n) => ({ cluster, url, pid: n + 1 }))));
    });
  }

  async start(): Promise<this> {
    this.url = await listen(this.#server);
    return this;
  }

  async die(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

export type WorldOptions = Readonly<{
  /** Clusters to run a pod in, per cloud; a cluster named twice has two. */
  clusters: Readonly<Record<string, readonly string[]>>;
  weights: Readonly<Record<string, number>>;
  config?: Partial<Config>;
  timings?: Partial<Timings>;
}>;

export type LogLine = Readonly<Record<string, unknown>>;

export class FixtureWorld {
  readonly folder: string;
  readonly config: Config;
  readonly pods: readonly FixturePod[];
  readonly agents: Readonly<Record<string, FixtureAgent>>;
  readonly log: LogLine[] = [];
  readonly client = new Agent({ connections: 64 });
  gateway: Gateway | null = null;
  readonly #timings: Timings;

  constructor(parts: Pick<FixtureWorld, "folder" | "config" | "pods" | "agents">, timings: Timings) {
    this.folder = parts.folder;
    this.config = parts.config;
    this.pods = parts.pods;
    this.agents = parts.agents;
    this.#timings = timings;
  }

  async startGateway(): Promise<void> {
    const lines = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.log.push(z.record(z.string(), z.unknown()).parse(JSON.parse(chunk.toString())));
        done();
      },
    });
    let state = 1;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    this.gateway = await startGateway(this.config, { log: pino(lines), random, timings: this.#timings });
  }

  async stopGateway(graceMs = 0): Promise<void> {
    const gateway = this.gateway;
    this.gateway = null;
    await gateway?.close(graceMs);
  }

  pod(cluster: string): FixturePod {
    return found(this.pods.find((pod) => pod.cluster === cluster));
  }

  agent(cloud: string): FixtureAgent {
    return found(this.agents[cloud]);
  }

  get dataPort(): number {
    return found(this.gateway).port;
  }

  async send(path: string, options: Partial<Dispatcher.RequestOptions> = {}): Promise<Answer> {
    const { statusCode, headers, body } = await this.client.request({
      origin: `http://127.0.0.1:${this.dataPort}`,
      path,
      method: "GET",
      ...options,
    });
    return { status: statusCode, headers, text: await body.text() };
  }

  async control(path: string, options: Partial<Dispatcher.RequestOptions> = {}): Promise<ControlAnswer> {
    const origin = `http://127.0.0.1:${found(this.gateway).controlPort}`;
    const headers = { authorization: "Bearer edge-control-token", "content-type": "application/json" };
    const { statusCode, body } = await this.client.request({
      origin,
      path,
      method: "GET",
      headers,
      ...options,
    });
    return { status: statusCode, json: await body.json() };
  }

  async state(cluster: string): Promise<string | undefined> {
    const pods = podStates.parse((await this.control("/v1/pods")).json);
    return pods.find((pod) => pod.cluster === cluster)?.state;
  }

  async end(): Promise<void> {
    await this.client.destroy();
    await this.stopGateway();
    await Promise.all([...this.pods, ...Object.values(this.agents)].map((one) => one.die()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

export type Answer = Readonly<{ status: number; headers: Dispatcher.ResponseData["headers"]; text: string }>;
/** `json` is as untyped as JSON.parse leaves it: a test's expectations are its parser. */
export type ControlAnswer = Readonly<{ status: number; json: ReturnType<typeof JSON.parse> }>;

const podStates = z.array(z.object({ cluster: z.string(), state: z.string() }));

/** Starts pods, agents and gateway. The gateway has probed every pod once when this resolves. */
export async function startWorld(options: WorldOptions): Promise<FixtureWorld> {
  const folder = await mkdtemp(join(tmpdir(), "edge-"));
  const pods: FixturePod[] = [];
  const agents: Record<string, FixtureAgent> = {};
  const clouds: Config["clouds"] = {};
  for (const [cloud, clusters] of Object.entries(options.clusters)) {
    const agent = await new FixtureAgent(`token-of-${cloud}`).start();
    agent.pods = await Promise.all(clusters.map((cluster) => new FixturePod(cluster).start()));
    pods.push(...agent.pods);
    agents[cloud] = agent;
    const tokenFile = join(folder, `token-${cloud}`);
    await writeFile(tokenFile, `${agent.token}\n`);
    clouds[cloud] = { agentUrl: agent.url, tokenFile, podsThrough: null };
  }
  await mkdir(join(folder, "edge"));
  await writeFile(join(folder, "token"), "edge-control-token\n", { mode: 0o600 });
  const config: Config = {
    host: "127.0.0.1",
    port: 0,
    controlPort: 0,
    tokenFile: join(folder, "token"),
    stateDir: join(folder, "edge"),
    effectsFile: join(folder, "effects", "edge.ndjson"),
    weights: options.weights,
    clouds,
    probeIntervalMs: 20,
    objective: { latencyMs: 250 },
    deadlineMs: 10_000,
    ...options.config,
  };
  // Long, so that a busy machine makes no suspects; tests of silence shorten them.
  const timings = {
    suspectAfterMs: 10_000,
    frozenAfterMs: 20_000,
    discoveryIntervalMs: 20,
    ...options.timings,
  };
  const world = new FixtureWorld({ folder, config, pods, agents }, timings);
  await world.startGateway();
  return world;
}

/** Looks again until it holds, for at most 30 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

function found<Thing>(thing: Thing | null | undefined): Thing {
  if (thing === null || thing === undefined) throw new Error("the world has no such thing now");
  return thing;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address !== "object") throw new Error("the server has no address");
  return `http://127.0.0.1:${address.port}`;
}
