/**
 * The one place where the command line meets drivers, runbooks and the operating system. Everything heavy is loaded
 * where it is used: `--help` loads none of it, `status` only what it needs.
 */
import { accessSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { Secret } from "../domain/secret.ts";
import type { Layout } from "../drivers/local/world/layout.ts";
import type { WorldFile } from "../drivers/local/world/world-file-parse.ts";
import type {
  Faults,
  HttpAnswer,
  HttpRequest,
  LoadedRows,
  LocalStatus,
  Orchestrator,
  Outside,
  UpOrder,
} from "./context.ts";
import { CliError, failed, malformed, notAllowed } from "./errors.ts";
import { EXIT } from "./exit.ts";
import { codeVersionOf, plannedFrom, rehearsed, simulated } from "./wire-rehearsal.ts";

const CHECKOUT = resolve(import.meta.dirname, "../..");

export function realOutside(): Outside {
  return {
    inventory: loadChecked,
    inventoryFileOf: async (stateDir) => (await recordOf(stateDir))?.world.inventoryPath ?? null,
    orchestratorOf,
    localStatus: async (stateDir) => {
      const { readStatus } = await import("../drivers/local/world/status.ts");
      return await worded(() => readStatus(stateDir));
    },
    localUp: async (order) => {
      const { bringUp } = await import("../drivers/local/world/bring-up.ts");
      const world = await worded(() => bringUp(order));
      // Whoever started this in the background waits for it.
      process.send?.({ type: "ready" });
      return world;
    },
    localUpDetached: upDetached,
    localDown: async ({ stateDir, purge }) => {
      const { requestDown } = await import("../drivers/local/world/down.ts");
      return await worded(() => requestDown(stateDir, { purge }));
    },
    localFaults,
    repairMember: async (stateDir, cloud) => {
      const { repairMember } = await import("../drivers/local/world/repair-member.ts");
      return await worded(() => repairMember(stateDir, cloud));
    },
    readToken,
    makeTokenFile,
    removeFile: async (file) => {
      const { rm } = await import("node:fs/promises");
      await rm(file, { force: true });
    },
    tokenFileOf: (stateDir, person) => {
      const file = join(stateDir, "tokens", person);
      return exists(file) ? file : null;
    },
    send,
    ledgerRuns: async (folders) => {
      const { runsIn } = await import("../drivers/files/read-ledger.ts");
      return await runsIn(folders);
    },
    ledgerCopies: async (folders, run) => {
      const { copyIn } = await import("../drivers/files/read-ledger.ts");
      return await Promise.all(folders.map(async (folder) => await copyIn(folder, run)));
    },
    ledgerKey: readLedgerKey,
    readText: async (file) => (exists(file) ? await readFile(file, "utf8") : null),
    writeFolder,
    loadPackage: loadRows,
    codeVersion: async () => await codeVersionOf(CHECKOUT),
    runbookPage: async (name, inventory) => {
      const { RUNBOOKS } = await import("../runbooks/catalogue.ts");
      const { runbookPage } = await import("../runbooks/page.ts");
      const { kubernetesHand } = await import("../drivers/kubernetes/hand.ts");
      const runbook = Object.values(RUNBOOKS).find((one) => one.name === name);
      if (runbook === undefined) throw new Error(`the catalogue lacks "${name}"`);
      const readme = await readFile(`${CHECKOUT}/src/runbooks/${name}/README.md`, "utf8");
      return await runbookPage({ runbook, readme, inventory, hand: kubernetesHand(inventory) });
    },
    simulate: async (order) => await simulated(CHECKOUT, order),
    planFrom: async (order) => await plannedFrom(CHECKOUT, order),
    rehearsePlan: rehearsed,
    resolvePath: (...parts) => resolve(...parts),
  };
}

type Record = { readonly layout: Layout; readonly world: WorldFile };

/** What a living world has written down of itself. Cheaper than asking its parts, which `local status` does. */
async function recordOf(stateDir: string): Promise<Record | null> {
  const { layoutOf } = await import("../drivers/local/world/layout.ts");
  const layout = layoutOf(stateDir);
  if (!exists(layout.worldFile)) return null;
  const { findSupervisor } = await import("../drivers/local/world/supervisor-lock.ts");
  const { readWorldFile } = await import("../drivers/local/world/world-file-parse.ts");
  const world = findSupervisor(layout) === null ? null : readWorldFile(layout.worldFile);
  return world === null ? null : { layout, world };
}

async function orchestratorOf(stateDir: string): Promise<Orchestrator | null> {
  const record = await recordOf(stateDir);
  if (record === null) return null;
  const { orchestrator, members } = record.world;
  const all = orchestrator === null ? Object.values(members) : [orchestrator];
  if (all.length === 0) return null;
  const { usualPerson } = await import("../drivers/local/world/usual-person.ts");
  const name = usualPerson(record.layout.peopleFile, Date.now());
  const apiUrls = all.map(({ apiPort }) => `http://127.0.0.1:${apiPort}`);
  return { apiUrls, tokenFile: join(record.layout.tokenDir, name) };
}

async function loadChecked(file: string | null): ReturnType<Outside["inventory"]> {
  const { InventoryError, loadInventory } = await import("../drivers/inventory/load.ts");
  const { scheduleFindings } = await import("../runbooks/schedule-findings.ts");
  const here = resolve("inventory.yaml");
  const path = file ?? (exists(here) ? here : `${CHECKOUT}/inventory.yaml`);
  try {
    return await loadInventory(shortest(path), scheduleFindings);
  } catch (error) {
    if (!(error instanceof InventoryError)) throw error;
    const why = "the inventory is the one place for names; nothing is done with a broken one";
    throw malformed({ what: error.message, why, next: error.next });
  }
}

/** As people would type it from where they are. */
function shortest(path: string): string {
  const from = relative(process.cwd(), resolve(path));
  return from === "" || from.startsWith("..") || isAbsolute(from) ? path : from;
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The world's own errors come with what, why and next. */
async function worded<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { WorldError } = await import("../drivers/local/world/world-error.ts");
    const { FaultRefused } = await import("../drivers/local/faults/fault.ts");
    if (error instanceof FaultRefused)
      throw malformed({ what: error.what, why: error.why, next: error.next });
    if (error instanceof WorldError) throw failed({ what: error.what, why: error.why, next: error.next });
    throw error;
  }
}

