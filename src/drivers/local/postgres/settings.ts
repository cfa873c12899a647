/**
 * PostgreSQL's configuration in the local world.
 *
 * 1. What belongs to one member's part in replication (primary_conninfo, slot, synchronous names, the write block) is only
 *    ever in `postgresql.auto.conf`: a running server changes it with ALTER SYSTEM, a stopped one by `rewriteAutoConf`.
 *    On the command line it would beat both.
 * 2. `postgresql.conf` and `pg_hba.conf` are ours whole, and written anew at each bring-up.
 * 3. Durability is never traded for speed: fsync, full_page_writes and synchronous_commit keep their defaults (on).
 */
import { join } from "node:path";
import type { Secret } from "../../../domain/secret.ts";
import { type FileOwner, readText, writeWhole } from "../processes/files.ts";
import { quoteConninfo, quoteSetting, unquoteSetting } from "./quote.ts";

/** Every pod holds up to a dozen connections to each member; load, probes and people come on top. */
const maxConnections = 240;

const settings: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: String(maxConnections),
  superuser_reserved_connections: "10",
  shared_buffers: "32MB",
  io_method: "sync",
  // Shared memory in the data folder: nothing is left in /dev/shm when a member is killed.
  dynamic_shared_memory_type: "mmap",
  max_parallel_workers: "0",
  max_logical_replication_workers: "0",
  password_encryption: "scram-sha-256",
  // Passwords here are long and random: many iterations would only slow down each new connection.
  scram_iterations: "1",
  wal_level: "replica",
  wal_log_hints: "on",
  min_wal_size: "32MB",
  max_wal_size: "256MB",
  wal_keep_size: "64MB",
  max_slot_wal_keep_size: "1GB",
  max_wal_senders: "12",
  max_replication_slots: "12",
  hot_standby: "on",
  hot_standby_feedback: "on",
  // A standby that is about to be promoted must not wait for a long reader.
  max_standby_streaming_delay: "500ms",
  wal_retrieve_retry_interval: "100ms",
  wal_sender_timeout: "5s",
  wal_receiver_timeout: "5s",
  wal_receiver_status_interval: "1s",
  recovery_target_timeline: "latest",
  log_line_prefix: "%m [%p] %a ",
  log_timezone: "UTC",
  timezone: "UTC",
  log_checkpoints: "off",
};

const hostAccess = [
  "# Loopback only, by password.",
  "host all all 127.0.0.1/32 scram-sha-256",
  "host replication all 127.0.0.1/32 scram-sha-256",
  "",
].join("\n");

export function writeServerSettings(
  { dataDirectory, port, owner }: ServerPlace,
  replication: { readonly user: string; readonly password: Secret },
): void {
  const lines = Object.entries({ ...settings, port: String(port) }).map(
    ([name, value]) => `${name} = ${quoteSetting(value)}`,
  );
  const options = { owner };
  writeWhole(
    join(dataDirectory, "postgresql.conf"),
    `# Written at each bring-up.\n${lines.join("\n")}\n`,
    options,
  );
  writeWhole(join(dataDirectory, "pg_hba.conf"), hostAccess, options);
  const password = replication.password.reveal().replaceAll(/[\\:]/g, "\\$&");
  writeWhole(
    replicationPasswordFile(dataDirectory),
    `127.0.0.1:*:*:${replication.user}:${password}\n`,
    options,
  );
}

/** In libpq's form; it refuses a file that others may read. */
export function replicationPasswordFile(dataDirectory: string): string {
  return join(dataDirectory, "replication.pgpass");
}

type ServerPlace = {
  readonly dataDirectory: string;
  readonly port: number;
  readonly owner: FileOwner | null;
};

/** Where a member follows another one. */
export type Upstream = {
  readonly port: number;
  readonly user: string;
  readonly passwordFile: string;
  readonly applicationName: string;
};

/**
 * `primary_conninfo`. The password is in a file: the server writes this setting to its log whenever it changes, and
 * shows it to whoever asks. A standby's application name is its slot's name: synchronous_standby_names go
 * by it.
 */
export function conninfo(upstream: Upstream): string {
  const parts: Readonly<Record<string, string>> = {
    host: "127.0.0.1",
    port: String(upstream.port),
    user: upstream.user,
    passfile: upstream.passwordFile,
    application_name: upstream.applicationName,
    connect_timeout: "3",
    tcp_user_timeout: "5000",
  };
  return Object.entries(parts)
    .map(([name, value]) => `${name}=${quoteConninfo(value)}`)
    .join(" ");
}

/** The port in a `primary_conninfo` of ours; null when there is none. */
export function portOf(primaryConninfo: string): number | null {
  const [, port] = /(?:^|\s)port='?(\d+)'?/.exec(primaryConninfo) ?? [];
  return port === undefined ? null : Number(port);
}

export type MemberSetting =
  | "primary_conninfo"
  | "primary_slot_name"
  | "synchronous_standby_names"
  | "default_transaction_read_only";

/** What `postgresql.auto.conf` of a stopped server says; a setting that it does not hold is null. */
export function readAutoConf(dataDirectory: string, name: MemberSetting): string | null {
  let value: string | null = null;
  for (const line of (readText(autoConf(dataDirectory)) ?? "").split("\n")) {
    if (!line.startsWith(`${name} = `)) continue;
    value = unquoteSetting(line.slice(`${name} = `.length).trim());
  }
  return value;
}

/** Changes `postgresql.auto.conf` of a stopped server: null removes a setting, what is not named stays. */
export function rewriteAutoConf(
  dataDirectory: string,
  changes: Readonly<Partial<Record<MemberSetting, string | null>>>,
  owner: FileOwner | null,
): void {
  const kept = (readText(autoConf(dataDirectory)) ?? "")
    .split("\n")
    .filter(
      (line) => line.trim() !== "" && !Object.keys(changes).some((name) => line.startsWith(`${name} = `)),
    );
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === null ? [] : [`${name} = ${quoteSetting(value)}`],
  );
  writeWhole(autoConf(dataDirectory), `${[...kept, ...added].join("\n")}\n`, { owner });
}

function autoConf(dataDirectory: string): string {
  return join(dataDirectory, "postgresql.auto.conf");
}
