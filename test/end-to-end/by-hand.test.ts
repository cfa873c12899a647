/**
 * A run whose orchestrator dies for good is finished from its sheet alone, by the commands that are written there.
 * One world; the three moments come one after the other, each from where the last one left the primary.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseLedger } from "../../src/drivers/files/parse-ledger.ts";
import type { LedgerEvent } from "../../src/domain/ledger.ts";
import { memberFactsOf } from "../../src/drivers/local/testing/member-facts.ts";
import { endpointOf, keysAt } from "../../src/drivers/local/testing/direct-sql.ts";
import { bringUpWithinMs, tokenIn } from "../../src/drivers/local/testing/shared-world.ts";
import { startSteadyWriter } from "../../src/drivers/local/testing/steady-writer.ts";
import { createLocalDatabases } from "../../src/drivers/local/databases.ts";
import { createLocalEdge } from "../../src/drivers/local/edge.ts";
import { programPath } from "../../src/drivers/local/processes/node-process.ts";
import { pollUntil } from "../../src/drivers/local/processes/wait.ts";
import { bringUp, type RunningWorld } from "../../src/drivers/local/world/bring-up.ts";
import { requestDown } from "../../src/drivers/local/world/down.ts";
import { askApi, type Asked } from "./ask-api.ts";

const DATABASE = "wildlifedb";
const WITHIN_MS = 60_000;
const run = promisify(execFile);

const scratch = mkdtempSync(join(tmpdir(), "wildcam-by-hand-"));
const stateDir = join(scratch, "state");
let world: RunningWorld | undefined;

beforeAll(async () => {
  // The drill's profile with holds as short as they can be: what is proved here does not depend on them.
  const text = readFileSync(programPath("inventory.yaml"), "utf8");
  const [head = "", drill = ""] = text.split("\n  drill:\n");
  const short = drill
    .replace(/dwell: \S+/, "dwell: 400ms")
    .replace(/soak: \S+/, "soak: 400ms")
    .replace(/holdWindow: \S+/, "holdWindow: 400ms");
  writeFileSync(join(scratch, "inventory.yaml"), `${head}\n  drill:\n${short}`);
  mkdirSync(join(stateDir, "orchestrator"), { recursive: true });
  await upAgain(cases[0]?.moment ?? null);
}, bringUpWithinMs);

afterAll(async () => {
  await world?.down();
  await requestDown(stateDir, { purge: true });
  rmSync(scratch, { recursive: true, force: true });
});

async function up(): Promise<RunningWorld> {
  world = await bringUp({
    stateDir,
    inventoryFile: join(scratch, "inventory.yaml"),
    profile: "drill",
    edgePort: null,
    signal: AbortSignal.timeout(bringUpWithinMs),
    orchestrator: { serverProgram: programPath("test/end-to-end/dying-server.ts") },
  });
  world.ended.catch(() => undefined);
  return world;
}

type Moment = {
  readonly method: string;
  readonly path: string;
  readonly when: "before" | "after";
  readonly nth: number;
};

/** The world again, with an orchestrator that will die at that moment, or never. */
async function upAgain(moment: Moment | null): Promise<RunningWorld> {
  await world?.down();
  const file = join(stateDir, "orchestrator", "dies-at.json");
  if (moment === null) rmSync(file, { force: true });
  else writeFileSync(file, JSON.stringify(moment));
  return await up();
}

function worldNow(): RunningWorld {
  if (world === undefined) throw new Error("the world is not up");
  return world;
}

const upgrade = z.object({ runs: z.array(z.object({ run: z.string(), status: z.string().nullable() })) });

async function api(path: string, asked: Asked = {}) {
  return await askApi({ apiUrl: world?.status.orchestrator[0]?.apiUrl ?? "", stateDir }, path, asked);
}

function ledgerOf(name: string): LedgerEvent[] {
  const file = join(stateDir, "ledger", `${name}.jsonl`);
  return parseLedger(readFileSync(file), file).events;
}

