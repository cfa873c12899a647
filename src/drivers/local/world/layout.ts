/** Where everything of a local world is, below its state folder. */
import { join } from "node:path";

export type Layout = ReturnType<typeof layoutOf>;

/** Entries of the state folder that are ours: exactly these are removed by a purge. */
export const ownEntries = [
  "agents",
  "cache",
  "control",
  "edge",
  "effects",
  "keepers",
  "ledger",
  "ledger-copy",
  "ledger-public-key.json",
  "ledger-signing-key.pem",
  "links",
  "logs",
  "observers",
  "orchestrator",
  "people.json",
  "people.json.held",
  "postgres",
  "secrets.json",
  "sheets",
  "supervisor.json",
  "tokens",
  "world.json",
] as const;

export function layoutOf(stateDir: string) {
  const at = (...parts: string[]): string => join(stateDir, ...parts);
  return {
    stateDir,
    worldFile: at("world.json"),
    supervisorFile: at("supervisor.json"),
    secretsFile: at("secrets.json"),
    ledgerSigningKeyFile: at("ledger-signing-key.pem"),
    ledgerPublicKeyFile: at("ledger-public-key.json"),
    peopleFile: at("people.json"),
    tokenDir: at("tokens"),
    controlDir: at("control"),
    logDir: at("logs"),
    effectsDir: at("effects"),
    edgeDir: at("edge"),
    keeperDir: at("keepers"),
    cacheDir: at("cache"),
    orchestratorDir: at("orchestrator"),
    linksDir: at("links"),
    observerDir: (cloud: string) => at("observers", cloud),
    agentDir: (cloud: string) => at("agents", cloud),
    memberDir: (cloud: string) => at("orchestrator", cloud),
    logFile: (name: string) => at("logs", `${name}.log`),
    controlToken: (name: string) => at("control", `${name}.token`),
    keeperRecord: (group: string) => at("keepers", `${group}.processes.json`),
    keeperIdentity: (group: string) => at("keepers", `${group}.keeper.json`),
  };
}
