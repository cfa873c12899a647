/**
 * What a command is given. Commands touch nothing else of the process or the world, so that each can be run in a
 * test with everything but the network's other end being real.
 */
import type { Inventory } from "../domain/inventory/schema.ts";
import type { SignatureCheck } from "../domain/ledger-head.ts";
import type { JsonObject } from "../domain/json.ts";
import type { LedgerCopy } from "../domain/ledger-proof.ts";
import type { Secret } from "../domain/secret.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { SnapshotPlan } from "../rehearsal/plan-snapshot.ts";
import type { PlanRehearsal, RehearsalOrder } from "../rehearsal/rehearse-plan.ts";
import type { Nights, Progress, Simulation } from "../rehearsal/sweep-report.ts";
import type { Api } from "./api/client.ts";
import type { Exit } from "./exit.ts";
import type { View } from "./views/view.ts";

export type Io = {
  /** Data. */
  out(text: string): void;
  /** Messages. */
  err(text: string): void;
  /** Whether a person watches standard output, whether it may be coloured, and how wide it is. */
  readonly terminal: { readonly interactive: boolean; readonly color: boolean; readonly columns: number };
  /** Aborted by the first Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** `2026-01-31T12:00:00.000Z` */
  isoTime(ms: number): string;
};

/** The contract of `local status --json`; more fields are passed on as they are. */
export type LocalStatus = {
  readonly edge: { readonly url: string };
  readonly databases: readonly {
    readonly cloud: string;
    readonly url: string;
    readonly role: string;
    readonly pid: number | null;
  }[];
  readonly pods: readonly {
    readonly cloud: string;
    readonly cluster: string;
    readonly url: string;
    readonly pid: number;
  }[];
  readonly agents: readonly { readonly cloud: string; readonly url: string; readonly pid: number | null }[];
  readonly observers: readonly {
    readonly cloud: string;
    readonly url: string;
    readonly pid: number | null;
  }[];
  readonly orchestrator: readonly {
    /** Null: outside of all clouds. */
    readonly cloud: string | null;
    readonly apiUrl: string;
    readonly tokenFile: string;
    readonly pids: { readonly server: number | null; readonly engine: number | null };
    /** Why its engine does not come up, when that is known. */
    readonly trouble?: string | null;
  }[];
  readonly stateDir: string;
  readonly faults?: readonly CloudFault[];
};

/** What a cloud of the local world, or a cluster of it, has on purpose. `processes`: how many were struck; null: its pods answer badly, or it is cut off. */
export type CloudFault = {
  readonly cloud: string;
  /** Null: the whole cloud has it. */
  readonly cluster: string | null;
  readonly fault: string;
  readonly sinceMs: number;
  readonly processes: number | null;
  readonly delayMs: number | null;
  readonly percent: number | null;
};

export type FaultWords = {
  readonly fault: "kill" | "freeze" | "slow" | "errors" | "partition";
  readonly delayMs?: number;
  readonly percent?: number;
};

export type HealedFault = Pick<CloudFault, "cloud" | "cluster" | "fault"> & { readonly atMs: number };

/** The supervisor of a world, as far as faults go. `target`: a cloud, or `cluster/` and the name of one. */
export type Faults = {
  list(): Promise<readonly CloudFault[]>;
  begin(target: string, words: FaultWords): Promise<CloudFault>;
  heal(target: string): Promise<HealedFault>;
};

/** Where the members of a world's orchestrator listen, and the token of the person whom that world takes for its user. */
export type Orchestrator = { readonly apiUrls: readonly string[]; readonly tokenFile: string };

export type HttpRequest = {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly token: Secret;
  readonly body: unknown;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
};

/** `status: null`: nobody answered, and `text` says why; `refused`: because nobody listened, so that nothing was received. */
export type HttpAnswer = {
  readonly status: number | null;
  readonly text: string;
  readonly refused?: boolean;
};

/** `text`: the key's file as it is. */
export type LedgerKey = SignatureCheck & { readonly text: string };

export type UpOrder = {
  readonly stateDir: string;
  readonly inventoryFile: string;
  readonly profile: string;
  readonly edgePort: number | null;
  /** Three members of the orchestrator, one in each cloud, in place of one. */
  readonly ha: boolean;
  /** Clouds can be cut off. */
  readonly partitions: boolean;
  readonly signal: AbortSignal;
  /** `tookMs`: since it began to come up. */
  readonly onProgress: (progress: { readonly what: string; readonly tookMs: number }) => void;
};

/** A world that runs in this process until it is closed. `ended` rejects when it falls by itself. */
export type Upheld = {
  readonly status: LocalStatus;
  readonly ended: Promise<void>;
  readonly down: () => Promise<void>;
};

export type LoadedInventory = {
  readonly inventory: Inventory;
  readonly path: string;
  readonly digest: string;
};

