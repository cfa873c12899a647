import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { chainEvent, type LedgerEvent } from "../../src/domain/ledger.ts";
import { fileLedgerStore } from "../../src/drivers/files/ledger-store.ts";
import { signerOf } from "../../src/drivers/files/signing-key.ts";
import { layoutOf } from "../../src/drivers/local/world/layout.ts";
import { ensureLedgerKey } from "../../src/drivers/local/world/secrets.ts";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "wildcam-proof-"));
const here = join(folder, "here");
const there = join(folder, "there");
const [ENDED, OPEN] = ["rollback-1", "rollback-2"] as const;

const verified = z.object({
  ok: z.boolean(),
  runs: z.array(z.object({ run: z.string(), verdict: z.string() })),
});

/** The real command line, with nothing else up. */
function wildcam(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(join(ROOT, "wildcam"), words, { cwd: ROOT, encoding: "utf8" });
  return { exit: status, out: stdout, err: stderr };
}

function verdicts(...words: readonly string[]): { exit: number | null; verdicts: Record<string, string> } {
  const { exit, out } = wildcam("ledger", "verify", "--json", ...words);
  const { runs } = verified.parse(JSON.parse(out));
  return { exit, verdicts: Object.fromEntries(runs.map(({ run, verdict }) => [run, verdict])) };
}

/** What a server leaves of a run that ended and of one that has not. */
async function recordRuns(stateDir: string): Promise<void> {
  mkdirSync(stateDir);
  const layout = layoutOf(stateDir);
  ensureLedgerKey(layout);
  const signer = signerOf(readFileSync(layout.ledgerSigningKeyFile, "utf8"));
  for (const name of ["ledger", "ledger-copy"]) {
    const store = fileLedgerStore(join(stateDir, name), signer);
    for (const run of [ENDED, OPEN]) {
      const types = ["run-started", "read", ...(run === ENDED ? (["run-ended"] as const) : [])] as const;
      const events: LedgerEvent[] = [];
      for (const [index, type] of types.entries())
        events.push(
          chainEvent(events.at(-1) ?? null, { run, time: index, type, by: "olivia", data: { a: "é" } }),
        );
      for (const event of events) await store.append(run, [event]);
    }
    await store.close();
  }
}

beforeAll(async () => {
  await recordRuns(here);
  await recordRuns(there);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("what a server left is proved when nothing is up, and its private key is for its user alone", () => {
  expect(verdicts("--state", here)).toEqual({ exit: 0, verdicts: { [ENDED]: "holds", [OPEN]: "open" } });
  expect(statSync(layoutOf(here).ledgerSigningKeyFile).mode & 0o777).toBe(0o600);
});

test("an export proves itself where nothing else is, and a changed one is found", () => {
  const out = join(folder, "export");
  expect(wildcam("ledger", "export", "--all", "--to", out, "--state", here).exit).toBe(0);
  const elsewhere = ["--from", out, "--state", join(folder, "nowhere")];
  expect(verdicts(...elsewhere)).toEqual({ exit: 0, verdicts: { [ENDED]: "holds", [OPEN]: "open" } });
  expect(wildcam("ledger", "export", "--all", "--to", out, "--state", here)).toMatchObject({ exit: 2 });
  expect(verdicts("--from", out, "--state", there).verdicts).toEqual({
    [ENDED]: "foreign",
    [OPEN]: "foreign",
  });
  const key = join(out, "ledger-public-key.json");
  expect(verdicts("--from", out, "--state", there, "--key", key).exit).toBe(0);

  const page = join(out, `${ENDED}.md`);
  const told = readFileSync(page, "utf8");
  writeFileSync(page, told.replace("olivia", "nobody"));
  expect(wildcam("ledger", "verify", ...elsewhere)).toMatchObject({
    exit: 1,
    out: expect.stringContaining(`${ENDED}.md does not say what this program makes of the events`),
  });
  writeFileSync(page, told);
  appendFileSync(join(out, `${ENDED}.jsonl`), " ");
  expect(verdicts(...elsewhere)).toEqual({ exit: 1, verdicts: { [ENDED]: "broken", [OPEN]: "open" } });
});

test("a record cut alike in both stores is found, and one of another installation is told apart", () => {
  const cut = join(folder, "cut");
  cpSync(here, cut, { recursive: true });
  for (const name of ["ledger", "ledger-copy"]) {
    const file = join(cut, name, `${OPEN}.jsonl`);
    const [first = ""] = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, `${first}\n`);
  }
  expect(verdicts("--state", cut)).toEqual({ exit: 1, verdicts: { [ENDED]: "holds", [OPEN]: "broken" } });
  const key = layoutOf(there).ledgerPublicKeyFile;
  expect(verdicts("--state", here, "--key", key)).toEqual({
    exit: 1,
    verdicts: { [ENDED]: "foreign", [OPEN]: "foreign" },
  });
});

test("a new key is made once, and bringing the world up again keeps it", () => {
  const layout = layoutOf(join(folder, "again"));
  mkdirSync(layout.stateDir);
  ensureLedgerKey(layout);
  const [before, publicBefore] = [layout.ledgerSigningKeyFile, layout.ledgerPublicKeyFile].map((file) =>
    readFileSync(file, "utf8"),
  );
  ensureLedgerKey(layout);
  expect(readFileSync(layout.ledgerSigningKeyFile, "utf8")).toBe(before);
  expect(readFileSync(layout.ledgerPublicKeyFile, "utf8")).toBe(publicBefore);
});
