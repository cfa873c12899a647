/**
 * Threads that work off jobs, as many at once as there are threads.
 *
 * 1. A thread that dies, fails or falls silent fails everything that is asked: a sweep is never quietly shortened.
 * 2. Closing ends every thread, also when something has failed.
 */
import { Worker } from "node:worker_threads";
import type { Done, Job, WorkerGround } from "./jobs.ts";
import { parseAnswer } from "./parse-jobs.ts";

export class WorkerFailed extends Error {
  override readonly name = "WorkerFailed";
}

type Waiting = { readonly job: Job; readonly settle: PromiseWithResolvers<Done> };
type Thread = { readonly worker: Worker; doing: Waiting | null; watchdog: NodeJS.Timeout | null };

/** Far longer than any job takes: a thread in an endless loop must not look like one that works. */
const SILENT_MS = 300_000;

/** Nearly all of a night is garbage when it is over. Where little fits, what is still in use is copied again and again. */
const YOUNG = { maxYoungGenerationSizeMb: 64 };

export type PoolOptions = {
  readonly file: string;
  readonly data: WorkerGround;
  readonly threads: number;
  readonly silentMs?: number;
};

export class WorkerPool {
  readonly #threads: Thread[] = [];
  readonly #queue: Waiting[] = [];
  readonly #silentMs: number;
  #failure: Error | null = null;
  #closed = false;
  #id = 0;

  constructor({ file, data, threads, silentMs = SILENT_MS }: PoolOptions) {
    this.#silentMs = silentMs;
    for (let count = 0; count < threads; count += 1) {
      const worker = new Worker(file, { workerData: data, resourceLimits: YOUNG });
      const thread: Thread = { worker, doing: null, watchdog: null };
      worker.on("message", (message: unknown) => this.#answered(thread, message));
      worker.on("error", (error) => this.#fail(`a thread of the sweep broke: ${textOf(error)}`));
      worker.on("exit", (code) => this.#fail(`a thread of the sweep ended with code ${code}`));
      this.#threads.push(thread);
    }
  }

  /** Rejects with WorkerFailed. */
  ask(job: Job): Promise<Done> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const settle = Promise.withResolvers<Done>();
    this.#queue.push({ job, settle });
    this.#hand();
    return settle.promise;
  }

  async close(): Promise<void> {
    this.#fail("the sweep was ended");
    this.#closed = true;
    for (const { watchdog } of this.#threads) if (watchdog !== null) clearTimeout(watchdog);
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #hand(): void {
    for (const thread of this.#threads) {
      if (thread.doing !== null) continue;
      const next = this.#queue.shift();
      if (next === undefined) return;
      thread.doing = next;
      thread.watchdog = setTimeout(
        () => this.#fail(`a thread of the sweep was silent for ${this.#silentMs / 1_000} s`),
        this.#silentMs,
      );
      this.#id += 1;
      thread.worker.postMessage({ id: this.#id, job: next.job });
    }
  }

  #answered(thread: Thread, message: unknown): void {
    const answer = parseAnswer(message);
    const { doing, watchdog } = thread;
    if (watchdog !== null) clearTimeout(watchdog);
    thread.doing = null;
    if ("failed" in answer) {
      doing?.settle.reject(new WorkerFailed(answer.failed));
      this.#fail(answer.failed);
      return;
    }
    doing?.settle.resolve(answer.done);
    this.#hand();
  }

  #fail(why: string): void {
    if (this.#closed || this.#failure !== null) return;
    this.#failure = new WorkerFailed(why);
    for (const { doing } of this.#threads) doing?.settle.reject(this.#failure);
    for (const { settle } of this.#queue) settle.reject(this.#failure);
    this.#queue.length = 0;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
