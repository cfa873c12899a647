/** Recorded answers for tests: one world at one moment. */
import type { GuardVerdict } from "../../domain/guards/guard.ts";
import { type DatabaseMemberFacts, type Snapshot, SNAPSHOT_VERSION } from "../../domain/snapshot.ts";
import type { PlannedAct, PlannedOther } from "../../engine/planning.ts";
import type { CloudsAnswer, PlanAnswer, StatusAnswer, TrafficAnswer } from "../api/parse-answers.ts";
import type { AutomationAnswer, AutomationStopped } from "../api/parse-automation.ts";
import type { LocalStatus } from "../context.ts";
import { HASH, NOW_MS, PIVOT, refuses, view } from "./recorded-runs.ts";

const standby: DatabaseMemberFacts = {
  state: "running",
  role: "standby",
  writesBlocked: false,
  timeline: 3,
  position: "0/5000148",
  replayed: "0/5000100",
  stoppedCleanly: false,
  follows: "aws",
  streaming: true,
  lagMs: 12,
  synchronousNames: "",
  slots: [],
};
const primary: DatabaseMemberFacts = {
  ...standby,
  role: "primary",
  position: "0/5000148",
  replayed: "0/5000148",
  follows: null,
  streaming: false,
  lagMs: 0,
};

const cluster = (cloud: string, ready = 2) => ({
  cloud,
  replicas: 2,
  ready,
  generation: 1,
  observedGeneration: 1,
});
const healthy = { verdict: "healthy", reason: "", observers: 1, sinceMs: 0, clusters: {} } as const;

const snapshot: Snapshot = {
  takenAtMs: NOW_MS,
  clouds: { aws: healthy, azure: healthy, gcp: healthy },
  clusters: {
    "aws-west": cluster("aws"),
    "aws-east": cluster("aws"),
    "azure-west": cluster("azure"),
    "azure-east": cluster("azure"),
    "gcp-west": cluster("gcp"),
    "gcp-east": cluster("gcp"),
  },
  traffic: { weights: { aws: 34, azure: 33, gcp: 33 }, version: 7, setBy: "olivia" },
  demand: { requestsPerSecond: 201.4, source: "measured" },
  databases: {
    wildlifedb: { members: { aws: primary, azure: standby, gcp: standby }, alone: { cloud: null } },
  },
};

export const status: StatusAnswer = {
  profile: "drill",
  at: NOW_MS,
  snapshot,
  observers: 1,
  runs: [],
  you: { name: "olivia", roles: ["viewer", "operator"] },
  orchestrator: { acts: true, why: null, members: [] },
};

/** A night: a cloud half down, a standby lost, writes blocked, a run in flight. */
/** Two of three members are gone, and the third serves the API alone. */
export const standing: StatusAnswer = {
  ...status,
  orchestrator: {
    acts: false,
    why: "1 of 3 members are up (not aws, azure), and 2 have to be",
    members: [
      { name: "aws", up: false },
      { name: "azure", up: false },
      { name: "gcp", up: true },
    ],
  },
};

export const troubled: StatusAnswer = {
  ...status,
  at: NOW_MS - 65_000,
  snapshot: {
    ...snapshot,
    clouds: {
      ...snapshot.clouds,
      azure: { verdict: "degraded", reason: "p99 310 ms over 10 s", observers: 1, sinceMs: 0, clusters: {} },
      gcp: { verdict: "down", reason: "no pod answers", observers: 1, sinceMs: 0, clusters: {} },
    },
    clusters: {
      ...snapshot.clusters,
      "azure-east": cluster("azure", 1),
      "gcp-west": { ...cluster("gcp", 0), replicas: null },
    },
    databases: {
      wildlifedb: {
        members: {
          aws: { ...primary, writesBlocked: true },
          azure: { ...standby, replayed: "0/4000000", lagMs: 9_000, streaming: false },
          gcp: {
            ...standby,
            state: "unreachable",
            role: null,
            timeline: null,
            position: null,
            replayed: null,
            follows: null,
          },
        },
        alone: { cloud: null },
      },
    },
  },
  runs: [
    view("holding", { doing: "watch the objective after shift 1 of 2", acts: { planned: 4, verified: 1 } }),
  ],
};

const pass = (guard: GuardVerdict["guard"]): GuardVerdict => ({ guard, verdict: "pass", why: "", facts: {} });
const warned: GuardVerdict = {
  guard: "capacity-for-the-shift",
  verdict: "warn",
  why: "capacity is short, and this act does not make it worse",
  facts: { demandPerSecond: 201.4, readyPerSecond: { aws: 120, azure: 60, gcp: 120 } },
};

