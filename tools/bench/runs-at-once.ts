/**
 * What a step costs while many runs are under way, against one run alone, both measured in one go. The acts do nothing;
 * each is a whole act of ours, whose intent is in two ledger stores before it begins. Between acts a run sleeps in its
 * journal, as real runs do for nearly all of their time; the runs' acts are spread evenly over that time.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { z } from "zod";
import { fileLedgerStore } from "../../src/drivers/files/ledger-store.ts";
import { newSigningKey, signerOf } from "../../src/drivers/files/signing-key.ts";
import { lockObject } from "../../src/drivers/restate/lock.ts";
import { runWorkflow } from "../../src/drivers/restate/run-workflow.ts";
import { startTemporaryRestate } from "../../src/drivers/restate/testing/temporary-restate.ts";
import { Record } from "../../src/engine/record.ts";
import type { Journal } from "../../src/ports/journal.ts";
import type { LedgerStore } from "../../src/ports/ledger-store.ts";
import { type Quantiles, quantiles } from "./quantiles.ts";

const RUNS = 100;
const SLEEP_MS = 3_000;
const ACTS = 6;
const IDLE_ACTS = 60;
const IDLE_SLEEP_MS = 50;
/** Of each run: they find caches and files cold. */
const UNCOUNTED = 1;
const WITHIN_MS = 120_000;

export type RunsAtOnce = {
  readonly runs: number;
  readonly each: string;
  readonly idleMs: Quantiles;
  readonly busyMs: Quantiles;
  readonly ratioP50: number;
};

const order = z.object({
  waitMs: z.number(),
  acts: z.int(),
  sleepMs: z.number(),
  kind: z.enum(["idle", "busy"]),
});
type Order = z.output<typeof order>;

export async function measureRunsAtOnce(): Promise<RunsAtOnce> {
  const folder = await mkdtemp(join(tmpdir(), "wildcam-bench-"));
  const signer = signerOf(newSigningKey());
  const stores = ["ledger", "ledger-copy"].map((name) => fileLedgerStore(join(folder, name), signer));
  const times: { [kind in Order["kind"]]: number[] } = { idle: [], busy: [] };
  const workflow = runWorkflow(async (journal, raw) => {
    const wanted = order.parse(raw);
    times[wanted.kind].push(...(await actsOf(journal, stores, wanted)).slice(UNCOUNTED));
    return null;
  });
  const restate = await startTemporaryRestate([workflow, lockObject]);
  const run = (name: string, wanted: Order) => untilRun(`${restate.ingressUrl}/run/${name}/run`, wanted);
  const idle = { kind: "idle", waitMs: 0, acts: IDLE_ACTS, sleepMs: IDLE_SLEEP_MS } as const;
  try {
    await run("idle-before", idle);
    const runs = Array.from({ length: RUNS }, (_, number) =>
      run(`busy-${number}`, {
        kind: "busy",
        waitMs: 1_000 + (number * SLEEP_MS) / RUNS,
        acts: ACTS,
        sleepMs: SLEEP_MS,
      }),
    );
    await Promise.all(runs);
    await run("idle-after", idle);
  } finally {
    await restate.stop();
    for (const store of stores) await store.close();
    await rm(folder, { recursive: true, force: true });
  }
  const idleMs = quantiles(times.idle);
  const busyMs = quantiles(times.busy);
  return {
    runs: RUNS,
    each: `${ACTS} acts that do nothing, with a journalled sleep of ${SLEEP_MS} ms after each`,
    idleMs,
    busyMs,
    ratioP50: busyMs.p50 / idleMs.p50,
  };
}

async function actsOf(journal: Journal, stores: readonly LedgerStore[], wanted: Order): Promise<number[]> {
  const record = new Record(journal, stores);
  const times: number[] = [];
  await journal.sleep(wanted.waitMs);
  for (let step = 0; step < wanted.acts; step += 1) {
    record.note("act-intended", {
      step,
      name: "an act of the usual size",
      op: "none",
      target: "nothing",
      key: `${journal.run}/${step}`,
    });
    const began = performance.now();
    await record.actions([{ name: `act ${step}`, work: async () => null }]);
    times.push(performance.now() - began);
    await journal.sleep(wanted.sleepMs);
  }
  return times;
}

async function untilRun(url: string, wanted: Order): Promise<void> {
  const answer = await request(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(wanted),
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`a bench run answered ${answer.statusCode}: ${text}`);
}
