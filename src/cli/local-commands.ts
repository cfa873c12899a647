/** The rows of `command-table.ts` about the world on this machine. */
import type { CommandSpec } from "./command-spec.ts";

const FAULT_WORDS = ["kill", "freeze", "slow", "errors", "partition", "heal", "list"] as const;

export const LOCAL_COMMANDS: readonly CommandSpec[] = [
  {
    path: ["local", "up"],
    summary: "bring up three clouds on this machine",
    arguments: [],
    options: [
      { flags: "--foreground", summary: "stay, and take it down on Ctrl-C" },
      { flags: "--profile <NAME>", summary: "holds and approvals (default drill)", values: "profiles" },
      { flags: "--edge-port <N>", summary: "the edge's port (default: any free one)" },
      { flags: "--ha", summary: "three members of the orchestrator, one in each cloud" },
      { flags: "--partitions", summary: "clouds can be cut off (not with --ha)" },
    ],
    load: async () => (await import("./commands/local-up.ts")).localUp,
  },
  {
    path: ["local", "down"],
    summary: "take them down",
    arguments: [],
    options: [{ flags: "--purge", summary: "and remove the state folder" }],
    load: async () => (await import("./commands/local-down.ts")).localDown,
  },
  {
    path: ["local", "status"],
    summary: "addresses and processes, for load, probes and kills",
    arguments: [],
    options: [],
    load: async () => (await import("./commands/local-status.ts")).localStatus,
  },
  {
    path: ["local", "fault"],
    summary: "harm a whole cloud of the local world, or a cluster of it, or heal it",
    arguments: [{ name: "WHAT", summary: FAULT_WORDS.join(", "), values: FAULT_WORDS }],
    options: [
      { flags: "--cloud <CLOUD>", summary: "which one; all but list want it", values: "clouds" },
      { flags: "--cluster <CLUSTER>", summary: "kill, heal: in place of --cloud, one cluster alone" },
      { flags: "--delay <TIME>", summary: "slow: how late its pods answer (default 800ms)" },
      { flags: "--percent <N>", summary: "of how many requests (default: slow 100, errors 50)" },
    ],
    load: async () => (await import("./commands/local-fault.ts")).localFault,
  },
  {
    path: ["local", "repair-member"],
    summary: "let a member of the orchestrator in again whose disk was lost",
    arguments: [{ name: "CLOUD", summary: "the cloud that it is in", values: "clouds" }],
    options: [],
    load: async () => (await import("./commands/local-repair-member.ts")).localRepairMember,
  },
];
