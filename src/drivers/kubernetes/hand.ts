/**
 * By hand in production: kubectl and psql, as text; this is no client. Every value comes from the inventory or the
 * run, and passes the one quoter.
 *
 * The commands rely on this much of a deployment:
 * 1. Every cluster's Gateway spreads over the clouds by an HTTPRoute named as the deployment, with one backend a
 *    cloud, `<deployment>-<cloud>` (Gateway API, "HTTPBackendRef.weight"). Shares are set on every cluster's route.
 * 2. A database member is the pod `<instance>-0` in its cloud's cluster of tier `primary`. The pod's first process is
 *    not the server, so that `pg_ctl` can stop and start it there; `PGDATA` is set.
 * 3. `<instance>.<cloud>.<domain>` is where a member is reached from other clouds; a standby's password is in the
 *    file that `passfile` names, never on a command line. Its application name is its slot's, which is what
 *    `synchronous_standby_names` counts.
 */
import type { Inventory } from "../../domain/inventory/schema.ts";
import { quoteIdentifier, quoteLiteral, quoteShellWord, shellCommand } from "../../domain/quoting.ts";
import type { Cloud } from "../../domain/snapshot.ts";
import type { DatabaseAct } from "../../ports/databases.ts";
import type { Hand } from "../../ports/hand.ts";

const READY_WITHIN = "5m";
const BACKEND_PORT = 80;
const PASSFILE = "/etc/postgresql/replication.pgpass";

type At = Parameters<Hand["database"]>[0];

/** Methods throw RangeError for a cluster, database or member that the inventory does not name. */
export function kubernetesHand(inventory: Inventory): Hand {
  return {
    setWeights: (weights) => {
      const { namespace, deployment } = inventory.workload;
      const value = Object.entries(weights).map(([cloud, weight]) => ({
        name: `${deployment}-${cloud}`,
        port: BACKEND_PORT,
        weight,
      }));
      const patch = JSON.stringify([{ op: "replace", path: "/spec/rules/0/backendRefs", value }]);
      return Object.values(inventory.clusters).map(({ context }) =>
        kubectl(context, namespace, ["patch", "httproute", deployment, "--type=json", `--patch=${patch}`]),
      );
    },
    scale: (cluster, replicas) => {
      const { namespace, deployment } = inventory.workload;
      const { context } = known("cluster", cluster, inventory.clusters);
      return [
        kubectl(context, namespace, ["scale", `deployment/${deployment}`, `--replicas=${replicas}`]),
        kubectl(context, namespace, [
          "rollout",
          "status",
          `deployment/${deployment}`,
          `--timeout=${READY_WITHIN}`,
        ]),
      ];
    },
    database: (at, act) => memberLines(inventory, at, act),
  };
}

function memberLines(inventory: Inventory, at: At, act: DatabaseAct): string[] {
  const sql = (...statements: readonly string[]) => psql(inventory, at, statements);
  const inPod = (...words: readonly string[]) => exec(inventory, at, words);
  switch (act.act) {
    case "block-writes":
      return [
        sql("ALTER SYSTEM SET default_transaction_read_only = on", RELOAD),
        // Again until it answers no row: a session that wrote before, or waits for a standby, may still commit.
        sql(
          "SELECT pid, state, wait_event FROM pg_stat_activity WHERE backend_xid IS NOT NULL OR wait_event = 'SyncRep'",
        ),
      ];
    case "unblock-writes":
      return [sql("ALTER SYSTEM RESET default_transaction_read_only", RELOAD)];
    case "stop-cleanly":
      return [inPod("pg_ctl", "stop", "--mode=fast", "--wait"), inPod("pg_controldata")];
    case "start-as-primary":
      return [inPod("sh", "-c", 'rm -f "$PGDATA/standby.signal"'), START(inPod), PUT_SIGNAL_BACK(inPod)];
    case "promote":
      return [sql("SELECT pg_promote(true, 60)"), PUT_SIGNAL_BACK(inPod)];
    case "follow":
    case "attach":
      return followLines(inventory, at, act);
    case "detach":
      return [
        sql("ALTER SYSTEM SET primary_conninfo = ''", "ALTER SYSTEM SET primary_slot_name = ''", RELOAD),
        // Again until it answers no row: what is still received could be acknowledged.
        sql("SELECT status FROM pg_stat_wal_receiver"),
      ];
    case "rebuild":
      return rebuildLines(inventory, at, act);
    case "create-slot":
      return [
        sql(
          `SELECT pg_create_physical_replication_slot(${quoteLiteral(act.slot)}, true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(act.slot)})`,
        ),
      ];
    case "drop-slot":
      return [
        sql(
          `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(act.slot)} AND NOT active`,
        ),
      ];
    case "set-synchronous":
      return [sql(`ALTER SYSTEM SET synchronous_standby_names = ${quoteLiteral(act.names)}`, RELOAD)];
    default:
      return act satisfies never;
  }
}

