/**
 * The processes of one group: started from argument arrays, known by name, ended with the group.
 *
 * 1. A name runs at most once.
 * 2. Every start and end is on disk (`recordFile`) before anybody is told, so that a later bring-up finds what a
 *    killed keeper may have left.
 * 3. What was asked to stop is not started again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync } from "node:fs";
import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeathGuard } from "../processes/death-guard.ts";
import { writeWhole } from "../processes/files.ts";
import { startOf } from "../processes/identity.ts";
import {
  type KeeperEvent,
  type KeptProcess,
  type ProcessSpec,
  readyMessage,
  type SignalName,
} from "./protocol.ts";

type Kept = {
  readonly name: string;
  readonly spec: ProcessSpec;
  readonly child: ChildProcess;
  readonly pid: number;
  readonly started: string;
  readonly startedAtMs: number;
  ready: Record<string, unknown> | null;
  /** Was ready once: only then its end is an accident, and not a start that failed. */
  served: boolean;
  stopping: boolean;
  readonly exited: PromiseWithResolvers<void>;
};

export type KeptProcessesOptions = {
  readonly recordFile: string;
  readonly guard: DeathGuard;
  readonly tell: (event: KeeperEvent) => void;
  /** Called with each child that has an IPC channel. */
  readonly connect: (child: ChildProcess) => void;
};

type StopAsk = { readonly signal: SignalName; readonly withinMs: number; readonly thenKill: boolean };

const restartPausesMs = [50, 100, 200, 500, 1_000] as const;
// One that lived this long starts with the shortest pause again.
const soundLifeMs = 5_000;
const hardEndMs = 800;

export class KeptProcesses {
  readonly #options: KeptProcessesOptions;
  readonly #kept = new Map<string, Kept>();
  /** How often in a row a process has ended soon after its start. */
  readonly #shortLives = new Map<string, number>();
  #ending = false;

  constructor(options: KeptProcessesOptions) {
    this.#options = options;
  }

