import { afterEach, describe, expect, test } from "vitest";
import { timingsOf } from "../domain/verdicts/standing.ts";
import type { HealthChange, HealthRules } from "../loops/health/decide.ts";
import type { Clock } from "../ports/clock.ts";
import { healthContract } from "../ports/health.contract.ts";
import { Random } from "../simulation/random.ts";
import { fault, Night } from "../simulation/testing/night.ts";
import { ModelVantagePoints, type VantageTrouble } from "../simulation/world/model-vantage-points.ts";
import type { VantagePoint } from "../ports/vantage-points.ts";
import { HealthBoard } from "./health-board.ts";

const TWO_MINUTES_MS = 120_000;
const leaving: AbortController[] = [];
afterEach(() => {
  for (const one of leaving.splice(0)) one.abort();
});

type Watched = {
  readonly night: Night;
  readonly watched: ModelVantagePoints;
  readonly board: HealthBoard;
  readonly changes: HealthChange[];
  /** The process stands still for so long: it neither wakes nor hears, and what it had asked is too late then. */
  freeze(ms: number): Promise<void>;
};

function watch(more: Partial<HealthRules> = {}, trouble: VantageTrouble | null = null): Watched {
  const night = new Night();
  const watched = new ModelVantagePoints(night.world, night.kernel, new Random(7));
  if (trouble !== null) for (const { name } of watched.points) watched.trouble.set(name, trouble);
  const { clouds, clusters, policies } = night.inventory;
  const timings = timingsOf(policies);
  const changes: HealthChange[] = [];
  const { kernel } = night;
  let thawsAtMs = 0;
  const untilThawed = async (): Promise<boolean> => {
    const leftMs = thawsAtMs - kernel.now();
    if (leftMs > 0) await kernel.sleep(leftMs, kernel.within(leftMs * 2));
    return leftMs > 0;
  };
  const clock: Clock = {
    now: () => kernel.now(),
    within: (ms, also) => kernel.within(ms, also),
    sleep: async (ms, signal) => {
      await kernel.sleep(ms, signal);
      await untilThawed();
    },
  };
  const heard = (point: VantagePoint): VantagePoint => ({
    ...point,
    look: async (signal) => {
      const look = await point.look(signal);
      if (await untilThawed()) throw new Error("it did not answer in time");
      return look;
    },
  });
  const board = new HealthBoard({
    points: watched.points.map(heard),
    rules: { timings, clouds: Object.keys(clouds), clusters, ...more },
    clock,
    changed: (some) => changes.push(...some),
  });
  const one = new AbortController();
  leaving.push(one);
  void board.watch(one.signal);
  const freeze = async (ms: number): Promise<void> => {
    thawsAtMs = kernel.now() + ms;
    await night.pass(ms);
  };
  return { night, watched, board, changes, freeze };
}

const read = ({ night, board }: Watched) => night.run(board.verdicts(night.kernel.within(60_000)));

healthContract("a server's board over the model world", () => {
  const seen = watch();
  const besides = watch({ clouds: ["aws", "azure", "gcp", "moon"] });
  return {
    health: { verdicts: () => read(seen) },
    clouds: Object.keys(seen.night.inventory.clouds),
    clusters: Object.keys(seen.night.inventory.clusters),
    observers: 2,
    withUnwatched: { health: { verdicts: () => read(besides) }, cloud: "moon" },
  };
});

