import { afterEach, beforeEach, expect, test } from "vitest";
import { pollUntil } from "../../src/drivers/local/processes/wait.ts";
import {
  bringUpWithinMs,
  startTestWorld,
  type TestWorld,
} from "../../src/drivers/local/testing/shared-world.ts";
import { layoutOf } from "../../src/drivers/local/world/layout.ts";
import { readWorldFile } from "../../src/drivers/local/world/world-file-parse.ts";
import { systemClock } from "../../src/drivers/process/clock.ts";
import { exampleInventory } from "../../src/engine/testing/example-inventory.ts";
import type { HealthChange } from "../../src/loops/health/decide.ts";
import { HealthBoard } from "../../src/server/health-board.ts";

const WITHIN_MS = 30_000;
let world: TestWorld;
let board: HealthBoard;
const leaving = new AbortController();
const changes: HealthChange[] = [];

beforeEach(async () => {
  world = await startTestWorld();
  const { clouds, clusters } = exampleInventory();
  board = new HealthBoard({
    points: world.points,
    rules: {
      timings: { freshMs: 3_000, dwellMs: 1_000, slowMs: 4_000, backMs: 15_000, backMostMs: 300_000 },
      clouds: Object.keys(clouds),
      clusters,
    },
    clock: systemClock,
    changed: (some) => changes.push(...some),
  });
  void board.watch(leaving.signal);
}, bringUpWithinMs);
afterEach(async () => {
  leaving.abort();
  await world.close();
});

async function until(what: string, holds: (verdicts: Verdicts) => boolean): Promise<Verdicts> {
  const ask = async () => {
    const verdicts = await board.verdicts(AbortSignal.timeout(10_000));
    return holds(verdicts) ? verdicts : undefined;
  };
  const held = await pollUntil(ask, { withinMs: WITHIN_MS, everyMs: 100 });
  if (held === undefined) throw new Error(`in vain until ${what}`);
  return held;
}

type Verdicts = Awaited<ReturnType<HealthBoard["verdicts"]>>;

test("a killed cloud takes its observer along, and is down by those that are left; no other cloud is doubted", async () => {
  await until("all is healthy", (seen) => Object.values(seen).every(({ verdict }) => verdict === "healthy"));
  const keeperPid = readWorldFile(layoutOf(world.stateDir).worldFile)?.clouds["gcp"]?.keeperPid;
  if (typeof keeperPid !== "number") throw new Error("gcp has no keeper");
  changes.length = 0;
  process.kill(keeperPid, "SIGKILL");
  const { gcp, aws, azure } = await until("gcp is down", (seen) => seen["gcp"]?.verdict === "down");
  expect(gcp?.observers).toBeGreaterThanOrEqual(2);
  expect(gcp?.clusters).toEqual({ "gcp-west": "down", "gcp-east": "down" });
  expect([aws?.verdict, azure?.verdict]).toEqual(["healthy", "healthy"]);
  const bad = changes.filter(({ to }) => to === "down" || to === "degraded");
  expect(bad.every(({ cloud }) => cloud === "gcp")).toBe(true);
  const problems = board.vantages().filter(({ problem }) => problem !== null);
  expect(problems.map(({ name }) => name)).toEqual(["observer gcp"]);
});
