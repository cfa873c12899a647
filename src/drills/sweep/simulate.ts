/** What `wildcam simulate` asks for, from reading files to closing threads; nothing of it needs anything that is up. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SimulateOrder } from "../../cli/context.ts";
import { problemsOf } from "../../rehearsal/check-schedule.ts";
import { groundOf } from "../../rehearsal/ground.ts";
import type { Schedule } from "../../rehearsal/schedule.ts";
import type { NightReport, Simulation } from "../../rehearsal/sweep-report.ts";
import { BadPatch, type PatchedCopy, patchedCopy } from "./patched-copy.ts";
import { sweepPage } from "./report-text.ts";
import { BadSchedule, readOutage, readSchedule } from "./schedule-files.ts";
import { Rehearsals, sweep } from "./sweep.ts";
import { WorkerFailed } from "./worker-pool.ts";

/** Throws BadPatch, BadSchedule, UnknownName, WorkerFailed. */
export async function simulate(checkout: string, order: SimulateOrder): Promise<Simulation> {
  const schedules = await schedulesOf(checkout, order);
  const copy = order.patchFile === null ? null : await copyOf(checkout, order.patchFile);
  try {
    const source = copy?.source ?? join(checkout, "src");
    const rehearsals = await Rehearsals.open({ ...order, source });
    const end = () => void rehearsals.close();
    order.signal.addEventListener("abort", end, { once: true });
    try {
      return await simulated(rehearsals, order, schedules);
    } finally {
      order.signal.removeEventListener("abort", end);
      await rehearsals.close();
    }
  } finally {
    await copy?.remove();
  }
}

type Titled = { readonly title: string; readonly schedule: Schedule };

/** Null: drawn from seeds. */
async function schedulesOf(checkout: string, order: SimulateOrder): Promise<Titled[] | null> {
  const { nights, inventory } = order;
  if (nights.of === "seeds" || nights.of === "seed") return null;
  const titled: Titled[] = [];
  if (nights.of === "file") titled.push({ title: nights.file, schedule: await readSchedule(nights.file) });
  else {
    const { title, nights: all } = await readOutage(checkout, nights.name);
    for (const schedule of all) titled.push({ title: `${title}: ${schedule.runbook}`, schedule });
  }
  const ground = groundOf(inventory);
  const problems = titled.flatMap(({ schedule }) => problemsOf(ground, schedule));
  if (problems.length > 0) throw new BadSchedule(problems.join("; "));
  return titled;
}

async function copyOf(checkout: string, patchFile: string): Promise<PatchedCopy> {
  let text: string;
  try {
    text = await readFile(patchFile, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new BadPatch(`${patchFile} cannot be read: ${code}`);
  }
  return await patchedCopy(checkout, text);
}

async function simulated(
  rehearsals: Rehearsals,
  order: SimulateOrder,
  schedules: readonly Titled[] | null,
): Promise<Simulation> {
  const { nights, runbook } = order;
  if (nights.of === "seeds") {
    const asked = { runbook, fromSeed: nights.from, seeds: nights.count, twice: nights.twice };
    const report = await sweep(rehearsals, asked, order.onProgress);
    if (order.report !== null) await keep(order.report.file, sweepPage(report, order.report.replay));
    const [first] = report.broken;
    if (!order.shrink || first === undefined) return { kind: "sweep", report, shrunk: null };
    const schedule = rehearsals.drawer.scheduleOf(first.seed);
    return { kind: "sweep", report, shrunk: await shrunkOf(rehearsals, schedule, first.invariant) };
  }
  const titled =
    nights.of === "seed"
      ? [{ title: `seed ${nights.seed}`, schedule: rehearsals.drawer.scheduleOf(nights.seed) }]
      : (schedules ?? []);
  const reports: NightReport[] = [];
  for (const one of titled) reports.push(await nightOf(rehearsals, one, order));
  return { kind: "nights", nights: reports };
}

async function nightOf(
  rehearsals: Rehearsals,
  { title, schedule }: Titled,
  { trace, shrink }: SimulateOrder,
): Promise<NightReport> {
  const done = await rehearsals.ask({ kind: "night", schedule, trace });
  if (done.kind !== "night") throw new WorkerFailed(`a thread answered ${done.kind} to a night`);
  const { night, lines } = done;
  const [first] = night.violations;
  const shrunk = shrink && first !== undefined ? await shrunkOf(rehearsals, schedule, first.invariant) : null;
  return { title, schedule, night, lines, shrunk };
}

async function shrunkOf(
  rehearsals: Rehearsals,
  schedule: Schedule,
  invariant: string,
): Promise<NightReport["shrunk"]> {
  const done = await rehearsals.ask({ kind: "shrink", schedule, invariant });
  if (done.kind !== "shrink") throw new WorkerFailed(`a thread answered ${done.kind} to a shrink`);
  return { schedule: done.schedule, rehearsals: done.rehearsals };
}

async function keep(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
