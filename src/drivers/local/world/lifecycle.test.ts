import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { isReachableByAll } from "../postgres/binaries.ts";
import { isRunning } from "../processes/identity.ts";
import { checkoutRoot, programPath } from "../processes/node-process.ts";
import { pollUntil } from "../processes/wait.ts";
import { endpointOf, sqlAt } from "../testing/direct-sql.ts";
import { bringUpWithinMs } from "../testing/shared-world.ts";
import { withDescendants } from "../processes/process-tree.ts";
import { type BringUp, bringUp } from "./bring-up.ts";
import { requestDown } from "./down.ts";
import { layoutOf } from "./layout.ts";
import { type LocalStatus, readStatus } from "./status.ts";
import { WorldError } from "./world-error.ts";

const folder = mkdtempSync(join(tmpdir(), "wildcam-lifecycle-"));
const stateDir = join(folder, "state");
// As root these run under an ordinary user's uid, so that both ways of starting PostgreSQL are tested (other files run as root).
const ordinary =
  process.getuid?.() === 0 && isReachableByAll(checkoutRoot) ? { uid: 65_534, gid: 65_534 } : {};
const strangers: Server[] = [];

function order(changes: Partial<BringUp> = {}): BringUp {
  const signal = new AbortController().signal;
  return {
    stateDir,
    inventoryFile: programPath("inventory.yaml"),
    profile: "drill",
    edgePort: null,
    signal,
    orchestrator: null,
    ...changes,
  };
}

async function supervise(): Promise<{ child: ChildProcess; status: LocalStatus }> {
  mkdirSync(stateDir, { recursive: true, mode: 0o711 });
  if (ordinary.uid !== undefined)
    for (const own of [folder, stateDir]) chownSync(own, ordinary.uid, ordinary.gid);
  const logFile = join(folder, "supervisor.log");
  const log = openSync(logFile, "a");
  const args = [
    programPath("src/drivers/local/world/supervisor-main.ts"),
    stateDir,
    programPath("inventory.yaml"),
    "drill",
  ];
  const child = spawn(process.execPath, [...args, "--without-orchestrator"], {
    stdio: ["ignore", log, log, "ipc"],
    cwd: "/",
    ...ordinary,
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => {
      resolve();
    });
    child.once("exit", () => {
      reject(new Error(`it ended; its log: ${logFile}`));
    });
  });
  const status = await readStatus(stateDir);
  if (status === null) throw new Error("it says that it is not up");
  return { child, status };
}

async function listen(port: number): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  strangers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
}

function urlOf(status: LocalStatus, role: string): string {
  return status.databases.find((database) => database.role === role)?.url ?? "";
}

afterAll(async () => {
  for (const server of strangers) server.close();
  await requestDown(stateDir, { purge: true });
  rmSync(folder, { recursive: true, force: true });
});

describe("a local world whose supervisor is killed", { timeout: bringUpWithinMs }, () => {
  let before: LocalStatus;

  test("leaves no process behind", async () => {
    const { child, status } = await supervise();
    before = status;
    await sqlAt(
      endpointOf(urlOf(status, "primary")),
      "insert into operations.marker values ('kept', now(), 1)",
    );
    const left = withDescendants([child.pid ?? 0]);
    // Keepers are children of the supervisor, and everything else is below them: 4 keepers, 3 agents, 12 pods, edge, PostgreSQL.
    expect(left.length).toBeGreaterThan(30);
    expect(left.map(({ pid }) => pid)).toEqual(expect.arrayContaining(status.pods.map(({ pid }) => pid)));
    child.kill("SIGKILL");
    const gone = await pollUntil(() => (left.some(isRunning) ? undefined : true), {
      withinMs: 5_000,
      everyMs: 20,
    });
    expect(
      gone,
      `still there: ${left
        .filter(isRunning)
        .map(({ pid }) => pid)
        .join(", ")}`,
    ).toBe(true);
    expect(await readStatus(stateDir)).toBeNull();
  });

  test("comes up again with its data, on other ports where strangers took the old ones, and is not brought up twice", async () => {
    const takenEdge = Number(new URL(before.edge.url).port);
    const takenDatabase = endpointOf(urlOf(before, "primary")).port;
    await listen(takenEdge);
    await listen(takenDatabase);
    await expect(bringUp(order({ edgePort: takenEdge }))).rejects.toThrow(WorldError);
    const { child, status } = await supervise();
    expect(Number(new URL(status.edge.url).port)).not.toBe(takenEdge);
    expect(endpointOf(urlOf(status, "primary")).port).not.toBe(takenDatabase);
    expect(status.databases.map(({ cloud, role }) => `${cloud} ${role}`)).toEqual([
      "aws primary",
      "azure standby",
      "gcp standby",
    ]);
    for (const { url } of status.databases) {
      expect(
        await sqlAt(endpointOf(url), "select cloud from operations.marker where cloud = 'kept'"),
      ).toEqual([{ cloud: "kept" }]);
    }
    expect((await fetch(`${status.edge.url}/health`)).status).toBe(200);
    await expect(bringUp(order())).rejects.toThrow(/is up already/);
    const exit = new Promise((resolve) => child.once("exit", resolve));
    expect(await requestDown(stateDir, { purge: true })).toEqual({ wasUp: true });
    expect(await exit).toBe(0);
  });

  test("and after a purge nothing of it is on disk", () => {
    expect(existsSync(stateDir)).toBe(false);
    expect(existsSync(layoutOf(stateDir).worldFile)).toBe(false);
  });
});

test("a state folder with other things in it is not purged", async () => {
  const other = join(folder, "other");
  mkdirSync(join(other, "precious"), { recursive: true });
  await expect(requestDown(other, { purge: true })).rejects.toThrow(WorldError);
  expect(existsSync(join(other, "precious"))).toBe(true);
});
