/**
 * Asks each cloud's agent which pods there are. An agent that does not answer changes nothing: its pods are probed
 * and used as last known, since a lost control plane is no reason to stop serving.
 */
import { readFile } from "node:fs/promises";
import { Pool } from "undici";
import { z } from "zod";
import { reasonOf } from "../effector/reason.ts";
import type { Endpoint } from "./pods.ts";

export type AgentAddress = Readonly<{ agentUrl: string; tokenFile: string }>;

/** `problem` is null while the agent answers. */
export type AgentState = Readonly<{ asked: boolean; problem: string | null }>;

export type DiscoveryOptions = Readonly<{
  clouds: Readonly<Record<string, AgentAddress>>;
  intervalMs: number;
  onListed: (cloud: string, endpoints: readonly Endpoint[]) => void;
  /** Called when an agent stops answering, or answers again; not for every poll. */
  onTurned: (cloud: string, state: AgentState) => void;
}>;

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #states = new Map<string, AgentState>();
  readonly #stop = new AbortController();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #agents: readonly Agent[];

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#agents = Object.entries(options.clouds).map(([cloud, address]) => new Agent(cloud, address));
    for (const agent of this.#agents) void this.#poll(agent);
  }

  stateOf(cloud: string): AgentState {
    return this.#states.get(cloud) ?? { asked: false, problem: "it has not been asked yet" };
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#agents.map((agent) => agent.close()));
  }

  async #poll(agent: Agent): Promise<void> {
    const problem = await agent.endpoints(this.#stop.signal).then(
      (endpoints) => {
        if (!this.#stop.signal.aborted) this.#options.onListed(agent.cloud, endpoints);
        return null;
      },
      (error: unknown) => reasonOf(error),
    );
    if (this.#stop.signal.aborted) return;
    const before = this.#states.get(agent.cloud);
    const state = { asked: true, problem };
    this.#states.set(agent.cloud, state);
    if (before === undefined || (before.problem === null) !== (problem === null))
      this.#options.onTurned(agent.cloud, state);
    this.#timers.set(
      agent.cloud,
      setTimeout(() => void this.#poll(agent), this.#options.intervalMs),
    );
  }
}

class Agent {
  readonly cloud: string;
  readonly #tokenFile: string;
  readonly #pool: Pool;
  readonly #path: string;
  #token: string | null = null;

  constructor(cloud: string, { agentUrl, tokenFile }: AgentAddress) {
    this.cloud = cloud;
    this.#tokenFile = tokenFile;
    const url = new URL(agentUrl);
    this.#path = `${url.pathname.replace(/\/$/, "")}/v1/endpoints`;
    this.#pool = new Pool(url.origin, {
      connections: 2,
      headersTimeout: answerWithinMs,
      bodyTimeout: answerWithinMs,
      connectTimeout: answerWithinMs,
    });
  }

  /** @throws Error saying in words why there is no list. */
  async endpoints(stop: AbortSignal): Promise<readonly Endpoint[]> {
    this.#token ??= await this.#readToken();
    const { statusCode, body } = await this.#pool.request({
      method: "GET",
      path: this.#path,
      headers: { authorization: `Bearer ${this.#token}` },
      signal: AbortSignal.any([stop, AbortSignal.timeout(answerWithinMs)]),
    });
    if (statusCode !== 200) {
      body.on("error", () => {});
      await body.dump();
      if (statusCode === 401 || statusCode === 403) this.#token = null;
      throw new Error(`the agent answers ${statusCode}`);
    }
    const parsed = endpointsSchema.safeParse(await body.json());
    if (!parsed.success)
      throw new Error(`the agent's list of endpoints is malformed: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  }

  /** Read on the first use and after a refusal: an agent may make its token after the gateway has started. */
  async #readToken(): Promise<string> {
    const token = (await readFile(this.#tokenFile, "utf8")).trim();
    if (token === "") throw new Error("the agent's token file is empty");
    return token;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

const endpointsSchema = z
  .array(
    z.object({
      cluster: z
        .string()
        .min(1)
        .max(100)
        .regex(/^[\w.-]+$/),
      url: z.url({ protocol: /^http$/ }).transform((url) => new URL(url).origin),
      pid: z.int().min(0),
    }),
  )
  .max(1000);

const answerWithinMs = 2000;
