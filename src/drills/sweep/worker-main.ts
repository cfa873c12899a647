/** One thread of a sweep: rehearses the nights that it is given, and says what came of them. */
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { digest } from "../../domain/canonical.ts";
import { rehearse } from "../../rehearsal/rehearse.ts";
import type { Schedule } from "../../rehearsal/schedule.ts";
import { shrink } from "../../rehearsal/shrink.ts";
import type { Broken } from "../../rehearsal/sweep-report.ts";
import type { Done, Job, NightDone, NightsDone, ShrinkDone } from "./jobs.ts";
import { parseAsked, parseGround } from "./parse-jobs.ts";

if (isMainThread || parentPort === null) throw new Error("this is a thread of a sweep, and no program");
const port = parentPort;
const { ground } = parseGround(workerData);
// Ports fail thousands of times a second here, and nobody reads where: most of what an error costs is its stack.
Error.stackTraceLimit = 0;
const STACK_OF_A_FAULT = 30;

port.on("message", (message: unknown) => {
  const { id, job } = parseAsked(message);
  const again = async () => {
    // The same happens again, and this time somebody has to find out where.
    Error.stackTraceLimit = STACK_OF_A_FAULT;
    return await perform(job);
  };
  void perform(job)
    .catch(again)
    .then(
      (done) => port.postMessage({ id, done }),
      (error: unknown) =>
        port.postMessage({ id, failed: error instanceof Error ? error.stack : String(error) }),
    );
});

async function perform(job: Job): Promise<Done> {
  switch (job.kind) {
    case "nights":
      return await nights(job);
    case "night":
      return await night(job.schedule, job.trace);
    case "shrink":
      return await smaller(job);
  }
}

async function nights({ schedules, twice }: Extract<Job, { kind: "nights" }>): Promise<NightsDone> {
  const cells = new Set<string>();
  const signatures: string[] = [];
  const outcomes: Record<string, number> = {};
  const broken: Broken[] = [];
  const mismatches: number[] = [];
  let events = 0;
  for (const schedule of schedules) {
    const { seed } = schedule;
    const seen = await rehearse(ground, schedule);
    events += seen.events;
    for (const cell of seen.cells) cells.add(cell);
    signatures.push(digest(seen.signature).slice(0, 16));
    for (const { outcome } of seen.ends) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const named = new Set<string>();
    for (const { invariant, what } of seen.violations) {
      if (named.has(invariant)) continue;
      named.add(invariant);
      broken.push({ seed, invariant, what, lastEvents: seen.lastEvents });
    }
    if (twice && (await rehearse(ground, schedule)).digest !== seen.digest) mismatches.push(seed);
  }
  return {
    kind: "nights",
    schedules: schedules.length,
    events,
    signatures,
    cells: [...cells],
    outcomes,
    broken,
    mismatches,
  };
}

async function night(schedule: Schedule, trace: boolean): Promise<NightDone> {
  const lines: string[] = [];
  const {
    counts: _counts,
    ledger: _ledger,
    ...seen
  } = await rehearse(ground, schedule, trace ? (line) => lines.push(line) : null);
  return { kind: "night", night: seen, lines };
}

async function smaller({ schedule, invariant }: Extract<Job, { kind: "shrink" }>): Promise<ShrinkDone> {
  const breaks = async (tried: Schedule) =>
    (await rehearse(ground, tried)).violations.some((violation) => violation.invariant === invariant);
  return { kind: "shrink", ...(await shrink(schedule, breaks)) };
}
