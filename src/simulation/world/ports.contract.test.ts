/** The laws of every port, held by the model world too: what is proved in it is worth little if it is easier than a real one. */
import { clustersContract } from "../../ports/clusters.contract.ts";
import { stepTokens } from "../../ports/contract-tokens.ts";
import { databasesContract } from "../../ports/databases.contract.ts";
import { edgeContract } from "../../ports/edge.contract.ts";
import { healthContract } from "../../ports/health.contract.ts";
import { vantagePointsContract } from "../../ports/vantage-points.contract.ts";
import { drivenClusters, drivenDatabases, drivenEdge, drivenHealth } from "../testing/driven-ports.ts";
import { fault, inventoryAtHand, Night } from "../testing/night.ts";
import { Random } from "../random.ts";
import { ModelVantagePoints } from "./model-vantage-points.ts";
import { LOCAL_RANGES, type Ranges, ZERO_RANGES } from "./ranges.ts";

// A pod that is ready before it is asked for would break a law of its own.
const AT_ONCE: Ranges = { ...ZERO_RANGES, podReadyMs: [1, 1] };
const WORLDS: readonly (readonly [string, Ranges])[] = [
  ["the model world that takes its time", LOCAL_RANGES],
  ["the model world without delays", AT_ONCE],
];

for (const [name, ranges] of WORLDS) {
  edgeContract(name, () => {
    const night = new Night({ ranges });
    const unreachable = new Night({ ranges, kernel: night.kernel });
    unreachable.world.inject(fault("planes", "control-down", "edge"));
    return {
      edge: drivenEdge(night),
      unreachable: drivenEdge(unreachable),
      tokens: stepTokens("edge-contract", "traffic", 2),
      startedAtMs: night.kernel.now(),
      now: () => night.kernel.now(),
      serve: async (requests) => {
        for (let number = 0; number < requests; number += 1) {
          night.world.edge.request();
          await night.pass(20);
        }
      },
    };
  });

  healthContract(name, () => {
    const night = new Night({ ranges });
    const blind = new Night({ ranges, kernel: night.kernel });
    blind.world.inject(fault("evidence", "unseen", "cloud/gcp"));
    return {
      health: drivenHealth(night),
      clouds: ["aws", "azure", "gcp"],
      clusters: Object.keys(night.inventory.clusters),
      observers: 2,
      withUnwatched: { health: drivenHealth(blind), cloud: "gcp" },
    };
  });

  vantagePointsContract(name, () => {
    const night = new Night({ ranges });
    const driven = (watched: ModelVantagePoints) =>
      watched.points.map((point) => ({
        ...point,
        look: (signal: AbortSignal) => night.run(point.look(signal)),
      }));
    const random = new Random(1);
    const troubled = new ModelVantagePoints(night.world, night.kernel, random);
    troubled.trouble.set("edge", "silent");
    const silent = driven(troubled).at(-1);
    const empty = new ModelVantagePoints(
      {
        clusters: { "moon-base": { cloud: "moon" } },
        sightOf: () => ({ state: "unseen", reason: "no pods" }),
      },
      night.kernel,
      random,
    );
    const [unknowing] = driven(empty);
    if (silent === undefined || unknowing === undefined) throw new Error("there is no vantage point");
    return {
      points: driven(new ModelVantagePoints(night.world, night.kernel, random)),
      clouds: ["aws", "azure", "gcp"],
      clusters: Object.keys(night.inventory.clusters),
      withUnknown: { point: unknowing, cluster: "moon-base" },
      silent: { ...silent, look: () => night.run(silent.look(night.kernel.within(1_000))) },
      settled: async () => undefined,
    };
  });

  clustersContract(name, () => {
    const night = new Night({ ranges });
    const half = new Night({ ranges, kernel: night.kernel });
    half.world.inject(fault("planes", "control-down", "cloud/azure"));
    return {
      clusters: drivenClusters(night),
      cluster: "azure-west",
      bystander: "gcp-east",
      halfReachable: drivenClusters(half),
      tokens: stepTokens("clusters-contract", "traffic", 2),
      pause: (ms) => night.pass(ms),
    };
  });

  databasesContract(name, () => {
    const inventory = inventoryAtHand();
    const policies = { ...inventory.policies, standbysGone: "degrade" as const };
    const night = new Night({ ranges, inventory: { ...inventory, policies } });
    const half = new Night({ ranges, kernel: night.kernel });
    half.world.inject(fault("process", "killed", "agent/gcp"));
    return {
      databases: drivenDatabases(night),
      database: "wildlifedb",
      primary: "aws",
      standby: "azure",
      third: "gcp",
      slotOf: (cloud) => `standby_${cloud}`,
      halfReachable: drivenDatabases(half),
      tokens: stepTokens("databases-contract", "database/wildlifedb", 2),
      write: async (cloud) => {
        const outcome = await night.write(cloud);
        return outcome === "acknowledged" || outcome === "read-only" ? outcome : "failed";
      },
      openWrite: async (cloud) => {
        const close = night.world.databases.openTransaction(cloud);
        return {
          end: async () => {
            close();
            return (await night.write(cloud)) === "acknowledged" ? "acknowledged" : "failed";
          },
        };
      },
      pause: (ms) => night.pass(ms),
    };
  });
}