export type LoadedRows = {
  readonly name: string;
  readonly tables: Readonly<
    Record<
      string,
      { readonly rows: number; readonly inserted: number; readonly changed: number; readonly found: number }
    >
  >;
};

export type SimulateOrder = {
  readonly inventory: Inventory;
  readonly runbook: string | null;
  readonly nights: Nights;
  readonly trace: boolean;
  readonly shrink: boolean;
  readonly patchFile: string | null;
  readonly report: { readonly file: string; readonly replay: (seed: number) => string } | null;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
};

export type PlanFromOrder = {
  readonly inventory: LoadedInventory;
  readonly profile: string;
  readonly runbook: string;
  readonly input: JsonObject;
  readonly snapshot: Snapshot;
};

export type RehearsePlanOrder = Omit<RehearsalOrder, "onNight"> & {
  readonly signal: AbortSignal;
  readonly onNight: (done: number) => void;
};

/** The world outside the command line; `wire.ts` is the real one. All of it throws `CliError` for what people can cause. */
export type Outside = {
  /** `file`: as given, or null for `inventory.yaml` here and else the one beside the program. */
  inventory(file: string | null): Promise<LoadedInventory>;
  /** The inventory that the world in the folder was brought up with; null when none is up there. */
  inventoryFileOf(stateDir: string): Promise<string | null>;
  /** From the world's record alone, so that it costs nothing; null when no world is up there. */
  orchestratorOf(stateDir: string): Promise<Orchestrator | null>;
  /** Null when no world is up there. */
  localStatus(stateDir: string): Promise<LocalStatus | null>;
  localUp(order: UpOrder): Promise<Upheld>;
  /** The same in a process of its own that outlives this one; returns once it serves. */
  localUpDetached(order: UpOrder): Promise<LocalStatus>;
  /** Null when no world is up there. */
  localFaults(stateDir: string): Promise<Faults | null>;
  localDown(order: {
    readonly stateDir: string;
    readonly purge: boolean;
  }): Promise<{ readonly wasUp: boolean }>;
  /** Lets a member whose disk was lost in again, under another name. */
  repairMember(
    stateDir: string,
    cloud: string,
  ): Promise<{ readonly cloud: string; readonly node: string; readonly before: string }>;
  /** The token that `file` holds. */
  readToken(file: string): Promise<Secret>;
  /** A new token in a new file that only this user may read; answers the token's SHA-256. Never replaces a file. */
  makeTokenFile(file: string): Promise<string>;
  removeFile(file: string): Promise<void>;
  /** Where a person's token lies in this world; null when there is none here. */
  tokenFileOf(stateDir: string, person: string): string | null;
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>;
  /** Names of all runs in any store, and one run's copies: reads files only and changes none. */
  ledgerRuns(folders: readonly string[]): Promise<readonly string[]>;
  ledgerCopies(folders: readonly string[], run: string): Promise<readonly LedgerCopy[]>;
  /** An installation's public key from its file; null when there is no such file, `malformed` when it is no key. */
  ledgerKey(file: string): Promise<LedgerKey | null>;
  /** Null when there is no such file. */
  readText(file: string): Promise<string | null>;
  /** Files by name, in a folder that is new or empty; `malformed` when it is not. */
  writeFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void>;
  loadPackage(directory: string, databaseUrl: string): Promise<LoadedRows>;
  /** Of this checkout, as a server started from it would have it. */
  codeVersion(): Promise<string>;
  runbookPage(name: string, inventory: Inventory): Promise<string>;
  /** Over all cores, in threads of their own. */
  simulate(order: SimulateOrder): Promise<Simulation>;
  /** The plan of a snapshot that was kept, made here. */
  planFrom(order: PlanFromOrder): Promise<SnapshotPlan>;
  /** In this process, from the plan's own snapshot. */
  rehearsePlan(order: RehearsePlanOrder): Promise<PlanRehearsal>;
  /** An absolute path. */
  resolvePath(...parts: readonly string[]): string;
};

export type Globals = {
  readonly json: boolean;
  readonly state: string;
  readonly tokenFile: string | null;
  readonly api: string | null;
  readonly inventory: string | null;
};

export type Context = {
  readonly io: Io;
  readonly view: View;
  readonly outside: Outside;
  readonly globals: Globals;
  /** By `--inventory`, else the one that the world runs on, else the default. */
  inventory(): Promise<LoadedInventory>;
  /** Connects on first use; throws `CliError` (7 when nobody is there, 4 without a usable token). */
  api(): Promise<Api>;
  /** A command line that people can paste, with the flags that lead to the same world as the same person. */
  readonly again: (words: readonly string[], as?: { readonly tokenFile: string | null }) => string;
};

/** What was typed, as commander has understood it. */
export type Call = { readonly args: readonly string[]; readonly options: Readonly<Record<string, unknown>> };

export type Command = (call: Call, context: Context) => Promise<Exit>;
