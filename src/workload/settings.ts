// Why: a pod is configured by its environment, as in Kubernetes; what is wrong is said at the start, all at once.

/** Times in milliseconds. */
export type PodSettings = {
  readonly provider: string;
  readonly region: string;
  readonly cluster: string;
  readonly version: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Connection strings by cloud. */
  readonly databases: ReadonlyMap<string, string>;
  /** How long a write may wait and be retried before 503. */
  readonly writeBoundMs: number;
  /** After this a try of a write is broken off and repeated under its key. */
  readonly writeTryMs: number;
  readonly readBoundMs: number;
  readonly readTryMs: number;
  readonly connectTimeoutMs: number;
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  /** How long a draining pod still answers, so that the edge has seen that it is not ready. */
  readonly drainMs: number;
  readonly readPoolSize: number;
  readonly writePoolSize: number;
  /** A request that takes longer is logged. */
  readonly slowMs: number;
  readonly logLevel: string;
  /** Holds the token of who may have this pod fail on purpose; null: nobody may. */
  readonly faultTokenFile: string | null;
};

export class SettingsInvalid extends Error {
  override readonly name = "SettingsInvalid";
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws SettingsInvalid with every fault found. */
export function readSettings(environment: Environment): PodSettings {
  const faults: string[] = [];
  const text = (name: string, fallback?: string): string => {
    const value = environment[name] ?? fallback;
    if (value === undefined || value === "") faults.push(`${name} is not set`);
    return value ?? "";
  };
  const whole = (name: string, fallback: number, least: number): number => {
    const value = Number(environment[name] ?? fallback);
    if (!Number.isInteger(value) || value < least)
      faults.push(`${name}: expected a whole number from ${least}, got "${environment[name]}"`);
    return value;
  };
  const settings: PodSettings = {
    provider: text("WILDCAM_PROVIDER"),
    region: text("WILDCAM_REGION"),
    cluster: text("WILDCAM_CLUSTER"),
    version: text("WILDCAM_VERSION", "unknown"),
    host: text("HOST", "127.0.0.1"),
    port: whole("PORT", 0, 0),
    databases: readDatabases(text("WILDCAM_DATABASES"), faults),
    writeBoundMs: whole("WILDCAM_WRITE_BOUND_MS", 5000, 1),
    writeTryMs: whole("WILDCAM_WRITE_TRY_MS", 2000, 1),
    readBoundMs: whole("WILDCAM_READ_BOUND_MS", 3000, 1),
    readTryMs: whole("WILDCAM_READ_TRY_MS", 1000, 1),
    connectTimeoutMs: whole("WILDCAM_CONNECT_TIMEOUT_MS", 1000, 1),
    probeIntervalMs: whole("WILDCAM_PROBE_INTERVAL_MS", 1000, 10),
    probeTimeoutMs: whole("WILDCAM_PROBE_TIMEOUT_MS", 500, 1),
    drainMs: whole("WILDCAM_DRAIN_MS", 600, 0),
    readPoolSize: whole("WILDCAM_READ_POOL", 3, 1),
    writePoolSize: whole("WILDCAM_WRITE_POOL", 3, 1),
    slowMs: whole("WILDCAM_SLOW_MS", 1000, 1),
    logLevel: text("WILDCAM_LOG_LEVEL", "info"),
    faultTokenFile: environment["WILDCAM_FAULT_TOKEN_FILE"] ?? null,
  };
  if (faults.length === 0 && !settings.databases.has(settings.provider)) {
    faults.push(`WILDCAM_DATABASES has no database for ${settings.provider}`);
  }
  if (faults.length > 0) throw new SettingsInvalid(`The pod cannot start: ${faults.join("; ")}.`);
  return settings;
}

function readDatabases(json: string, faults: string[]): ReadonlyMap<string, string> {
  const databases = new Map<string, string>();
  if (json === "") return databases;
  try {
    const document: unknown = JSON.parse(json);
    for (const [cloud, url] of Object.entries(document ?? {})) {
      if (typeof url === "string" && url !== "") databases.set(cloud, url);
      else faults.push(`WILDCAM_DATABASES: expected an address for ${cloud}`);
    }
    if (databases.size === 0) faults.push("WILDCAM_DATABASES names no database");
  } catch {
    // Its value may hold passwords: it is not repeated here.
    faults.push(`WILDCAM_DATABASES is not JSON like {"aws":"postgres://..."}`);
  }
  return databases;
}
