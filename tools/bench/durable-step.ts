/** What a durable step costs: bare, as the durable engine has it, and as ours, with its event in two ledger stores. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { fileLedgerStore } from "../../src/drivers/files/ledger-store.ts";
import { newSigningKey, signerOf } from "../../src/drivers/files/signing-key.ts";
import { lockObject } from "../../src/drivers/restate/lock.ts";
import { runWorkflow } from "../../src/drivers/restate/run-workflow.ts";
import { startTemporaryRestate } from "../../src/drivers/restate/testing/temporary-restate.ts";
import { Record } from "../../src/engine/record.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { type Quantiles, quantiles } from "./quantiles.ts";

const STEPS = 300;
const WARM_UP = 50;

/** `step`: a check, whose event is stored beside it. `act`: one whose intent is stored in both stores before it begins. */
export type DurableStep = {
  readonly bareMs: Quantiles;
  readonly stepMs: Quantiles;
  readonly actMs: Quantiles;
  readonly ratioP50: { readonly step: number; readonly act: number };
};

/** The two kinds take turns in one run, so that a slow moment of the machine meets both. */
export async function measureDurableStep(): Promise<DurableStep> {
  const folder = await mkdtemp(join(tmpdir(), "wildcam-bench-"));
  const bare: number[] = [];
  const steps: number[] = [];
  const acts: number[] = [];
  const workflow = runWorkflow(async (journal) => {
    await alternate(journal, folder, { bare, steps, acts });
    return null;
  });
  const restate = await startTemporaryRestate([workflow, lockObject]);
  try {
    const answer = await request(`${restate.ingressUrl}/run/bench/run`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
      signal: AbortSignal.timeout(60_000),
    });
    if (answer.statusCode !== 200)
      throw new Error(`the bench run answered ${answer.statusCode}: ${await answer.body.text()}`);
    await answer.body.dump();
  } finally {
    await restate.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const bareMs = quantiles(bare.slice(WARM_UP));
  const stepMs = quantiles(steps.slice(WARM_UP));
  const actMs = quantiles(acts.slice(WARM_UP));
  return { bareMs, stepMs, actMs, ratioP50: { step: stepMs.p50 / bareMs.p50, act: actMs.p50 / bareMs.p50 } };
}

type Times = { readonly bare: number[]; readonly steps: number[]; readonly acts: number[] };

async function alternate(journal: Journal, folder: string, { bare, steps, acts }: Times): Promise<void> {
  const signer = signerOf(newSigningKey());
  const stores = ["ledger", "ledger-copy"].map((name) => fileLedgerStore(join(folder, name), signer));
  const record = new Record(journal, stores);
  for (let step = 0; step < WARM_UP + STEPS; step += 1) {
    bare.push(await timed(async () => void (await journal.effect(`bare ${step}`, async () => null))));
    record.note("check-passed", {
      step,
      name: "a check of the usual size",
      evidence: { requests: 400, failed: 0, p99Ms: 31 },
    });
    steps.push(await timed(async () => void (await record.effect(`step ${step}`, async () => null))));
    record.note("act-intended", {
      step,
      name: "an act of the usual size",
      op: "none",
      target: "nothing",
      key: `bench/${step}`,
    });
    acts.push(
      await timed(async () => void (await record.actions([{ name: `act ${step}`, work: async () => null }]))),
    );
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
