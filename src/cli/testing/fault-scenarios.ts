/** What `local fault` says, of a world whose supervisor answers as the real one does. */
import type { CloudFault, Faults } from "../context.ts";
import { malformed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import type { Scenario } from "./ledger-scenarios.ts";

const killed: CloudFault = {
  cloud: "aws",
  cluster: null,
  fault: "kill",
  sinceMs: 1_750_000_000_000,
  processes: 31,
  delayMs: null,
  percent: null,
};
const cutOff: CloudFault = { ...killed, fault: "partition", processes: null };
const slow = { ...killed, cloud: "gcp", fault: "slow", processes: null, delayMs: 800, percent: 100 };

/** The supervisor's reading of whom a fault is for. */
function struckBy(target: string): Pick<CloudFault, "cloud" | "cluster"> {
  const [noun, name = null] = target.split("/");
  return noun === "cluster" ? { cloud: "aws", cluster: name } : { cloud: target, cluster: null };
}

const nothing: Faults = {
  list: async () => [],
  begin: async (target, words) => ({ ...killed, ...struckBy(target), ...words }),
  heal: async (target) => ({ ...struckBy(target), fault: "kill", atMs: killed.sinceMs + 60_000 }),
};
const answering = (faults: Partial<Faults>) => ({
  outside: { localFaults: async () => ({ ...nothing, ...faults }) },
});
const refuse = async () =>
  Promise.reject(
    malformed({
      what: "aws has a fault already: kill",
      why: "kill would come on top of it, and only a kill may follow another fault",
      next: "./wildcam local fault heal --cloud aws",
    }),
  );

const noLinks = async () =>
  Promise.reject(
    malformed({
      what: "aws cannot be cut off",
      why: "this world was brought up without links that can be cut",
      next: "./wildcam local down, then ./wildcam local up --partitions",
    }),
  );

const fault = (...words: readonly string[]): readonly string[] => ["local", "fault", ...words];

export const faultScenarios: readonly Scenario[] = [
  ["local-fault-kill", EXIT.ok, fault("kill", "--cloud", "aws"), answering({})],
  ["local-fault-slow", EXIT.ok, fault("slow", "--cloud", "gcp"), answering({ begin: async () => slow })],
  [
    "local-fault-partition",
    EXIT.ok,
    fault("partition", "--cloud", "aws"),
    answering({ begin: async () => cutOff }),
  ],
  [
    "local-fault-no-links",
    EXIT.malformed,
    fault("partition", "--cloud", "aws"),
    answering({ begin: noLinks }),
  ],
  ["local-up-ha-partitions", EXIT.malformed, ["local", "up", "--ha", "--partitions"], {}],
  ["local-fault-heal", EXIT.ok, fault("heal", "--cloud", "aws"), answering({})],
  ["local-fault-cluster", EXIT.ok, fault("kill", "--cluster", "aws-west"), answering({})],
  ["local-fault-cluster-heal", EXIT.ok, fault("heal", "--cluster", "aws-west"), answering({})],
  [
    "local-fault-both",
    EXIT.malformed,
    fault("kill", "--cloud", "aws", "--cluster", "aws-west"),
    answering({}),
  ],
  ["local-fault-list", EXIT.ok, fault("list"), answering({ list: async () => [killed, slow] })],
  ["local-fault-none", EXIT.ok, fault("list"), answering({})],
  ["local-fault-twice", EXIT.malformed, fault("kill", "--cloud", "aws"), answering({ begin: refuse })],
  ["local-fault-unknown", EXIT.malformed, fault("kil", "--cloud", "aws"), answering({})],
  ["local-fault-no-cloud", EXIT.malformed, fault("freeze"), answering({})],
  ["local-fault-bad-delay", EXIT.malformed, fault("slow", "--cloud", "gcp", "--delay", "2h"), answering({})],
  [
    "local-fault-bad-percent",
    EXIT.malformed,
    fault("errors", "--cloud", "gcp", "--percent", "101"),
    answering({}),
  ],
  [
    "local-fault-down",
    EXIT.unreachable,
    fault("kill", "--cloud", "aws"),
    { outside: { localFaults: async () => null } },
  ],
];
