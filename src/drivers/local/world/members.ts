/**
 * Brings the orchestrator up, as one member or as three.
 *
 * 1. Three members come up when two of them do: the third may be what has to be repaired, and waiting for it would make
 *    of its loss the loss of all. Only where the cluster is begun all three have to.
 * 2. A member is started in its cloud's group, so that it dies with its cloud. What the members share stands outside.
 * 3. In a cloud that is brought back nobody waits for the member's server: where it is the only one, it cannot serve before
 *    another one is back.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import { spreadPartitions } from "../../restate/cluster-control.ts";
import { nodeSpec, programEnvironment, programPath } from "../processes/node-process.ts";
import { pollUntil } from "../processes/wait.ts";
import type { KeeperProcess } from "./keeper-process.ts";
import type { Layout } from "./layout.ts";
import { engineTrouble } from "./member-trouble.ts";
import {
  engineName,
  isEngineReady,
  type OrchestratorSpec,
  serverName,
  startEngine,
  startServer,
  untilEngineReady,
  writeEngineConfig,
} from "./orchestrator.ts";
import { memberSeat, noteClusterBegun, type Seat, seatsOf } from "./seats.ts";
import { WorldError } from "./world-error.ts";
import type { MemberRecord, WorldFile } from "./world-file-parse.ts";

export const forwarderName = "forwarder";
const membersNeeded = 2;
const engineReadyWithinMs = 30_000;
const forwarderReadyWithinMs = 10_000;
const lookWithinMs = 200;
const againAfterMs = 1_000;

export type Staffing = {
  readonly layout: Layout;
  readonly world: WorldFile;
  readonly inventory: Inventory;
  readonly spec: OrchestratorSpec;
  readonly keeperIn: (group: string) => KeeperProcess;
  readonly say: (what: string) => void;
};

/** Resolves once the engines take requests. */
export async function startEngines(staffing: Staffing): Promise<void> {
  const { layout, world } = staffing;
  const seats = seatsOf(layout, world);
  for (const seat of seats) seat.ports.enginePid = await startEngine(layout, keeperOf(staffing, seat), seat);
  const [only] = seats;
  if (world.orchestrator !== null && only !== undefined) return await untilEngineReady(layout, only);
  await startForwarder(staffing);
  const begun = seats.flatMap(({ cluster }) => (cluster?.provisions === true ? cluster.addresses : []));
  const begins = begun.length > 0;
  await untilReady(staffing, seats, begins ? seats.length : membersNeeded);
  if (!begins) return;
  await spreadPartitions(begun);
  noteClusterBegun(layout);
  for (const cloud of Object.keys(world.members)) writeEngineConfig(layout, memberSeat(layout, world, cloud));
}

/** Resolves once the servers serve. */
export async function startServers(staffing: Staffing): Promise<void> {
  const seats = seatsOf(staffing.layout, staffing.world);
  const came = await Promise.allSettled(
    seats.map(async (seat) => {
      await startOneServer(staffing, seat);
    }),
  );
  const failed = came.flatMap((one, index) => {
    const seat = seats[index];
    const reason: unknown = one.status === "rejected" ? one.reason : null;
    return one.status === "rejected" && seat !== undefined ? [{ seat, reason }] : [];
  });
  const [first] = failed;
  if (first !== undefined && seats.length - failed.length < Math.min(seats.length, membersNeeded))
    throw first.reason;
  for (const { seat, reason } of failed) {
    const why = reason instanceof Error ? reason.message : String(reason);
    staffing.say(`the server of ${seat.cloud ?? "the orchestrator"} does not serve yet: ${why}`);
    void untilServes(staffing, seat, keeperOf(staffing, seat));
  }
}

