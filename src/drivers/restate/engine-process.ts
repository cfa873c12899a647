/**
 * What it takes to run Restate's server as a process: where the platform's binary lies, its configuration as the only
 * member or as one of several, and the key pair by which its worker knows it.
 *
 * The binary is started itself, never npm's wrapper: a killed wrapper would orphan the server.
 */
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { encodeBase58 } from "./base58.ts";

/** Throws when npm installed no server for this platform. */
export function engineBinary(): string {
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), "bin", "restate-server");
  } catch {
    throw new Error(`there is no durable engine for this platform: npm has no ${name}`);
  }
}

export type EngineConfig = {
  readonly nodeName: string;
  readonly clusterName: string;
  readonly baseDir: string;
  readonly host: string;
  readonly ports: { readonly node: number; readonly ingress: number; readonly admin: number };
  readonly identityKeyFile: string;
  /** Left out: the only member. */
  readonly cluster?: EngineCluster;
};

export type EngineCluster = {
  /** Whatever fails as one: copies of each record lie in two regions at least. */
  readonly region: string;
  /** Where all members are found, this one included. */
  readonly addresses: readonly string[];
  /** Begins a new cluster when it finds none. Only for one member, and never again: a wiped disk would begin a second one. */
  readonly provisions: boolean;
};

/**
 * A member on loopback. Its admin API has no authentication. Retries stay short and never pause an invocation:
 * by default they reach a minute and stop after 70 (measured with server 1.7). A worker that is back is asked again within
 * half a second: a refused connection on loopback costs next to nothing.
 */
export function engineToml({
  nodeName,
  clusterName,
  baseDir,
  host,
  ports,
  identityKeyFile,
  cluster,
}: EngineConfig): string {
  const text = (value: string) => JSON.stringify(value);
  return `node-name = ${text(nodeName)}
cluster-name = ${text(clusterName)}
base-dir = ${text(baseDir)}
bind-ip = ${text(host)}
bind-port = ${ports.node}
advertised-address = ${text(`http://${host}:${ports.node}/`)}
listen-mode = "tcp"
default-num-partitions = 4
disable-telemetry = true
rocksdb-total-memory-size = "128 MiB"
log-filter = "warn,octocrab=off"
log-format = "json"
shutdown-timeout = "5s"
${cluster === undefined ? "" : clusterToml(cluster)}
[default-retry-policy]
initial-interval = "100ms"
max-interval = "500ms"
max-attempts = "unlimited"

[ingress]
bind-address = ${text(`${host}:${ports.ingress}`)}

[admin]
bind-address = ${text(`${host}:${ports.admin}`)}
disable-web-ui = true

[admin.query-engine]
memory-size = "64 MiB"

[bifrost]
default-provider = ${cluster === undefined ? '"local"' : '"replicated"'}
record-cache-memory-size = "16 MiB"

[worker.invoker]
memory-limit = "256 MiB"
request-identity-private-key-pem-file = ${text(identityKeyFile)}
`;
}

/**
 * Three members, two copies, never both in one region: the loss of any one loses nothing and stops nothing. That holds for
 * partitions as well until `spreadPartitions` has every member apply all of them. Logs are kept whole, because without an
 * object store for snapshots a new member has nothing else to be made from (ADR 0032).
 *
 * A member that stands still keeps its connections, and whoever asks it waits: by default up to 4 s among members, and up to 10 s for
 * who leads the metadata. What a frozen member led was then led by nobody until it went on. And when it goes on it counts as dead for
 * 5 s more, in which the loss of one more leaves too few (measured: ADR 32). These times are for loopback; where the network is slower
 * they are longer.
 */
function clusterToml({ region, addresses, provisions }: EngineCluster): string {
  const text = (value: string) => JSON.stringify(value);
  return `location = ${text(region)}
auto-provision = ${provisions}
default-replication = "{region: 2, node: 2}"
gossip-suspect-interval = "1s"

[metadata-client]
type = "replicated"
addresses = [${addresses.map(text).join(", ")}]
connect-timeout = "500ms"
keep-alive-interval = "250ms"
keep-alive-timeout = "750ms"

[networking]
connect-timeout = "1s"
handshake-timeout = "1s"
http2-keep-alive-interval = "500ms"
http2-keep-alive-timeout = "1s"

[worker]
durability-mode = "none"
`;
}

/** A new private key, in PEM: Restate signs its calls with it, so that the worker answers nobody else. */
export function newIdentityKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The public half as Restate writes it: `publickeyv1_` and base58 of the 32 bytes (its documentation, "Security"). */
export function identityPublicKey(privatePem: string): string {
  const raw = createPublicKey(privatePem).export({ type: "spki", format: "der" }).subarray(-32);
  return `publickeyv1_${encodeBase58(raw)}`;
}