const RELOAD = "SELECT pg_reload_conf()";

type InPod = (...words: readonly string[]) => string;

const START = (inPod: InPod) =>
  inPod("sh", "-c", 'pg_ctl status || pg_ctl start --wait --log="$PGDATA/startup.log"');

/** So that an accidental start later is a standby's, which takes no writes (PostgreSQL documentation, "standby.signal"). */
const PUT_SIGNAL_BACK = (inPod: InPod) => inPod("sh", "-c", 'touch "$PGDATA/standby.signal"');

/** A base backup beside what is there, which goes only once the new one is whole. */
function rebuildLines(
  inventory: Inventory,
  at: At,
  { primary, slot }: Extract<DatabaseAct, { act: "rebuild" }>,
): string[] {
  const inPod: InPod = (...words) => exec(inventory, at, words);
  const source = quoteShellWord(conninfoOf(inventory, at, primary));
  const backup = `pg_basebackup --dbname=${source} --slot=${quoteShellWord(slot)} --wal-method=stream --checkpoint=fast --pgdata="$PGDATA.new"`;
  return [
    inPod("sh", "-c", "pg_ctl status && pg_ctl stop --mode=immediate --wait || true"),
    inPod("sh", "-c", `rm -rf "$PGDATA.new" && ${backup}`),
    inPod("sh", "-c", 'rm -rf "$PGDATA" && mv "$PGDATA.new" "$PGDATA"'),
    ...followLines(inventory, at, { act: "follow", primary, slot }),
  ];
}

/** The same lines for a running standby and for a former primary that was stopped: the signal file makes both one. */
function followLines(
  inventory: Inventory,
  at: At,
  { primary, slot }: Extract<DatabaseAct, { act: "follow" | "attach" }>,
): string[] {
  const conninfo = conninfoOf(inventory, at, primary);
  const inPod: InPod = (...words) => exec(inventory, at, words);
  return [
    PUT_SIGNAL_BACK(inPod),
    START(inPod),
    psql(inventory, at, [
      `ALTER SYSTEM SET primary_conninfo = ${quoteLiteral(conninfo)}`,
      `ALTER SYSTEM SET primary_slot_name = ${quoteLiteral(slot)}`,
      "ALTER SYSTEM RESET default_transaction_read_only",
      RELOAD,
    ]),
    psql(inventory, at, ["SELECT status, received_tli, slot_name FROM pg_stat_wal_receiver"]),
  ];
}

function conninfoOf(inventory: Inventory, at: At, primary: Cloud): string {
  const { instance } = memberIn(inventory, { database: at.database, cloud: primary });
  const own = memberIn(inventory, at);
  return [
    `host=${instance}.${primary}.${inventory.service.domain}`,
    "user=replication",
    `application_name=${own.slot}`,
    `passfile=${PASSFILE}`,
    "sslmode=verify-full",
  ].join(" ");
}

/** Each statement is a transaction of its own, since ALTER SYSTEM does not run inside one. */
function psql(inventory: Inventory, at: At, statements: readonly string[]): string {
  const commands = statements.map((statement) => `--command=${statement}`);
  return exec(inventory, at, [
    "psql",
    "--no-psqlrc",
    "--set=ON_ERROR_STOP=1",
    "--username=postgres",
    "--dbname=postgres",
    ...commands,
  ]);
}

function exec(inventory: Inventory, at: At, words: readonly string[]): string {
  const { instance } = memberIn(inventory, at);
  return kubectl(contextOf(inventory, at.cloud), inventory.workload.namespace, [
    "exec",
    `pod/${instance}-0`,
    "--",
    ...words,
  ]);
}

function kubectl(context: string, namespace: string, words: readonly string[]): string {
  return shellCommand(["kubectl", `--context=${context}`, `--namespace=${namespace}`, ...words]);
}

function contextOf({ clusters }: Inventory, cloud: Cloud): string {
  const own = Object.values(clusters).filter((cluster) => cluster.cloud === cloud);
  const home = own.find(({ tier }) => tier === "primary") ?? own[0];
  if (home === undefined) throw new RangeError(`the inventory names no cluster in ${cloud}`);
  return home.context;
}

function memberIn(
  { databases }: Inventory,
  { database, cloud }: At,
): { readonly instance: string; readonly slot: string } {
  return known(
    `member of ${quoteIdentifier(database)}`,
    cloud,
    known("database", database, databases).members,
  );
}

function known<T>(what: string, name: string, all: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found === undefined) throw new RangeError(`the inventory names no ${what} ${JSON.stringify(name)}`);
  return found;
}
