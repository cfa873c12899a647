import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { groundOf } from "../../rehearsal/ground.ts";
import type { Job } from "./jobs.ts";
import { WorkerPool } from "./worker-pool.ts";

const data = { ground: groundOf(exampleInventory()) };
const job: Job = { kind: "nights", schedules: [], twice: false };

function poolOf(file: string, silentMs?: number): WorkerPool {
  const at = join(import.meta.dirname, "testing", file);
  return new WorkerPool({ file: at, data, threads: 1, ...(silentMs === undefined ? {} : { silentMs }) });
}

test("a thread that dies fails all that is asked and all that is asked later, and closing still ends", async () => {
  const pool = poolOf("dying-thread-main.ts");
  try {
    expect(await pool.ask(job)).toEqual({ kind: "nights" });
    const [second, third] = await Promise.allSettled([pool.ask(job), pool.ask(job)]);
    expect([second.status, third.status]).toEqual(["rejected", "rejected"]);
    await expect(pool.ask(job)).rejects.toThrow("ended with code 3");
  } finally {
    await pool.close();
  }
});

test("a thread that falls silent fails what is asked, instead of being waited for without end", async () => {
  const pool = poolOf("silent-thread-main.ts", 200);
  try {
    await expect(pool.ask(job)).rejects.toThrow("silent");
  } finally {
    await pool.close();
  }
});
