// Why: the databases of all clouds as one pod sees them: which may be written to, which can be read, how far the own
// one is behind. pg knows one host and no `target_session_attrs`, so the pod looks for itself.
//
// 1. Looking is single flight: whoever asks during a look gets its result. All databases are asked at the same time.
// 2. The highest timeline seen is kept as long as the pod lives: nothing below it is written to or read first.
// 3. What failed a read is not read again until it has answered a look.
// 4. Reads, writes and looks have connections of their own: writes that wait for a standby never hold up the others.

import { choosePrimary, highestTimeline } from "./choose-primary.ts";
import type { Candidate } from "./choose-primary.ts";
import { LagTracker } from "./lag.ts";
import type { Lag } from "./lag.ts";
import type { PodLog } from "./pod-log.ts";
import { atTheLatest, pauseAfter } from "./pause.ts";
import { probe } from "./probe.ts";
import type { Probe } from "./probe.ts";
import type { PodSettings } from "./settings.ts";
import { StatementPool } from "./statement-pool.ts";

// A server that shuts down forks a process to refuse each connection, and is not down before the last of these is:
// asked by 14 pods at every look, a clean stop took 250 to 680 ms instead of 110 (measured on 2 cores).
const restAfterFailureMs = 250;

type Pools = { readonly reads: StatementPool; readonly writes: StatementPool; readonly looks: StatementPool };