const act = (
  parts: Pick<PlannedAct, "op" | "title" | "target" | "before" | "after"> & Partial<PlannedAct>,
): PlannedAct => ({
  kind: "act",
  params: {},
  undoable: true,
  pivot: null,
  guards: [],
  capacity: null,
  byHand: [],
  ...parts,
});
const other = (
  kind: PlannedOther["kind"],
  title: string,
  forMs: number | null = null,
  pivot: string | null = null,
): PlannedOther => ({ kind, title, pivot, forMs });

export const plan: PlanAnswer = {
  profile: "drill",
  approval: { by: "policy" },
  refusals: [],
  forecast: {
    steps: [
      null,
      { typicalMs: 2_500, mostMs: 11_000, seen: 0 },
      { typicalMs: 231, mostMs: 664, seen: 7 },
      { typicalMs: 2_000, mostMs: 2_000, seen: 0 },
      null,
      { typicalMs: 250, mostMs: 600, seen: 0 },
      { typicalMs: 101, mostMs: 393, seen: 10 },
      { typicalMs: 320, mostMs: 600, seen: 2 },
      { typicalMs: 1_800_000, mostMs: 1_800_000, seen: 0 },
    ],
    typicalMs: 1_805_402,
  },
  seen: { v: SNAPSHOT_VERSION, ...snapshot },
  plan: {
    runbook: "manual-failover",
    codeVersion: "0123456789abcdef",
    input: { from: "aws", to: "azure", database: "move" },
    inventoryDigest: "1",
    primaries: { wildlifedb: { cloud: "aws", timeline: 3 } },
    policyVersion: 7,
    locks: ["database/wildlifedb", "traffic"],
    locksForMs: 1_800_000,
    hash: HASH,
    steps: [
      other("read", "the world before"),
      act({
        op: "scale",
        title: "scale azure-west to 3 pods",
        target: "cluster/azure-west",
        before: { replicas: 2, generation: 1 },
        after: { replicas: 3, generation: 2 },
        guards: [pass("weights-are-whole"), warned],
      }),
      act({
        op: "set-weights",
        title: "shift traffic: aws 34 azure 33 gcp 33 -> aws 9 azure 58 gcp 33",
        target: "traffic",
        capacity: {
          perCloud: {
            aws: { ready: 120, needed: 18.1 },
            azure: { ready: 180, needed: 116.8 },
            gcp: { ready: 120, needed: 66.5 },
          },
          worstLoss: { lost: "azure", survives: true, remaining: 240, demand: 201.4, missing: 0 },
        },
        before: { weights: { aws: 34, azure: 33, gcp: 33 }, version: 7 },
        after: { weights: { aws: 9, azure: 58, gcp: 33 }, version: 8 },
      }),
      other("hold", "watch the objective after shift 1 of 1", 2_000),
      other("pivot", PIVOT, 20_000, PIVOT),
      act({
        op: "block-writes",
        title: "block writes on aws",
        target: "database/wildlifedb@aws",
        before: { writesBlocked: false, slots: ["standby_azure"] },
        after: { writesBlocked: true, slots: ["standby_azure"] },
        pivot: PIVOT,
      }),
      other("check", "azure has replayed all that was ever acknowledged", null, PIVOT),
      act({
        kind: "commit",
        op: "promote",
        title: "promote azure",
        target: "database/wildlifedb@azure",
        before: { role: "standby", timeline: 3, follows: "aws" },
        after: { role: "primary", timeline: 4, follows: null },
        undoable: false,
        pivot: PIVOT,
        guards: [
          { ...pass("one-writable-primary"), facts: { risen: "azure", fenced: ["aws"] } },
          { ...pass("no-loss-beyond-policy"), facts: { promoted: "azure", lossBytes: 0, rpoBytes: 0 } },
        ],
      }),
      other("hold", "soak: watch the objective before the source comes down", 1_800_000),
    ],
  },
};

export const refusedPlan: PlanAnswer = {
  ...plan,
  approval: { by: "people", count: 1 },
  profile: "production",
  refusals: [refuses],
  plan: {
    ...plan.plan,
    steps: plan.plan.steps.map((step) =>
      "guards" in step && step.op === "set-weights" ? { ...step, guards: [refuses] } : step,
    ),
  },
};