/** A member's two processes alone, in a world that is up. */
export function memberOf(staffing: Staffing, cloud: string) {
  const { layout, world, keeperIn } = staffing;
  return {
    stop: async (): Promise<void> => {
      const ask = { signal: "SIGKILL", withinMs: 2_000, thenKill: true } as const;
      await Promise.all([serverName, engineName].map((name) => keeperIn(cloud).keeper.stop(name, ask)));
    },
    /** Resolves once its server serves, also beside an engine that the others do not let in. Its cloud's keeper has to be there. */
    start: async (): Promise<void> => {
      const seat = memberSeat(layout, world, cloud);
      seat.ports.enginePid = await startEngine(layout, keeperIn(cloud), seat);
      await untilReady(staffing, [seat], 0);
      await startOneServer(staffing, seat);
    },
  };
}

/** Its engine runs when this resolves; its server is tried until it serves, or the cloud is gone again. */
export async function startReturned(staffing: Staffing, cloud: string): Promise<void> {
  const { layout, world } = staffing;
  const seat = memberSeat(layout, world, cloud);
  const keeper = keeperOf(staffing, seat);
  seat.ports.enginePid = await startEngine(layout, keeper, seat);
  void untilServes(staffing, seat, keeper);
}

async function untilServes(staffing: Staffing, seat: Seat, keeper: KeeperProcess): Promise<void> {
  let isGone = false;
  void keeper.ended.then(() => {
    isGone = true;
  });
  for (;;) {
    try {
      await startOneServer(staffing, seat);
      return;
    } catch {
      // Its log says why.
      await sleep(againAfterMs, undefined, { ref: false });
    }
    if (isGone) return;
  }
}

async function startOneServer({ layout, world, inventory, spec, ...of }: Staffing, seat: Seat) {
  const keeper = keeperOf(of, seat);
  const { pid } = await startServer(layout, keeper, { seat, spec, world, inventory });
  seat.ports.serverPid = pid;
}

function keeperOf({ keeperIn }: Pick<Staffing, "keeperIn">, { cloud }: Seat): KeeperProcess {
  return keeperIn(cloud ?? "orchestrator");
}

/** Until each has come up or is known not to; then at least `needed` have to be up. */
async function untilReady({ layout, say }: Staffing, seats: readonly Seat[], needed: number): Promise<void> {
  const ready = new Set<Seat>();
  const troubles = new Map<Seat, string>();
  await pollUntil(
    async () => {
      const waiting = seats.filter((seat) => !ready.has(seat));
      await Promise.all(
        waiting.map(async (seat) => {
          if (await isEngineReady(seat, lookWithinMs)) ready.add(seat);
          const trouble = engineTrouble(layout.logFile(seat.engineLog));
          if (trouble !== null) troubles.set(seat, trouble);
        }),
      );
      return seats.every((seat) => ready.has(seat) || troubles.has(seat)) ? true : undefined;
    },
    { withinMs: engineReadyWithinMs, everyMs: 25 },
  );
  const missing = seats.filter((seat) => !ready.has(seat));
  const words = missing.map((seat) => `${seat.cloud}: ${troubles.get(seat) ?? "it does not answer"}`);
  if (ready.size < needed) {
    throw new WorldError({
      what: `the orchestrator does not come up: ${ready.size} of ${seats.length} members do, and ${needed} have to`,
      why: words.join("; "),
      next: `Their logs say more: ${missing.map((seat) => layout.logFile(seat.engineLog)).join(" ")}`,
    });
  }
  for (const word of words) say(`without the orchestrator's member in ${word}`);
}

async function startForwarder({ layout, world, keeperIn }: Staffing): Promise<void> {
  const { forwarder } = world;
  if (forwarder === null) throw new RangeError("three members, and no port for their forwarder");
  const workers = Object.values(world.members).map(({ workerPort }: MemberRecord) => `${workerPort}`);
  const kept = await keeperIn("orchestrator").keeper.start(
    forwarderName,
    nodeSpec({
      program: programPath("src/drivers/local/forwarder/main.ts"),
      args: [`${forwarder.port}`, ...workers],
      env: programEnvironment(layout.cacheDir),
      logFile: layout.logFile(forwarderName),
      readyWithinMs: forwarderReadyWithinMs,
    }),
  );
  forwarder.pid = kept.pid;
}
