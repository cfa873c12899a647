import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isProved, type Proof, proveRun } from "../../domain/ledger-proof.ts";
import { chainEvent, EVENT_TYPES, type LedgerEvent } from "../../domain/ledger.ts";
import { type Edit, editsOf, type Files, KINDS, randomOf } from "./ledger-edits.fixture.ts";
import { fileLedgerStore } from "./ledger-store.ts";
import { copyOf } from "./read-ledger.ts";
import { newSigningKey, signerOf } from "./signing-key.ts";

const LEDGERS = 60;
const EDITS = 10_000;
const SEED = 20_261_125;
const signer = signerOf(newSigningKey());
const ledgers: { readonly run: string; readonly ended: boolean; readonly stores: readonly Files[] }[] = [];
let folder = "";

/** Events of every type, with data of every kind that JSON has, from empty to long. */
const generated = fc.array(
  fc.record({
    type: fc.constantFrom(...EVENT_TYPES.filter((type) => type !== "run-ended")),
    by: fc.string({ maxLength: 12, unit: "grapheme" }),
    time: fc.integer({ min: 0, max: 2 ** 41 }),
    data: fc.dictionary(
      fc.string({ maxLength: 8 }).filter((key) => key !== "__proto__"),
      fc.json({ maxDepth: 2 }),
      { maxKeys: 4 },
    ),
  }),
  { minLength: 1, maxLength: 8 },
);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wildcam-edits-"));
  const samples = fc.sample(generated, { numRuns: LEDGERS, seed: SEED });
  for (const [number, drafts] of samples.entries()) {
    const run = `run-${number}`;
    const ended = number % 2 === 0;
    const events: LedgerEvent[] = [];
    const add = (draft: Omit<Parameters<typeof chainEvent>[1], "run">) =>
      events.push(chainEvent(events.at(-1) ?? null, { run, ...draft }));
    for (const draft of drafts) add(draft);
    if (ended) add({ time: 1, type: "run-ended", by: "engine", data: {} });
    const stores: Files[] = [];
    for (const name of ["a", "b"]) {
      const store = fileLedgerStore(join(folder, name), signer);
      for (const event of events) await store.append(run, [event]);
      await store.close();
      const bytesOf = (ending: string) => readFile(join(folder, name, `${run}.${ending}`));
      stores.push({ events: await bytesOf("jsonl"), head: await bytesOf("head") });
    }
    ledgers.push({ run, ended, stores });
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function prove(run: string, stores: readonly Files[]): Proof {
  const copies = stores.map((files, index) => copyOf(`${index}/${run}.jsonl`, { run, ...files }));
  return proveRun(run, copies, signer);
}

test("no untouched ledger is suspected", () => {
  const proofs = ledgers.map(({ run, stores }) => prove(run, stores));
  expect(proofs.flatMap(({ faults }) => faults)).toEqual([]);
  expect(proofs.map(({ verdict }) => verdict)).toEqual(
    ledgers.map(({ ended }) => (ended ? "holds" : "open")),
  );
});

test(`of ${EDITS} random edits of events and heads, in one store or in all alike, every one is found`, () => {
  const random = randomOf(SEED);
  const counts = new Map<string, number>();
  const missed: Edit[] = [];
  for (let made = 0; made < EDITS; ) {
    const ledger = ledgers[random(ledgers.length)];
    const other = ledgers[random(ledgers.length)];
    if (ledger === undefined || other === undefined) throw new Error("there is no ledger to edit");
    const edit = editsOf(ledger.stores, other.stores, random);
    // What leaves every byte as it was is no edit.
    if (edit === null) continue;
    made += 1;
    const name = `${edit.kind} in ${edit.file} of ${edit.stores === 1 ? "one store" : "all stores"}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (isProved(prove(ledger.run, edit.left))) missed.push(edit);
  }
  const table = [...counts].map(([name, count]) => `${String(count).padStart(6)}  ${name}`);
  process.stdout.write(
    `${table.join("\n")}\n${String(EDITS - missed.length).padStart(6)}  found, ${missed.length} missed\n`,
  );
  expect(missed.map(({ kind, file, stores, at }) => ({ kind, file, stores, at }))).toEqual([]);
  for (const kind of KINDS) expect([...counts.keys()].join("\n")).toContain(`${kind} in `);
});