export const traffic: TrafficAnswer = {
  policy: {
    weights: snapshot.traffic.weights,
    version: 7,
    epoch: 3,
    setBy: "olivia",
    why: "rollback rollback-1",
    setAtMs: NOW_MS - 3_600_000,
  },
  clouds: {
    ...snapshot.clouds,
    gcp: { verdict: "down", reason: "no pod answers", observers: 1, sinceMs: 0, clusters: {} },
  },
  window: { ms: 10_000, requests: 2_003, failed: 1, slow: 4, p99Ms: 38.2 },
  demand: { requestsPerSecond: 201.4, windowMs: 60_000 },
};

export const localStatus: LocalStatus = {
  edge: { url: "http://127.0.0.1:8080" },
  databases: [
    { cloud: "aws", url: "postgres://postgres:secret@127.0.0.1:5001/wildlifedb", role: "standby", pid: 11 },
    { cloud: "azure", url: "postgres://postgres:secret@127.0.0.1:5002/wildlifedb", role: "primary", pid: 12 },
    { cloud: "gcp", url: "postgres://postgres:secret@127.0.0.1:5003/wildlifedb", role: "down", pid: null },
  ],
  pods: [{ cloud: "aws", cluster: "aws-west", url: "http://127.0.0.1:9001", pid: 21 }],
  agents: [{ cloud: "aws", url: "http://127.0.0.1:7001", pid: 31 }],
  observers: [{ cloud: "aws", url: "http://127.0.0.1:7101", pid: 36 }],
  orchestrator: [
    {
      cloud: null,
      apiUrl: "http://127.0.0.1:8100",
      tokenFile: "/here/.wildcam/tokens/olivia",
      pids: { server: 41, engine: 42 },
    },
  ],
  stateDir: "/here/.wildcam",
};

const sinceMs = NOW_MS - 3_720_000;
const wellStanding = { verdict: "healthy", reason: "answers", observers: 4, sinceMs } as const;
const lostStanding = {
  verdict: "down",
  reason: "none of its 2 pods answers: it refuses connections (as observer azure, observer gcp, edge see it)",
  observers: 3,
  sinceMs: NOW_MS - 2_000,
} as const;

function cloudsAsSeen(lost: string | null): CloudsAnswer {
  const names = ["aws", "azure", "gcp"];
  const standing = (cloud: string) => (cloud === lost ? lostStanding : wellStanding);
  const sights = (own: string | null) =>
    names.flatMap((cloud) =>
      ["west", "east"].map((side) => {
        const state = cloud === lost && own !== lost ? ("fails" as const) : ("answers" as const);
        return [`${cloud}-${side}`, { state, reason: "2 of 2 pods answer" }] as const;
      }),
    );
  const vantage = (name: string, cloud: string | null) => ({
    name,
    cloud,
    heardAtMs: NOW_MS - (cloud === lost ? 2_400 : 200),
    isolated: false,
    problem: cloud !== null && cloud === lost ? `${name} did not answer /v1/sighting: ECONNREFUSED` : null,
    clusters: Object.fromEntries(sights(cloud)),
  });
  return {
    at: NOW_MS,
    clouds: names.map((cloud) => ({
      cloud,
      ...standing(cloud),
      own: null,
      clusters: ["west", "east"].map((side) => ({ cluster: `${cloud}-${side}`, ...standing(cloud) })),
    })),
    vantages: [...names.map((cloud) => vantage(`observer ${cloud}`, cloud)), vantage("edge", null)],
  };
}

export const clouds = cloudsAsSeen(null);
/** As it stands after all of aws has died. */
export const cloudsAfter = cloudsAsSeen("aws");

export const automation: AutomationAnswer = {
  profile: "production",
  stopped: null,
  runsPerHour: 2,
  actions: [
    { action: "shift-traffic", mode: "act", stated: "act", setBy: null, setAtMs: null },
    { action: "promote", mode: "propose", stated: "propose", setBy: null, setAtMs: null },
    { action: "restore", mode: "observe", stated: "propose", setBy: "adam", setAtMs: NOW_MS - 60_000 },
  ],
  outages: [{ cloud: "aws", verdict: "down", sinceMs: NOW_MS - 30_000, runs: ["survive-outage-aws-auto-1"] }],
  begun: ["survive-outage-aws-auto-1"],
};
export const automationStopped: AutomationStopped = {
  ...automation,
  stopped: { by: "olivia", why: "we look first", atMs: NOW_MS - 1_000 },
  paused: ["survive-outage-aws-auto-1"],
  unreached: ["restore-traffic-gcp-auto-1"],
};