  list(): KeptProcess[] {
    return [...this.#kept.values()].map(describe);
  }

  /** Answers once it is ready (with IPC) or runs (without). Throws when it ends before, or takes too long. */
  async start(name: string, spec: ProcessSpec): Promise<KeptProcess> {
    const entry = this.#launch(name, spec);
    await this.#untilReady(entry);
    return describe(entry);
  }

  /** `exited: false`: it still runs when the time is over. */
  async stop(name: string, ask: StopAsk): Promise<{ exited: boolean }> {
    const entry = this.#kept.get(name);
    if (entry === undefined) return { exited: true };
    entry.stopping = true;
    entry.child.kill(ask.signal);
    const exited = await within(entry.exited.promise, ask.withinMs);
    if (exited || !ask.thenKill) return { exited };
    entry.child.kill("SIGKILL");
    return { exited: await within(entry.exited.promise, hardEndMs) };
  }

  /** Hard: everything is gone within about a second. */
  async endAll(): Promise<void> {
    this.#ending = true;
    const all = [...this.#kept.values()];
    const allExited = Promise.all(all.map(({ exited }) => exited.promise));
    for (const { child, spec } of all) child.kill(spec.endSignal);
    if (await within(allExited, hardEndMs)) return;
    for (const { child } of this.#kept.values()) child.kill("SIGKILL");
    await within(allExited, hardEndMs);
  }

  #launch(name: string, spec: ProcessSpec): Kept {
    if (this.#ending) throw new Error(`the group is ending; "${name}" is not started`);
    if (this.#kept.has(name)) throw new Error(`"${name}" runs already`);
    const child = spawnSpec(spec, this.#options.guard);
    const { pid } = child;
    if (pid === undefined) throw new Error(`"${name}" could not be started: ${spec.command}`);
    const entry: Kept = {
      name,
      spec,
      child,
      pid,
      started: startOf(pid) ?? "",
      startedAtMs: performance.now(),
      ready: null,
      served: false,
      stopping: false,
      exited: Promise.withResolvers<void>(),
    };
    this.#kept.set(name, entry);
    this.#record();
    child.on("message", (message) => {
      const parsed = readyMessage.safeParse(message);
      if (parsed.success) entry.ready = parsed.data;
    });
    if (spec.readyWithinMs !== null) this.#options.connect(child);
    const unwatch = this.#options.guard.watch(pid);
    child.once("exit", (code, signal) => {
      unwatch();
      this.#noteExit(entry, code, signal);
    });
    return entry;
  }

  #noteExit(entry: Kept, code: number | null, signal: string | null): void {
    this.#kept.delete(entry.name);
    this.#record();
    entry.exited.resolve();
    this.#options.tell({ type: "exited", process: describe(entry), code, signal });
    const lifeMs = performance.now() - entry.startedAtMs;
    this.#shortLives.set(entry.name, lifeMs < soundLifeMs ? (this.#shortLives.get(entry.name) ?? 0) + 1 : 0);
    if (entry.spec.restart && entry.served && !entry.stopping) void this.#restart(entry.name, entry.spec);
  }

  async #restart(name: string, spec: ProcessSpec): Promise<void> {
    while (!this.#ending && !this.#kept.has(name)) {
      const pause = Math.min(this.#shortLives.get(name) ?? 0, restartPausesMs.length - 1);
      await sleep(restartPausesMs[pause]);
      try {
        await this.start(name, spec);
        return;
      } catch {
        // Its log says why. The next attempt follows, after a longer pause.
      }
    }
  }

  async #untilReady(entry: Kept): Promise<void> {
    const { readyWithinMs, niceness } = entry.spec;
    if (readyWithinMs !== null) await firstReady(entry, readyWithinMs);
    entry.served = true;
    if (niceness.serving !== niceness.starting) prioritise(entry.pid, niceness.serving);
    this.#options.tell({ type: "started", process: describe(entry) });
  }

  #record(): void {
    const rows = [...this.#kept.values()].map(({ name, pid, started }) => ({ name, pid, started }));
    writeWhole(this.#options.recordFile, `${JSON.stringify(rows)}\n`);
  }
}

function describe({ name, pid, started, ready }: Kept): KeptProcess {
  return { name, pid, started, ready };
}

function spawnSpec(spec: ProcessSpec, guard: DeathGuard): ChildProcess {
  const { command, args } = guard.wrap(spec.command, spec.args);
  // Files, not pipes: a pipe that outlives its reader ends the writer, and one that is inherited hangs whoever reads it.
  const log = openSync(spec.logFile, "a", 0o600);
  try {
    const child = spawn(command, args, {
      cwd: spec.cwd,
      env: spec.env,
      stdio: spec.readyWithinMs === null ? ["ignore", log, log] : ["ignore", log, log, "ipc"],
      ...(spec.owner === null ? {} : spec.owner),
    });
    child.on("error", () => undefined);
    const { starting, serving } = spec.niceness;
    if (child.pid !== undefined && starting > 0)
      prioritise(child.pid, mayRaisePriority() ? starting : serving);
    return child;
  } finally {
    closeSync(log);
  }
}

async function firstReady(entry: Kept, withinMs: number): Promise<void> {
  const ready = Promise.withResolvers<void>();
  const look = (): void => {
    if (entry.ready !== null) ready.resolve();
  };
  entry.child.on("message", look);
  look();
  const outcome = await Promise.race([
    ready.promise.then(() => "ready" as const),
    entry.exited.promise.then(() => "exited" as const),
    sleep(withinMs, "late" as const, { ref: false }),
  ]);
  entry.child.off("message", look);
  if (outcome === "ready") return;
  if (outcome === "late") {
    entry.stopping = true;
    entry.child.kill("SIGKILL");
    // While it is still there its name is taken, and the next attempt would be none.
    await within(entry.exited.promise, hardEndMs);
  }
  const what = outcome === "late" ? `was not ready within ${withinMs} ms` : "ended before it was ready";
  throw new Error(`"${entry.name}" ${what}; its log: ${entry.spec.logFile}`);
}

async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return await Promise.race([promise.then(() => true), sleep(ms, false, { ref: false })]);
}

/** Only root gets a priority back that was given away, so only root lowers it. */
function mayRaisePriority(): boolean {
  return process.getuid?.() === 0;
}

/** Every thread: on Linux it is the threads that have a priority. */
function prioritise(pid: number, priority: number): void {
  try {
    const threads = process.platform === "linux" ? readdirSync(`/proc/${pid}/task`).map(Number) : [pid];
    for (const thread of threads) setPriority(thread, priority);
  } catch {
    // It ended meanwhile.
  }
}
