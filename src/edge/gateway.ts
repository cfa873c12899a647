/**
 * The gateway, assembled: discovery and probes feed the pod table, routing reads it, the data port serves from it, the
 * control port shows it and sets the policy. It sees nothing of the product but the effector's memory.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { EffectorFileError } from "../effector/append-log.ts";
import { openEffectorMemory, type EffectorMemory } from "../effector/memory.ts";
import { reasonOf } from "../effector/reason.ts";
import { readToken, type Config } from "./config.ts";
import { makeControl } from "./control.ts";
import { DataServer } from "./data-server.ts";
import { Discovery } from "./discovery.ts";
import type { ExchangeSurroundings } from "./exchange.ts";
import { GatewayLog } from "./gateway-log.ts";
import { PodTable } from "./pods.ts";
import { openPolicyStore, policySchema, type Policy, type PolicyStore } from "./policy-store.ts";
import { evidenceOf, Prober } from "./probing.ts";
import { codeOf, StartProblem } from "./problem.ts";
import { RetryBudget } from "./retry-budget.ts";
import { Router } from "./router.ts";
import { Statistics } from "./statistics.ts";

export type Gateway = Readonly<{
  port: number;
  controlPort: number;
  /** Ends gracefully: no new connections, what is in flight may finish for `graceMs`. */
  close: (graceMs: number) => Promise<void>;
}>;

export type Timings = Readonly<{
  suspectAfterMs: number;
  frozenAfterMs: number;
  discoveryIntervalMs: number;
}>;

export type GatewayOptions = Readonly<{ log: Logger; random: () => number; timings: Timings }>;

/** A pod is a suspect after half a second of silence, frozen after one. */
export const usualTimings: Timings = { suspectAfterMs: 500, frozenAfterMs: 1000, discoveryIntervalMs: 250 };

/** @throws StartProblem when something that it needs is wrong; it then leaves nothing open. */
export async function startGateway(config: Config, options: GatewayOptions): Promise<Gateway> {
  const log = new GatewayLog(options.log, now);
  const clouds = Object.keys(config.clouds);
  const token = await readToken(config.tokenFile);
  const { stateDir, weights } = config;
  const store = await openPolicyStore({ stateDir, clouds, weights, now: () => Date.now() });
  const memory = await openMemory(config.effectsFile);
  log.opened(store.current(), memory.tornBytes);

  const parts = connect(config, options, { store, log });
  const { data, discovery, prober, table, router } = parts;
  const control = makeControl({
    ...parts,
    token,
    store,
    memory,
    clouds,
    weights: () => store.current().weights,
    agentOf: (cloud) => discovery.stateOf(cloud),
    latencyMs: config.objective.latencyMs,
    epochOffsetMs: performance.timeOrigin,
    onApplied: (applied, by) => {
      if (applied.result === "done") router.weightsChanged();
      log.applied(applied, by);
    },
    onError: (error) => log.broke(error),
  });
  const close = async (graceMs: number): Promise<void> => {
    await data.close(graceMs);
    prober.stop();
    await discovery.stop();
    await control.close();
    await table.destroy();
    await memory.close();
  };
  try {
    await firstLook(discovery, table, clouds);
    const controlPort = await listening("controlPort", config.controlPort, () =>
      listenControl(control, config),
    );
    const port = await listening("port", config.port, () => data.listen(config.host, config.port));
    return { port, controlPort, close };
  } catch (error) {
    await close(0);
    throw error;
  }
}

type Parts = Readonly<{
  table: PodTable;
  prober: Prober;
  router: Router;
  statistics: Statistics;
  discovery: Discovery;
  data: DataServer;
}>;

function connect(
  config: Config,
  options: GatewayOptions,
  known: { store: PolicyStore; log: GatewayLog },
): Parts {
  const { random, timings } = options;
  const { store, log } = known;
  const table: PodTable = new PodTable({
    now,
    random,
    podsThrough: Object.fromEntries(
      Object.entries(config.clouds).map(([cloud, { podsThrough }]) => [cloud, podsThrough]),
    ),
    onAdded: (pod) => {
      log.podAdded(pod);
      prober.add(pod);
    },
    onRemoved: (pod) => {
      log.podRemoved(pod);
      prober.remove(pod);
    },
    onChanged: (change) => log.podChanged(change, table.of(change.pod.cloud)),
  });
  const prober = new Prober({
    ...timings,
    intervalMs: config.probeIntervalMs,
    now,
    random,
    observe: (pod, evidence) => table.observe(pod, evidence),
  });
  const { latencyMs } = config.objective;
  const statistics = new Statistics({ clouds: Object.keys(config.clouds), latencyMs, now });
  const router = new Router({
    pods: () => table.all(),
    weights: () => store.current().weights,
    onSituation: (situation) => log.situation(situation),
  });
  const around: ExchangeSurroundings = {
    router,
    statistics,
    budget: new RetryBudget(now),
    blame: (pod, error) => {
      const evidence = evidenceOf(error);
      if (evidence.kind === "refused") table.observe(pod, evidence);
      else prober.hurry(pod);
    },
    onFailed: (failure) => log.failed(failure),
    isClosing: () => data.isClosing,
    now,
    random,
    deadlineMs: config.deadlineMs,
    patienceMs: latencyMs,
  };
  const data: DataServer = new DataServer(around, () => table.all());
  const discovery = new Discovery({
    clouds: config.clouds,
    intervalMs: timings.discoveryIntervalMs,
    onListed: (cloud, endpoints) => table.list(cloud, endpoints),
    onTurned: (cloud, state) => log.agentTurned(cloud, state),
  });
  return { table, prober, router, statistics, discovery, data };
}

function now(): number {
  return performance.now();
}

async function openMemory(file: string): Promise<EffectorMemory<Policy>> {
  try {
    return await openEffectorMemory({
      file,
      effector: "edge",
      now: () => Date.now(),
      parseAnswer: (value) => policySchema.parse(value),
    });
  } catch (error) {
    if (!(error instanceof EffectorFileError)) throw error;
    throw new StartProblem({
      what: "the record of what the edge has carried out cannot be used",
      why: error.message,
      next: "do what the reason says, then start again",
    });
  }
}

/** A gateway that opens its door before it has seen a pod refuses what it could have served. Bounded: agents may come later. */
async function firstLook(discovery: Discovery, table: PodTable, clouds: readonly string[]): Promise<void> {
  const until = now() + firstLookMaxMs;
  const hasSeen = (): boolean =>
    clouds.every((cloud) => discovery.stateOf(cloud).asked) &&
    table.all().every(({ state }) => state !== "unknown");
  while (!hasSeen() && now() < until) await delay(10);
}

async function listenControl(control: FastifyInstance, config: Config): Promise<number> {
  await control.listen({ host: config.host, port: config.controlPort });
  const address = control.server.address();
  return address !== null && typeof address === "object" ? address.port : config.controlPort;
}

async function listening(name: string, port: number, listen: () => Promise<number>): Promise<number> {
  try {
    return await listen();
  } catch (error) {
    const next =
      codeOf(error) === "EADDRINUSE"
        ? "end what listens there, or choose another port (0 takes a free one)"
        : "choose another host or port";
    throw new StartProblem({ what: `cannot listen on ${name} ${port}`, why: reasonOf(error), next });
  }
}

const firstLookMaxMs = 1000;
