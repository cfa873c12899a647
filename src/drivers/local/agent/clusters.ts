/**
 * What is wanted of this cloud's clusters, and the reconciler that gets there.
 *
 * 1. A change of what is wanted is on disk before it is answered, and raises the generation by one.
 * 2. Pods are started one at a time, each ready (by its own `/ready`) before the next, so that those that serve are not
 *    slowed down more than by one start.
 * 3. A pod that ends without having been asked to is replaced. One that is to go gets SIGTERM and drains.
 * 4. Pods are the keeper's children: a new agent finds them there and goes on.
 * 5. A cluster that is struck, on purpose, has no pods, and is not there for whoever asks; what is wanted of it is kept.
 */
import type { Keeper } from "../keeper/client.ts";
import type { KeeperEvent, KeptProcess } from "../keeper/protocol.ts";
import { readText, writeJson } from "../processes/files.ts";
import { pollUntil } from "../processes/wait.ts";
import type { AgentConfig } from "./config.ts";
import { clusterOf, freeName, isPod, isReady, podSpec, urlOf } from "./pods.ts";
import { parseWanted, type Wanted } from "./wanted-parse.ts";

export type Pod = {
  readonly cluster: string;
  readonly url: string;
  readonly pid: number;
  readonly ready: boolean;
};

export type ClusterView = {
  readonly replicas: number;
  readonly ready: number;
  readonly started: number;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly pods: readonly Pod[];
};

const readyWithinMs = 30_000;
const drainWithinMs = 10_000;
const killedWithinMs = 2_000;
const lookEveryMs = 500;

/** What was wanted when the agent last ran; clusters that are new in the inventory start as it says. */
export async function openClusterControl(config: AgentConfig, keeper: Keeper): Promise<ClusterControl> {
  const usual = Object.entries(config.clusters).map(
    ([name, { replicas }]) => [name, { replicas, generation: 1 }] as const,
  );
  const stored = readText(config.wantedFile);
  const wanted: Wanted = { ...Object.fromEntries(usual), ...(stored === null ? {} : parseWanted(stored)) };
  return new ClusterControl(config, keeper, { wanted, running: await keeper.list() });
}

export class ClusterControl {
  readonly #config: AgentConfig;
  readonly #keeper: Keeper;
  readonly #wanted: Wanted;
  readonly #pods = new Map<string, KeptProcess>();
  readonly #leaving = new Set<string>();
  readonly #struck = new Set<string>();
  /** Nothing served before everything stood once, so that first starts need not spare anybody. */
  #settled = false;
  #wake: () => void = () => undefined;

  constructor(config: AgentConfig, keeper: Keeper, at: { wanted: Wanted; running: readonly KeptProcess[] }) {
    this.#config = config;
    this.#keeper = keeper;
    this.#wanted = at.wanted;
    for (const kept of at.running) if (isPod(kept.name)) this.#pods.set(kept.name, kept);
    keeper.onEvent((event) => {
      this.#note(event);
    });
  }

  wantedOf(cluster: string): { replicas: number; generation: number } | null {
    return this.#wanted[cluster] ?? null;
  }

  wanted(): Wanted {
    return this.#wanted;
  }