describe("a server's board", () => {
  test("answers its first question with a verdict, after one round", async () => {
    const of = watch();
    const beganMs = of.night.kernel.now();
    const verdicts = Object.values(await read(of)).map(({ verdict, observers }) => [verdict, observers]);
    expect(verdicts).toEqual([
      ["healthy", 4],
      ["healthy", 4],
      ["healthy", 4],
    ]);
    expect(of.night.kernel.now() - beganMs).toBeLessThan(300);
  });

  test("says unknown when nobody can be heard, and does not make its reader wait for ever", async () => {
    const of = watch({}, "silent");
    const beganMs = of.night.kernel.now();
    const facts = await read(of);
    expect(Object.values(facts).map(({ verdict }) => verdict)).toEqual(["unknown", "unknown", "unknown"]);
    expect(of.night.kernel.now() - beganMs).toBeLessThan(5_000);
    expect(of.board.vantages().every(({ problem }) => problem?.includes("did not answer"))).toBe(true);
  });

  test("says unknown as soon as all fall silent after it had seen them well", async () => {
    const of = watch();
    await read(of);
    for (const { name } of of.watched.points) of.watched.trouble.set(name, "silent");
    await of.night.pass(10_000);
    expect((await read(of))["aws"]).toMatchObject({ verdict: "unknown" });
    expect(of.changes.some(({ to }) => to === "down" || to === "degraded")).toBe(false);
  });

  test("sees a cloud die in time, tells it once, and sees it come back after the way back", async () => {
    const of = watch();
    await read(of);
    of.changes.length = 0;
    of.night.world.inject(fault("process", "killed", "cloud/aws"));
    await of.night.pass(3_000);
    expect(of.changes.filter(({ cluster }) => cluster === null)).toMatchObject([
      { cloud: "aws", from: "healthy", to: "down", observers: 3 },
    ]);
    expect(["aws", "azure", "moon"].filter((cloud) => of.board.isDown(cloud))).toEqual(["aws"]);
    of.night.world.heal(fault("process", "killed", "cloud/aws"));
    await of.night.pass(of.night.inventory.policies.verdicts.back - 1_000);
    expect((await read(of))["aws"]?.verdict).toBe("down");
    await of.night.pass(3_000);
    expect((await read(of))["aws"]?.verdict).toBe("healthy");
  });

  const kinds: readonly VantageTrouble[] = ["cut-off", "cut-off-knowing", "lossy", "slow", "lying", "silent"];
  test.each(kinds)(
    "changes no verdict while one of its vantage points is %s for two minutes",
    async (kind) => {
      const of = watch();
      await read(of);
      of.changes.length = 0;
      of.watched.trouble.set(kind === "lossy" ? "edge" : "observer gcp", kind);
      await of.night.pass(TWO_MINUTES_MS);
      expect(of.changes).toEqual([]);
    },
  );

  test("knows what it knew when it has stood still itself for longer than a word is fresh", async () => {
    const of = watch();
    await read(of);
    of.changes.length = 0;
    for (let times = 0; times < 5; times += 1) {
      await of.freeze(5_000 + times * 70);
      expect(Object.values(await read(of)).map(({ verdict }) => verdict)).toEqual(Array(3).fill("healthy"));
      await of.night.pass(2_000);
    }
    expect(of.changes).toEqual([]);
  });

  test("says nothing of what it slept through: a cloud that died meanwhile is down after a dwell of looking", async () => {
    const of = watch();
    await read(of);
    of.changes.length = 0;
    of.night.world.inject(fault("process", "killed", "cloud/aws"));
    await of.freeze(5_000);
    expect((await read(of))["aws"]?.verdict).toBe("healthy");
    await of.night.pass(of.night.inventory.policies.verdicts.dwell + 1_500);
    expect((await read(of))["aws"]?.verdict).toBe("down");
    expect(of.changes.some(({ to }) => to === "unknown")).toBe(false);
  });

  test("says unknown when it wakes and hears nobody", async () => {
    const of = watch();
    await read(of);
    for (const { name } of of.watched.points) of.watched.trouble.set(name, "silent");
    await of.freeze(5_000);
    expect((await read(of))["aws"]?.verdict).toBe("unknown");
  });

  test("lets nobody wait for vantage points that have been silent for long", async () => {
    const of = watch();
    await read(of);
    for (const name of ["edge", "observer gcp"]) of.watched.trouble.set(name, "silent");
    await of.night.pass(10_000);
    const beganMs = of.night.kernel.now();
    expect((await read(of))["azure"]?.verdict).toBe("healthy");
    expect(of.night.kernel.now()).toBe(beganMs);
  });

  test("still sees a cloud die while one vantage point lies", async () => {
    const of = watch();
    await read(of);
    of.watched.trouble.set("observer gcp", "lying");
    of.night.world.inject(fault("process", "killed", "cloud/aws"));
    await of.night.pass(3_000);
    expect((await read(of))["aws"]?.verdict).toBe("down");
  });
});
