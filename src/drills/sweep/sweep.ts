/**
 * A sweep: nights by the thousand, over all cores, each from its seed alone, and one report of what they broke.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Inventory } from "../../domain/inventory/schema.ts";
import { RUNBOOK_NAMES } from "../../domain/runbook-names.ts";
import { BY_ITSELF } from "../../domain/sweep-names.ts";
import { type Courses, coursesOf } from "../../rehearsal/courses.ts";
import { coverageOf } from "../../rehearsal/coverage.ts";
import { Drawer } from "../../rehearsal/draw-schedule.ts";
import { WatchDrawer } from "../../rehearsal/draw-watch.ts";
import { type Ground, groundOf } from "../../rehearsal/ground.ts";
import type { Broken, Progress, SweepOrder, SweepReport } from "../../rehearsal/sweep-report.ts";
import type { NightsDone } from "./jobs.ts";
import { WorkerFailed, WorkerPool } from "./worker-pool.ts";

const CHUNK = 20;
/** One that it works off, and one that waits for it. */
const CHUNKS_A_THREAD = 2;

/** The place where everything is rehearsed: its threads run the code under `source`, which may be a patched copy. */
export class Rehearsals {
  readonly drawer: Drawer | WatchDrawer;
  readonly #pool: WorkerPool;
  readonly threads: number;

  private constructor(drawer: Drawer | WatchDrawer, pool: WorkerPool, threads: number) {
    this.drawer = drawer;
    this.#pool = pool;
    this.threads = threads;
  }

  /** `runbook`: the nights of this one only, or those that nobody begins. `courses`: of this inventory, where they are known already. */
  static async open(of: {
    readonly inventory: Inventory;
    readonly runbook: string | null;
    readonly source: string;
    readonly courses?: Courses;
  }): Promise<Rehearsals> {
    const ground = groundOf(of.inventory);
    const threads = availableParallelism();
    const file = join(of.source, "drills/sweep/worker-main.ts");
    // The threads load their code while this one finds out what can be drawn.
    const pool = new WorkerPool({ file, data: { ground }, threads });
    try {
      const courses = of.courses ?? (await coursesFor(of.runbook, ground));
      const drawer =
        of.runbook === BY_ITSELF ? new WatchDrawer(ground, courses) : new Drawer(ground, courses);
      return new Rehearsals(drawer, pool, threads);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  get ask(): WorkerPool["ask"] {
    return (job) => this.#pool.ask(job);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** Of those that a sweep's nights come by. */
export async function coursesFor(sweepOf: string | null, ground: Ground): Promise<Courses> {
  const name = sweepOf === BY_ITSELF ? "survive-outage" : sweepOf;
  const runbook = RUNBOOK_NAMES.find((one) => one === name);
  return await coursesOf(ground, ...(runbook === undefined ? [] : [[runbook]]));
}

/** Throws WorkerFailed. */
export async function sweep(
  rehearsals: Rehearsals,
  order: SweepOrder,
  onProgress: (progress: Progress) => void,
): Promise<SweepReport> {
  const startedAt = performance.now();
  const sums = new Sums();
  const waiting = chunksOf(order);
  // Drawn when there is somebody to rehearse them: all of a long sweep's nights are many to keep.
  const goThrough = async () => {
    for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
      const { from, count, twice } = chunk;
      const schedules = Array.from({ length: count }, (_, at) => rehearsals.drawer.scheduleOf(from + at));
      const done = await rehearsals.ask({ kind: "nights", schedules, twice });
      if (done.kind !== "nights") throw new WorkerFailed(`a thread answered ${done.kind} to nights`);
      sums.add(done);
      onProgress({ done: sums.schedules, of: order.seeds, broken: sums.broken.length });
    }
  };
  await Promise.all(Array.from({ length: rehearsals.threads * CHUNKS_A_THREAD }, goThrough));
  return {
    order,
    schedules: sums.schedules,
    events: sums.events,
    distinct: sums.signatures.size,
    broken: sums.broken.sort((one, other) => one.seed - other.seed),
    mismatches: sums.mismatches.sort((one, other) => one - other),
    doubles: Math.min(order.twice, order.seeds),
    outcomes: Object.fromEntries([...sums.outcomes].sort(([one], [other]) => (one < other ? -1 : 1))),
    coverage: coverageOf(rehearsals.drawer.cells, sums.cells),
    durationMs: Math.round(performance.now() - startedAt),
    threads: rehearsals.threads,
  };
}

type Chunk = { readonly from: number; readonly count: number; readonly twice: boolean };

function chunksOf({ fromSeed, seeds, twice }: SweepOrder): Chunk[] {
  const chunks: Chunk[] = [];
  for (let done = 0; done < seeds; ) {
    const isTwice = done < twice;
    const count = Math.min(CHUNK, (isTwice ? Math.min(twice, seeds) : seeds) - done);
    chunks.push({ from: fromSeed + done, count, twice: isTwice });
    done += count;
  }
  return chunks;
}

class Sums {
  schedules = 0;
  events = 0;
  readonly signatures = new Set<string>();
  readonly cells = new Set<string>();
  readonly outcomes = new Map<string, number>();
  readonly broken: Broken[] = [];
  readonly mismatches: number[] = [];

  add(done: NightsDone): void {
    this.schedules += done.schedules;
    this.events += done.events;
    for (const signature of done.signatures) this.signatures.add(signature);
    for (const cell of done.cells) this.cells.add(cell);
    for (const [outcome, count] of Object.entries(done.outcomes))
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + count);
    this.broken.push(...done.broken);
    this.mismatches.push(...done.mismatches);
  }
}
