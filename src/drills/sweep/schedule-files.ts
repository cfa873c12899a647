/** Schedules from files: those of known outages, which are kept for good, and any that somebody was sent. */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { UnknownName } from "../../domain/names.ts";
import { type Schedule, SCHEDULE_VERSION, scheduleSchema } from "../../rehearsal/schedule.ts";

/** Where the scenarios are, from the checkout. */
const OUTAGES = "test/drills/outages";

export class BadSchedule extends Error {
  override readonly name = "BadSchedule";
}

const outageSchema = z.strictObject({
  v: z.literal(SCHEDULE_VERSION),
  title: z.string().min(1),
  story: z.string().min(1),
  nights: z.array(scheduleSchema).min(1),
});

export type Outage = z.output<typeof outageSchema>;

async function outageNames(checkout: string): Promise<string[]> {
  const files = await readdir(join(checkout, OUTAGES));
  return files
    .filter((file) => file.endsWith(".json"))
    .map((file) => basename(file, ".json"))
    .sort();
}

/** Throws UnknownName, BadSchedule. */
export async function readOutage(checkout: string, name: string): Promise<Outage> {
  const names = await outageNames(checkout);
  if (!names.includes(name)) throw new UnknownName("scenario", name, names);
  return await readFrom(join(checkout, OUTAGES, `${name}.json`), outageSchema);
}

/** Throws BadSchedule. */
export async function readSchedule(file: string): Promise<Schedule> {
  return await readFrom(file, scheduleSchema);
}

async function readFrom<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const raw = jsonOf(await textOf(file), file);
  const version = z.looseObject({ v: z.unknown() }).safeParse(raw);
  if (version.success && version.data.v !== SCHEDULE_VERSION) {
    const found = JSON.stringify(version.data.v) ?? "none";
    throw new BadSchedule(`${file} is of version ${found}, and this program knows ${SCHEDULE_VERSION}`);
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "file"}: ${message}`);
  throw new BadSchedule(`${file} is no schedule: ${problems.join("; ")}`);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new BadSchedule(`${file} cannot be read: ${code}`);
  }
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadSchedule(`${file} is no whole JSON document; it may have been cut short`);
  }
}