/** Starts a failover, and answers its name once the whole orchestrator is dead. */
async function failoverUntilDeath(direction: { from: string; to: string }): Promise<string> {
  const pids = worldNow().status.orchestrator[0]?.pids;
  const started = await api("/v1/runs", {
    method: "POST",
    body: { runbook: "manual-failover", input: direction },
  });
  expect(started.status).toBe(202);
  const { run: name } = z.object({ run: z.string() }).parse(started.body);
  const gone = () => [pids?.server, pids?.engine].every((pid) => !isAlive(pid ?? 0));
  const dead = await pollUntil(() => (gone() ? true : undefined), { withinMs: WITHIN_MS, everyMs: 10 });
  if (dead !== true) throw new Error(`it did not die: ${JSON.stringify(ledgerOf(name).slice(-3))}`);
  return name;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What a person would paste, in order: the blocks before the way back. */
function commandsIn(sheet: string): string {
  const [forward = ""] = sheet.split("## Or take it back instead");
  const blocks = [...forward.matchAll(/```bash\n(.*?)```/gs)].map(([, text]) => text ?? "");
  return blocks.join("");
}

async function typeAll(name: string): Promise<string> {
  const file = join(stateDir, "sheets", `${name}.md`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const sheet = readFileSync(file, "utf8");
  for (const folder of ["control", "tokens"]) {
    for (const token of readdirSync(join(stateDir, folder)))
      expect(sheet).not.toContain(tokenIn(join(stateDir, folder, token)).reveal());
  }
  const script = join(scratch, `${name}.sh`);
  writeFileSync(script, commandsIn(sheet));
  // Whoever types has none of our processes, variables or folders.
  const typed = run("bash", ["-e", script], {
    cwd: "/",
    env: { PATH: process.env["PATH"] ?? "" },
    timeout: WITHIN_MS,
  });
  await typed.catch((error: unknown) => {
    throw new Error(`the sheet's commands failed: ${String(error)}\n${sheet}`);
  });
  return sheet;
}

type Case = {
  readonly title: string;
  readonly from: string;
  readonly to: string;
  readonly moment: Moment;
  /** What must have been intended last for the case to be the one that its title says. */
  readonly stands: readonly [proved: string, notIntended: string];
  readonly sheetSays: RegExp;
};

const cases: readonly Case[] = [
  {
    title: "before the pivot, in the middle of a shift",
    from: "aws",
    to: "azure",
    moment: { method: "PUT", path: "/v1/policy", when: "after", nth: 1 },
    stands: ["run-started", "block-writes"],
    sheetSays: /What may be half done.*\n\n- shift traffic/,
  },
  {
    title: "right after writes were blocked",
    from: "azure",
    to: "gcp",
    moment: { method: "POST", path: "/v1/database/stop-cleanly", when: "before", nth: 1 },
    stands: ["block-writes", "promote"],
    sheetSays: /- stop azure cleanly: the fence/,
  },
  {
    title: "after the commit, whose answer nobody has heard",
    from: "gcp",
    to: "aws",
    moment: { method: "POST", path: "/v1/database/promote", when: "after", nth: 1 },
    stands: ["stop-cleanly", "unblock-writes"],
    sheetSays: /Not from here: the new primary may be promoted/,
  },
];

describe("an orchestrator that dies for good", () => {
  for (const [index, { title, from, to, stands, sheetSays }] of cases.entries()) {
    test(`${title}: the sheet's commands finish the run, and no acknowledged write is lost`, {
      timeout: 150_000,
    }, async () => {
      const running = worldNow();
      const endpoints = Object.fromEntries(
        running.status.databases.map(({ cloud, url }) => [cloud, endpointOf(url)]),
      );
      const writer = await startSteadyWriter(from, endpoints);
      let keys: string[] = [];
      let name: string;
      try {
        name = await failoverUntilDeath({ from, to });
        const events = ledgerOf(name);
        const [proved, notIntended] = stands;
        expect(
          events.some(
            ({ type, data }) => type === proved || (type === "act-verified" && data["op"] === proved),
          ),
        ).toBe(true);
        expect(events.some(({ type, data }) => type === "act-intended" && data["op"] === notIntended)).toBe(
          false,
        );
        expect(await typeAll(name)).toMatch(sheetSays);
      } finally {
        keys = await writer.stop();
      }
      await expectMoved(running, { from, to, name });
      for (const [cloud, endpoint] of Object.entries(endpoints)) {
        const missing = await pollUntil(
          async () => {
            const there = await keysAt(endpoint);
            return keys.every((key) => there.has(key)) ? [] : undefined;
          },
          { withinMs: 10_000, everyMs: 50 },
        );
        expect(missing, `rows missing in ${cloud}`).toEqual([]);
      }
      await expectLeftAlone(name, cases[index + 1]?.moment ?? null);
    });
  }
});

async function expectMoved(
  running: RunningWorld,
  { from, to, name }: { from: string; to: string; name: string },
): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  const { edge: edgeAt, agents } = running.status;
  const databases = createLocalDatabases({
    agents: Object.fromEntries(
      agents.map(({ cloud, url, tokenFile }) => [cloud, { url, token: tokenIn(tokenFile) }]),
    ),
  });
  const facts = await databases.observe(DATABASE, signal);
  expect(memberFactsOf(facts, to)).toMatchObject({ role: "primary", writesBlocked: false });
  const { timeline } = memberFactsOf(facts, to);
  for (const cloud of ["aws", "azure", "gcp"].filter((one) => one !== to)) {
    expect(memberFactsOf(facts, cloud)).toMatchObject({
      role: "standby",
      follows: to,
      streaming: true,
      timeline,
    });
  }
  expect((await databases.marker({ database: DATABASE, cloud: to }, signal)).timeline).toBe(timeline);
  const policy = await createLocalEdge({
    controlUrl: edgeAt.controlUrl,
    token: tokenIn(edgeAt.tokenFile),
  }).policy(signal);
  expect(policy.weights[from]).toBe(0);
  const planned = ledgerOf(name).find(({ type }) => type === "planned")?.data["acts"];
  const shifts = JSON.parse(JSON.stringify(planned)).filter(
    (act: { op: string }) => act.op === "set-weights",
  );
  expect(policy.weights).toEqual(shifts.at(-1).params.weights);
}

/** When the orchestrator is back it does not go on beside what people have done, and gives the locks back when told to. */
async function expectLeftAlone(name: string, next: Moment | null): Promise<void> {
  const before = ledgerOf(name).length;
  await upAgain(next);
  const status = await pollUntil(
    async () => {
      const { body } = await api("/v1/upgrade");
      return upgrade.parse(body).runs.find(({ run }) => run === name)?.status === "backing-off"
        ? true
        : undefined;
    },
    { withinMs: 20_000, everyMs: 50 },
  );
  expect(status, "the durable engine has called, and was sent away").toBe(true);
  const shown = await api(`/v1/runs/${name}`);
  expect(shown.body).toMatchObject({
    view: { standing: { blocked: { why: "people have taken it over by hand" } } },
  });
  expect(ledgerOf(name)).toHaveLength(before);
  const order = { method: "POST", body: { why: "done by hand" } } as const;
  expect(await api(`/v1/runs/${name}/abandon`, order)).toMatchObject({
    status: 403,
  });
  const abandoned = await api(`/v1/runs/${name}/abandon`, { ...order, who: "adam" });
  expect(abandoned).toMatchObject({
    status: 200,
    body: { locksGivenBack: [`database/${DATABASE}`, "traffic"] },
  });
  expect(ledgerOf(name).at(-1)).toMatchObject({
    type: "run-ended",
    by: "adam",
    data: { outcome: "cancelled" },
  });
  expect(readFileSync(join(stateDir, "ledger-copy", `${name}.jsonl`), "utf8")).toBe(
    readFileSync(join(stateDir, "ledger", `${name}.jsonl`), "utf8"),
  );
}
