/**
 * Three members of the orchestrator, each in its cloud, as real processes: what is killed under a run, what the others do
 * then, and what people are told. One world; each test leaves all three members up for the next.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { findChainFault, type LedgerEvent } from "../../src/domain/ledger.ts";
import { parseLedger } from "../../src/drivers/files/parse-ledger.ts";
import { identify, isRunning } from "../../src/drivers/local/processes/identity.ts";
import { programPath } from "../../src/drivers/local/processes/node-process.ts";
import { pollUntil } from "../../src/drivers/local/processes/wait.ts";
import { withDescendants } from "../../src/drivers/local/processes/process-tree.ts";
import { bringUpWithinMs } from "../../src/drivers/local/testing/shared-world.ts";
import { bringUp, type RunningWorld } from "../../src/drivers/local/world/bring-up.ts";
import { requestDown } from "../../src/drivers/local/world/down.ts";
import { layoutOf } from "../../src/drivers/local/world/layout.ts";
import { type LocalStatus, readStatus } from "../../src/drivers/local/world/status.ts";
import { readIdentity } from "../../src/drivers/local/world/world-file-parse.ts";
import { askApi, type Asked } from "./ask-api.ts";

const CLOUDS = ["aws", "azure", "gcp"] as const;
type Cloud = (typeof CLOUDS)[number];
const WITHIN_MS = 90_000;
const TEST_MS = 180_000;

const scratch = mkdtempSync(join(tmpdir(), "wildcam-members-"));
const stateDir = join(scratch, "state");
const layout = layoutOf(stateDir);
let world: RunningWorld;

beforeAll(async () => {
  // Holds as short as they can be: what is proved here does not depend on them.
  const text = readFileSync(programPath("inventory.yaml"), "utf8");
  const [head = "", drill = ""] = text.split("\n  drill:\n");
  const short = drill
    .replace(/dwell: \S+/, "dwell: 400ms")
    .replace(/soak: \S+/, "soak: 400ms")
    .replace(/holdWindow: \S+/, "holdWindow: 400ms");
  writeFileSync(join(scratch, "inventory.yaml"), `${head}\n  drill:\n${short}`);
  world = await bringUp({
    stateDir,
    inventoryFile: join(scratch, "inventory.yaml"),
    profile: "drill",
    edgePort: null,
    ha: true,
    signal: AbortSignal.timeout(bringUpWithinMs),
  });
  world.ended.catch(() => undefined);
}, bringUpWithinMs);

afterAll(async () => {
  await world?.down();
  await requestDown(stateDir, { purge: true });
  rmSync(scratch, { recursive: true, force: true });
});

async function statusNow(): Promise<LocalStatus> {
  const status = await readStatus(stateDir);
  if (status === null) throw new Error("it says that it is not up");
  return status;
}

async function memberNow(cloud: Cloud) {
  const member = (await statusNow()).orchestrator.find((one) => one.cloud === cloud);
  if (member === undefined) throw new Error(`no member in ${cloud}`);
  return member;
}

async function api(cloud: Cloud, path: string, asked: Asked = {}) {
  const { apiUrl } = await memberNow(cloud);
  return await askApi({ apiUrl, stateDir }, path, asked);
}

/** The command line in a process of its own, as people have it. */
async function wildcam(...words: string[]): Promise<{ exit: number; out: string; err: string }> {
  return await new Promise((resolve) => {
    const args = [programPath("src/cli/main.ts"), ...words, "--state", stateDir];
    execFile(process.execPath, args, { cwd: scratch, timeout: WITHIN_MS }, (error, out, err) => {
      resolve({ exit: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

async function start(runbook: string, from: Cloud, to: Cloud, at: Cloud): Promise<string> {
  const started = await api(at, "/v1/runs", { method: "POST", body: { runbook, input: { from, to } } });
  expect(started.status).toBe(202);
  return z.object({ run: z.string() }).parse(started.body).run;
}

function ledgerOf(run: string, store = "ledger"): LedgerEvent[] {
  const file = join(stateDir, store, `${run}.jsonl`);
  return existsSync(file) ? parseLedger(readFileSync(file), file).events : [];
}

async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const found = await pollUntil(ask, { withinMs: WITHIN_MS, everyMs: 20 });
  if (found === undefined) throw new Error(`not within ${WITHIN_MS} ms: ${what}`);
  return found;
}

async function untilType(run: string, type: LedgerEvent["type"]): Promise<void> {
  await until(`${type} of ${run}`, () => ledgerOf(run).some((event) => event.type === type) || undefined);
}

async function untilActing(): Promise<void> {
  await until("the orchestrator to act", async () => {
    const { body } = await api("gcp", "/v1/status").catch(() => ({ body: null }));
    const read = z.object({ orchestrator: z.object({ acts: z.boolean() }) }).safeParse(body);
    return read.success && read.data.orchestrator.acts ? true : undefined;
  });
}

/** -9 to both of its processes; its cloud's keeper starts them again. */
async function killMember(cloud: Cloud): Promise<void> {
  const { pids } = await memberNow(cloud);
  for (const pid of [pids.server, pids.engine]) if (pid !== null) process.kill(pid, "SIGKILL");
  await until(`the member in ${cloud} to be back`, async () => {
    const now = (await memberNow(cloud)).pids;
    const isNew = (was: number | null, is: number | null) => is !== null && is !== was;
    if (!isNew(pids.server, now.server) || !isNew(pids.engine, now.engine)) return undefined;
    return (await api(cloud, "/v1/runs").catch(() => null))?.status === 200 ? true : undefined;
  });
}

/** How many members one of them says are up. */
function seenUp(status: unknown): number {
  const shape = z.object({ orchestrator: z.object({ members: z.array(z.object({ up: z.boolean() })) }) });
  return shape.parse(status).orchestrator.members.filter(({ up }) => up).length;
}

/** Each effect was begun once, whoever asked for it and however often. */
function expectNothingTwice(run: string): void {
  const files = readdirSync(layout.effectsDir).filter((name) => name.endsWith(".started"));
  const lines = files.flatMap((name) =>
    readFileSync(join(layout.effectsDir, name), "utf8").trimEnd().split("\n"),
  );
  const keys = lines
    .filter((line) => line !== "")
    .map((line) => z.object({ key: z.string() }).parse(JSON.parse(line)).key)
    .filter((key) => key.startsWith(`${run}/`));
  expect(keys.length).toBeGreaterThan(10);
  expect(new Set(keys).size).toBe(keys.length);
}

/** Whole, the same in both stores, and ended as it should. */
async function expectCompleted(run: string): Promise<void> {
  await untilType(run, "run-ended");
  const events = ledgerOf(run);
  expect(events.at(-1)?.data).toMatchObject({ outcome: "completed" });
  expect(findChainFault(events)).toBeNull();
  await until("both stores to be alike", () =>
    JSON.stringify(ledgerOf(run, "ledger-copy")) === JSON.stringify(events) ? true : undefined,
  );
  expectNothingTwice(run);
}

test(
  "each member is a child of its cloud, and any of them serves the whole API",
  async () => {
    for (const cloud of CLOUDS) {
      const keeper = readIdentity(layout.keeperIdentity(cloud));
      if (keeper === null) throw new Error(`no keeper of ${cloud} is on record`);
      const family = withDescendants([keeper.pid]).map(({ pid }) => pid);
      const { pids } = await memberNow(cloud);
      expect(family).toEqual(expect.arrayContaining([pids.server, pids.engine]));
      // Each looks at the others for itself, and while three begin one of them may be late with an answer.
      const body = await until(`the member in ${cloud} to see all three`, async () => {
        const { status, body: said } = await api(cloud, "/v1/status");
        expect(status).toBe(200);
        return seenUp(said) === CLOUDS.length ? said : undefined;
      });
      expect(body).toMatchObject({ orchestrator: { acts: true, members: CLOUDS.map((name) => ({ name })) } });
    }
  },
  TEST_MS,
);

test(
  "a run goes on while one member after the other is killed under it, and nothing is done twice",
  async () => {
    const run = await start("manual-failover", "aws", "azure", "azure");
    const moments: readonly (readonly [LedgerEvent["type"], Cloud])[] = [
      ["planned", "gcp"],
      ["act-verified", "aws"],
      ["hold-passed", "azure"],
      ["pivot-committed", "gcp"],
      ["pivot-finished", "aws"],
    ];
    for (const [type, cloud] of moments) {
      await untilType(run, type);
      await killMember(cloud);
    }
    await expectCompleted(run);
    const verified = await wildcam("ledger", "verify", run);
    expect(verified).toMatchObject({ exit: 0, err: "" });
  },
  TEST_MS,
);

test(
  "with two members gone nothing acts and everybody is told; with one back all goes on by itself",
  async () => {
    const run = await start("rollback", "azure", "aws", "gcp");
    await untilType(run, "act-verified");
    await Promise.all([world.member("aws").stop(), world.member("azure").stop()]);
    const events = ledgerOf(run).length;
    const status = await wildcam("status");
    expect(status.exit).toBe(7);
    expect(status.out).toContain("aws down, azure down, gcp up. It does not act.");
    expect(status.err).toContain("1 of 3 members are up (not aws, azure), and 2 have to be");
    const refused = await wildcam("run", "manual-failover", "--from", "aws", "--to", "gcp", "--detach");
    expect(refused.exit).toBe(7);
    expect(refused.err).toContain("the orchestrator does not act now, and nothing was begun");
    expect(refused.err).toContain("./wildcam local status");
    const paused = await wildcam("run", "pause", run);
    expect(paused.exit).toBe(7);
    // What it had under way may still end; no step begins.
    expect(ledgerOf(run).length - events).toBeLessThanOrEqual(3);
    expect(ledgerOf(run).at(-1)?.type).not.toBe("run-ended");
    await world.member("azure").start();
    await expectCompleted(run);
    await world.member("aws").start();
    await untilActing();
    // Nothing was kept of what was refused.
    const runs = readdirSync(join(stateDir, "ledger")).filter((name) => name.startsWith("manual-failover"));
    expect(runs.filter((name) => name.endsWith(".jsonl"))).toHaveLength(1);
  },
  TEST_MS,
);

test(
  "a person who is revoked at one member is nobody at the others from then on",
  async () => {
    const words = "people add wanda --role viewer --mail wanda@wildcam.org".split(" ");
    const tokens = join(stateDir, "tokens");
    const files = ["--token-out", join(tokens, "wanda"), "--token-file", join(tokens, "adam")];
    const asked = await wildcam(...words, ...files);
    expect(asked).toMatchObject({ exit: 0 });
    for (const cloud of CLOUDS)
      expect(await api(cloud, "/v1/runs", { who: "wanda" })).toMatchObject({ status: 200 });
    const path = "/v1/people/wanda/revocation";
    expect(await api("azure", path, { who: "adam", method: "POST", body: {} })).toMatchObject({
      status: 200,
    });
    for (const cloud of CLOUDS)
      expect(await api(cloud, "/v1/runs", { who: "wanda" })).toMatchObject({ status: 401 });
  },
  TEST_MS,
);

test(
  "a member with an empty disk is not let in, which is said, and a command brings it back as a member like the others",
  async () => {
    await world.member("gcp").stop();
    rmSync(join(layout.memberDir("gcp"), "restate"), { recursive: true });
    await world.member("gcp").start();
    expect(await memberNow("gcp")).toMatchObject({
      trouble: expect.stringContaining("its disk does not hold"),
    });
    expect((await wildcam("local", "status")).out).toContain("The orchestrator's member in gcp: its disk");
    // Its server serves all the same, over the others' engines.
    expect(await api("gcp", "/v1/status")).toMatchObject({ body: { orchestrator: { acts: true } } });
    expect(await wildcam("local", "repair-member", "aws")).toMatchObject({
      exit: 1,
      err: expect.stringContaining("is left as it is"),
    });
    expect(await wildcam("local", "repair-member", "gcp")).toMatchObject({
      exit: 0,
      out: expect.stringContaining("as gcp-2; gcp was let go"),
    });
    expect(await memberNow("gcp")).toMatchObject({ trouble: null });
    // With another one gone it is one of the two that are needed.
    await world.member("azure").stop();
    await untilActing();
    const run = await start("manual-failover", "aws", "azure", "gcp");
    await expectCompleted(run);
    await world.member("azure").start();
    await untilActing();
  },
  TEST_MS,
);

test(
  "a cloud that is killed as one group takes its member along, the other two act on, and it comes back with its cloud",
  async () => {
    const keeper = readIdentity(layout.keeperIdentity("aws"));
    if (keeper === null) throw new Error("the keeper is not on record");
    const { pids } = await memberNow("aws");
    const member = [pids.server, pids.engine].flatMap((pid) => identify(pid ?? 0) ?? []);
    expect(member).toHaveLength(2);
    process.kill(-keeper.pid, "SIGKILL");
    await until("its member to be gone", () => (member.some(isRunning) ? undefined : true));
    // What the dead engine led is led by another within seconds, and not all of it at once.
    const status = await until("status to say that it acts", async () => {
      const said = await wildcam("status");
      return said.exit === 0 ? said : undefined;
    });
    expect(status.out).toContain("aws down, azure up, gcp up. It acts.");
    expect((await memberNow("aws")).pids).toEqual({ server: null, engine: null });
    expect(await wildcam("local", "fault", "heal", "--cloud", "aws")).toMatchObject({ exit: 0 });
    await until("its member to be up again", async () => {
      const said = await wildcam("status");
      return said.out.includes("aws up, azure up, gcp up. It acts.") || undefined;
    });
    expect(await api("aws", "/v1/runs")).toMatchObject({ status: 200 });
  },
  TEST_MS,
);