export class Databases {
  readonly #settings: PodSettings;
  readonly #log: PodLog;
  readonly #pools: ReadonlyMap<string, Pools>;
  readonly #lag = new LagTracker();
  #probes: ReadonlyMap<string, Probe> = new Map();
  readonly #suspects = new Set<string>();
  #timeline = 0;
  #primary: Candidate | undefined;
  #toldPrimary: string | null | undefined;
  #looking: Promise<void> | undefined;
  #lookingAgain: Promise<void> | undefined;
  #primaryFound = Promise.withResolvers<void>();
  /** Looks in a row that found nothing to write to. */
  #misses = 0;
  readonly #failed = new Map<string, { readonly found: Probe; readonly atMs: number }>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(settings: PodSettings, log: PodLog) {
    this.#settings = settings;
    this.#log = log;
    const pool = (cloud: string, size: number, purpose: string): StatementPool =>
      new StatementPool({
        url: settings.databases.get(cloud) ?? "",
        // Whoever reads next does not even knock at a server that is shutting down.
        onBroken: () => this.suspect(cloud),
        size,
        connectTimeoutMs: settings.connectTimeoutMs,
        applicationName: `wildcam ${settings.cluster} ${purpose}`,
      });
    this.#pools = new Map(
      [...settings.databases.keys()].map((cloud) => [
        cloud,
        {
          reads: pool(cloud, settings.readPoolSize, "reads"),
          writes: pool(cloud, settings.writePoolSize, "writes"),
          looks: pool(cloud, 1, "looks"),
        },
      ]),
    );
  }

  /** Looks once, and from then on at the probe interval. */
  async start(): Promise<void> {
    await this.look();
    this.#later();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const pools = [...this.#pools.values()].flatMap(({ reads, writes, looks }) => [reads, writes, looks]);
    await Promise.all(pools.map((pool) => pool.close()));
  }

  /** Asks all databases how they are. Never rejects; takes as long as the slowest, at most the probe timeout. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /**
   * Resolves after the next look of all that wait for one, however many: they share its pause, which grows; and as soon as any
   * look has found a primary.
   */
  lookAgain(untilMs: number): Promise<void> {
    this.#lookingAgain ??= this.#afterPause().finally(() => {
      this.#lookingAgain = undefined;
    });
    return atTheLatest(this.#lookingAgain, untilMs);
  }

  /** The cloud whose database may be written to, by the last look. */
  get primary(): string | undefined {
    return this.#primary?.cloud;
  }

  /** The highest timeline seen, null before any. */
  get timeline(): number | null {
    return this.#timeline === 0 ? null : this.#timeline;
  }

  /** What the own cloud's database said at the last look. */
  get own(): Probe {
    return this.#probes.get(this.#settings.provider) ?? { reachable: false, reason: "not asked yet" };
  }

  /** How far the own database is behind the primary; undefined when either did not answer. */
  get lag(): Lag | undefined {
    const { own } = this;
    if (!own.reachable || this.#primary === undefined) return undefined;
    if (this.#primary.cloud === this.#settings.provider) return { lagBytes: 0, lagSeconds: 0 };
    // An old primary on a timeline of its own is not behind: it is elsewhere.
    if (!own.inRecovery) return undefined;
    return this.#lag.lagAt(own.walBytes, performance.now());
  }

  /** Clouds whose databases can be read, in the order in which to ask: the own one, the primary, the others. */
  get readable(): readonly string[] {
    const { primary } = this;
    const first = primary === undefined ? [] : [primary];
    const order = new Set([this.#settings.provider, ...first, ...this.#pools.keys()]);
    return [...order].filter((cloud) => this.#isReadable(cloud));
  }

  /** Notes that a read failed in a way that says the database is gone or hangs. */
  suspect(cloud: string): void {
    this.#suspects.add(cloud);
  }

  /** Connections for reads. Throws for a cloud that is not configured. */
  reads(cloud: string): StatementPool {
    return this.#poolsOf(cloud).reads;
  }

  /** Connections for writes. Throws for a cloud that is not configured. */
  writes(cloud: string): StatementPool {
    return this.#poolsOf(cloud).writes;
  }

  #poolsOf(cloud: string): Pools {
    const pools = this.#pools.get(cloud);
    if (pools === undefined) throw new Error(`no database is configured for ${cloud}`);
    return pools;
  }

  #isReadable(cloud: string): boolean {
    const found = this.#probes.get(cloud);
    if (found === undefined || !found.reachable || !found.migrated || this.#suspects.has(cloud)) return false;
    // An old primary that came back may hold rows that nobody was promised.
    return found.timeline === null || found.timeline >= this.#timeline;
  }

  async #afterPause(): Promise<void> {
    const looked = pauseAfter(this.#misses).then(() => this.look());
    await Promise.race([looked, this.#primaryFound.promise]);
  }

  async #look(): Promise<void> {
    // Whoever fails while this look is under way stays suspect until the next one.
    const suspects = [...this.#suspects];
    const asked = [...this.#pools].map(
      async ([cloud, { looks }]) => [cloud, await this.#ask(cloud, looks)] as const,
    );
    const probes = new Map(await Promise.all(asked));
    if (this.#closed) return;
    for (const cloud of suspects) if (probes.get(cloud)?.reachable === true) this.#suspects.delete(cloud);
    this.#probes = probes;
    const hadNone = this.#primary === undefined;
    this.#primary = choosePrimary(probes, this.#timeline, this.primary);
    this.#timeline = highestTimeline(probes, this.#timeline);
    this.#misses = this.#primary === undefined ? this.#misses + 1 : 0;
    if (hadNone && this.#primary !== undefined) {
      this.#primaryFound.resolve();
      this.#primaryFound = Promise.withResolvers();
    }
    if (this.#primary !== undefined) {
      this.#lag.primaryAt(this.#primary.timeline, this.#primary.walBytes, performance.now());
    }
    this.#tell();
  }

  /** One that did not answer just now is not asked again at once. */
  async #ask(cloud: string, looks: StatementPool): Promise<Probe> {
    const failed = this.#failed.get(cloud);
    if (failed !== undefined && performance.now() - failed.atMs < restAfterFailureMs) return failed.found;
    const found = await probe(looks, this.#settings.probeTimeoutMs);
    if (found.reachable) this.#failed.delete(cloud);
    else this.#failed.set(cloud, { found, atMs: performance.now() });
    return found;
  }

  #tell(): void {
    const primary = this.primary ?? null;
    if (primary === this.#toldPrimary) return;
    this.#toldPrimary = primary;
    const reasons = [...this.#probes].flatMap(([cloud, found]) =>
      found.reachable ? [] : [[cloud, found.reason] as const],
    );
    this.#log.change(
      { primary, timeline: this.timeline, unreachable: Object.fromEntries(reasons) },
      primary === null ? "no database can be written to" : `the primary is in ${primary}`,
    );
  }

  /**
   * One connection to every database that answers, for reads and for writes: when a primary moves, all pods need them
   * at once, and opening dozens took the processors from the move itself (measured on 2 cores).
   */
  #keepWarm(): void {
    if (this.#closed) return;
    for (const [cloud, { reads, writes }] of this.#pools) {
      if (this.#probes.get(cloud)?.reachable !== true) continue;
      reads.keepWarm();
      writes.keepWarm();
    }
  }

  #later(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.look().then(() => {
        this.#keepWarm();
        this.#later();
      });
    }, this.#settings.probeIntervalMs);
  }
}