  want(cluster: string, replicas: number): void {
    const generation = (this.#wanted[cluster]?.generation ?? 0) + 1;
    const next: Wanted = { ...this.#wanted, [cluster]: { replicas, generation } };
    writeJson(this.#config.wantedFile, next);
    this.#wanted[cluster] = { replicas, generation };
    this.#wake();
  }

  /** As if its region were gone, until `revive`. Answers how many pods it killed. */
  async strike(cluster: string): Promise<number> {
    this.#struck.add(cluster);
    const pods = this.#podsOf(cluster);
    await Promise.all(pods.map(async ({ name }) => await this.#kill(name)));
    return pods.length;
  }

  revive(cluster: string): void {
    this.#struck.delete(cluster);
    this.#wake();
  }

  isStruck(cluster: string): boolean {
    return this.#struck.has(cluster);
  }

  /** Pods with an address, as last heard of from the keeper; nobody is asked. */
  endpoints(): { cluster: string; url: string; pid: number }[] {
    return [...this.#pods.values()]
      .filter((kept) => urlOf(kept) !== "")
      .map((kept) => ({ cluster: clusterOf(kept.name), url: urlOf(kept), pid: kept.pid }));
  }

  /** Every pod is asked whether it is ready. */
  async view(): Promise<Record<string, ClusterView>> {
    const names = Object.keys(this.#config.clusters).filter((name) => !this.#struck.has(name));
    const views = await Promise.all(names.map(async (name) => [name, await this.#viewOf(name)] as const));
    return Object.fromEntries(views);
  }

  /** Reconciles until the process ends. */
  async run(): Promise<never> {
    for (;;) {
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      // A start that failed is logged by the pod itself, and tried again at the next look.
      if (await this.#step().catch(() => false)) continue;
      this.#settled = true;
      const timer = setTimeout(woken.resolve, lookEveryMs);
      await woken.promise;
      clearTimeout(timer);
    }
  }

  #note(event: KeeperEvent): void {
    const { name, pid } = event.process;
    if (!isPod(name)) return;
    if (event.type === "started") {
      this.#pods.set(name, event.process);
      // It was on its way when its cluster was struck.
      if (this.#struck.has(clusterOf(name))) void this.#kill(name).catch(() => undefined);
    } else if (this.#pods.get(name)?.pid === pid) this.#pods.delete(name);
    this.#wake();
  }

  #podsOf(cluster: string): KeptProcess[] {
    return [...this.#pods.values()].filter(({ name }) => clusterOf(name) === cluster);
  }

  #stayingIn(cluster: string): KeptProcess[] {
    return this.#podsOf(cluster).filter(({ name }) => !this.#leaving.has(name));
  }

  async #viewOf(cluster: string): Promise<ClusterView> {
    const { replicas, generation } = this.#wanted[cluster] ?? { replicas: 0, generation: 0 };
    const listed = await Promise.all(
      this.#stayingIn(cluster).map(async (kept) => {
        return { cluster, url: urlOf(kept), pid: kept.pid, ready: await isReady(kept) };
      }),
    );
    const ready = listed.filter((pod) => pod.ready).length;
    const started = this.#podsOf(cluster).length;
    const observedGeneration = ready === replicas && started === replicas ? generation : generation - 1;
    return { replicas, ready, started, generation, observedGeneration, pods: listed };
  }

  /** One step towards what is wanted; false when there is none to take. */
  async #step(): Promise<boolean> {
    const clusters = Object.keys(this.#config.clusters).filter((name) => !this.#struck.has(name));
    for (const cluster of clusters) {
      const surplus = this.#stayingIn(cluster).slice(this.#wanted[cluster]?.replicas ?? 0);
      for (const kept of surplus) this.#stopOne(kept);
    }
    const lacking = (cluster: string): number =>
      (this.#wanted[cluster]?.replicas ?? 0) - this.#stayingIn(cluster).length;
    const [neediest] = clusters.toSorted((left, right) => lacking(right) - lacking(left));
    if (neediest === undefined || lacking(neediest) <= 0) return false;
    await this.#startOne(neediest);
    return true;
  }

  async #startOne(cluster: string): Promise<void> {
    const name = freeName(cluster, [...this.#pods.keys()]);
    const kept = await this.#keeper.start(name, podSpec(this.#config, cluster, name, this.#settled));
    this.#pods.set(name, kept);
    await pollUntil(async () => ((await isReady(kept)) || !this.#pods.has(name) ? true : undefined), {
      withinMs: readyWithinMs,
      everyMs: 25,
    });
  }

  async #kill(name: string): Promise<void> {
    await this.#keeper.stop(name, { signal: "SIGKILL", withinMs: killedWithinMs, thenKill: true });
  }

  #stopOne(kept: KeptProcess): void {
    this.#leaving.add(kept.name);
    void this.#keeper
      .stop(kept.name, { signal: "SIGTERM", withinMs: drainWithinMs, thenKill: true })
      .catch(() => undefined)
      .finally(() => {
        this.#leaving.delete(kept.name);
        this.#wake();
      });
  }
}