async function localFaults(stateDir: string): Promise<Faults | null> {
  const { faultClientOf } = await import("../drivers/local/faults/client.ts");
  const client = await worded(() => faultClientOf(stateDir));
  if (client === null) return null;
  return {
    list: async () => await worded(() => client.list()),
    begin: async (target, words) => await worded(() => client.begin(target, words)),
    heal: async (target) => await worded(() => client.heal(target)),
  };
}

async function readToken(file: string): Promise<Secret> {
  try {
    const token = (await readFile(file, "utf8")).trim();
    if (/^[\w.~+/=-]{16,512}$/.test(token)) return new Secret(token);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT") {
      throw malformed({
        what: `there is no token file ${file}`,
        why: "people are known by a token in a file",
        next: "ls .wildcam/tokens",
      });
    }
    throw notAllowed({ what: `the token file ${file} cannot be read`, why: code, next: `ls -l ${file}` });
  }
  throw malformed({
    what: `${file} holds no token`,
    why: "a token is one line of 16 to 512 letters and digits",
    next: "ls .wildcam/tokens",
  });
}

async function makeTokenFile(file: string): Promise<string> {
  const { createHash, randomBytes } = await import("node:crypto");
  const { mkdir, writeFile } = await import("node:fs/promises");
  const token = randomBytes(24).toString("base64url");
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // `wx`: another person's token is never written over.
    await writeFile(file, `${token}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "EEXIST") {
      throw malformed({
        what: `there is a file ${file} already`,
        why: "it may hold somebody's token, which nobody could make again",
        next: "choose another file: --token-out FILE",
      });
    }
    throw failed({
      what: `no token can be written to ${file}`,
      why: code,
      next: "./wildcam people add --help",
    });
  }
  return createHash("sha256").update(token).digest("hex");
}

/** One call, on a connection of its own so that nothing keeps this process alive; no answer is an answer. */
async function send({ method, url, token, body, deadlineMs, signal }: HttpRequest): Promise<HttpAnswer> {
  const { request } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  const text = body === null ? "" : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token.reveal()}`,
    ...(text === "" ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
  };
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  return await new Promise((answer) => {
    const silent = (error: Error) =>
      answer({
        status: null,
        text: token.hideIn(silenceText(error, deadlineMs)),
        ...(isRefusal(error) ? { refused: true } : {}),
      });
    try {
      const call = request(url, { method, headers, agent: false, signal: bounded }, (response) => {
        let received = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          received += chunk;
        });
        response.on("end", () => answer({ status: response.statusCode ?? 0, text: token.hideIn(received) }));
        response.on("error", silent);
      });
      call.on("error", silent);
      call.end(text);
    } catch (error) {
      silent(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function silenceText(error: Error, deadlineMs: number): string {
  if (error.name === "AbortError" || error.name === "TimeoutError")
    return `no answer within ${deadlineMs / 1000} s`;
  return isRefusal(error) ? "nothing listens there" : error.message;
}

function isRefusal(error: Error): boolean {
  return "code" in error && error.code === "ECONNREFUSED";
}

async function readLedgerKey(file: string): ReturnType<Outside["ledgerKey"]> {
  if (!exists(file)) return null;
  const { parsePublicKey } = await import("../drivers/files/signing-key.ts");
  try {
    const text = await readFile(file, "utf8");
    return { ...parsePublicKey(text), text };
  } catch (error) {
    throw malformed({
      what: `${file} cannot be used to prove a ledger`,
      why: error instanceof Error ? error.message : String(error),
      next: "name the ledger-public-key.json of the installation with --key FILE",
    });
  }
}

async function writeFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const { mkdir, readdir, writeFile } = await import("node:fs/promises");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) {
    const why = "what is there already is not mixed with what is exported, and not written over";
    throw malformed({ what: `${folder} is not empty`, why, next: "name another folder with --to DIR" });
  }
  for (const [name, text] of files) await writeFile(join(folder, name), text, { mode: 0o600, flag: "wx" });
}

async function loadRows(directory: string, databaseUrl: string): Promise<LoadedRows> {
  const { loadPackage } = await import("../workload/load.ts");
  const { PackageRefused } = await import("../workload/read-package.ts");
  try {
    return await loadPackage({ directory, databaseUrl });
  } catch (error) {
    if (!(error instanceof PackageRefused)) throw error;
    const [what = "", ...problems] = error.message.split("\n");
    const why = ["the package breaks its own standard:", ...problems.map((line) => line.trim())].join("\n");
    throw malformed({ what, why, next: "mend the rows that are named, then load it again" });
  }
}

const LOG_TAIL_LINES = 12;

/** The same command in the foreground, in a session of its own; it says over its channel when it serves. */
async function upDetached(order: UpOrder): Promise<LocalStatus> {
  const { spawn } = await import("node:child_process");
  const { mkdirSync, openSync, closeSync } = await import("node:fs");
  mkdirSync(join(order.stateDir, "logs"), { recursive: true, mode: 0o711 });
  const logFile = join(order.stateDir, "logs", "supervisor.log");
  const words = [
    "local",
    "up",
    "--foreground",
    "--state",
    order.stateDir,
    "--inventory",
    resolve(order.inventoryFile),
    "--profile",
    order.profile,
  ];
  const port = order.edgePort === null ? [] : ["--edge-port", `${order.edgePort}`];
  const kind = [...(order.ha ? ["--ha"] : []), ...(order.partitions ? ["--partitions"] : [])];
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(process.execPath, [`${CHECKOUT}/src/cli/main.ts`, ...words, ...port, ...kind], {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const stop = () => child.kill("SIGTERM");
  order.signal.addEventListener("abort", stop, { once: true });
  const came = await new Promise<boolean>((settle) => {
    child.once("message", () => settle(true));
    child.once("exit", () => settle(false));
    child.once("error", () => settle(false));
  });
  order.signal.removeEventListener("abort", stop);
  if (child.connected) child.disconnect();
  child.unref();
  const { readStatus } = await import("../drivers/local/world/status.ts");
  const status = came ? await readStatus(order.stateDir) : null;
  if (status !== null) return status;
  const tail = (await readFile(logFile, "utf8")).trimEnd().split("\n").slice(-LOG_TAIL_LINES);
  throw new CliError({
    exit: EXIT.failed,
    code: "failed",
    what: "the local world did not come up",
    why: ["the end of its log:", ...tail].join("\n"),
    next: `less ${logFile}`,
    facts: {},
  });
}
