import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SIGHTS } from "../../domain/verdicts/sighting.ts";
import { decideHealth, newHealth } from "./decide.ts";
import {
  notWell,
  ofCloud,
  rules,
  type Sees,
  sightingsAt,
  TEN_MINUTES_MS,
  TICK_MS,
  watchFor,
} from "./testing/watched-clouds.ts";

const observer = fc.constantFrom("aws", "azure", "gcp");
const vantage = fc.constantFrom("aws", "azure", "gcp", "edge");
const chance = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
const drawn = (stream: Iterator<number>): number => stream.next().value ?? 0;

describe("ten minutes with one vantage point in trouble", () => {
  test.each([
    ["cut off, and knowing it", (): "isolated" => "isolated"],
    ["cut off, and not knowing it", (): "fails" => "fails"],
    ["silent", (): null => null],
    ["so slow that all seems slow to it", (): "slow" => "slow"],
  ] as const)("bring no cloud down or into degradation when it is %s", (_words, trouble) => {
    fc.assert(
      fc.property(vantage, (troubled) => {
        const night = watchFor(TEN_MINUTES_MS, ({ vantage: who }) =>
          who === troubled ? trouble() : "answers",
        );
        expect(night.changes).toEqual([]);
      }),
      { numRuns: 4 },
    );
  });

  test("bring nothing about when it lies as it likes, or loses what it asks", () => {
    fc.assert(
      fc.property(vantage, chance, (liar, dice) => {
        const lie = (): (typeof SIGHTS)[number] =>
          SIGHTS[Math.floor(drawn(dice) * SIGHTS.length)] ?? "unseen";
        const night = watchFor(TEN_MINUTES_MS, ({ vantage: who }) => (who === liar ? lie() : "answers"));
        expect(night.changes).toEqual([]);
      }),
      { numRuns: 5 },
    );
  });

  test("leave a cloud that dies meanwhile down all the same", () => {
    fc.assert(
      fc.property(observer, fc.constantFrom("aws", "azure"), (liar, dead) => {
        const sees: Sees = ({ vantage: who, cloud }) => {
          if (who === liar) return cloud === dead ? "answers" : "fails";
          return cloud === dead ? "fails" : "answers";
        };
        fc.pre(liar !== dead);
        const night = watchFor(10_000, sees);
        expect(night.changes.filter(notWell).every(({ cloud }) => cloud === dead)).toBe(true);
        expect(night.state.clouds[dead]?.verdict).toBe("down");
      }),
    );
  });
});

describe("flapping", () => {
  const stretch = fc.integer({ min: TICK_MS, max: 14_000 });

  test("of half of the answers, in any rhythm, changes a cloud to not healthy once at most in ten minutes", () => {
    fc.assert(
      fc.property(stretch, stretch, fc.constantFrom("slow" as const, "fails" as const), (bad, good, how) => {
        const night = watchFor(TEN_MINUTES_MS, ({ cloud, nowMs }) =>
          cloud === "aws" && nowMs % (bad + good) < bad ? how : "answers",
        );
        const changes = night.changes.filter(({ cluster }) => cluster === null);
        expect(changes.filter(notWell).length).toBeLessThanOrEqual(1);
        expect(changes.every(({ cloud }) => cloud === "aws")).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test("as each vantage point sees it by itself changes a cloud to not healthy once at most", () => {
    fc.assert(
      fc.property(chance, (dice) => {
        const night = watchFor(TEN_MINUTES_MS, ({ cloud }) => {
          if (cloud !== "gcp") return "answers";
          const die = drawn(dice);
          return die < 0.5 ? "answers" : die < 0.75 ? "slow" : "fails";
        });
        expect(ofCloud(night, "gcp").filter(notWell).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 5 },
    );
  });

  test("lengthens the way back, and no further than to its bound", () => {
    const calmAfterMs = 120_000;
    const night = watchFor(calmAfterMs + rules.timings.backMostMs + 2_000, ({ cloud, nowMs }) =>
      cloud === "aws" && nowMs < calmAfterMs && nowMs % 8_000 < 4_000 ? "fails" : "answers",
    );
    const back = ofCloud(night, "aws").find(({ to }) => to === "healthy");
    expect(back?.atMs).toBeGreaterThan(calmAfterMs + 4 * rules.timings.backMs);
    expect(back?.atMs).toBeLessThanOrEqual(calmAfterMs + rules.timings.backMostMs + TICK_MS);
  });
});

describe("a cloud that dies", () => {
  test("is down within the dwell and a look of the second vantage point that sees it, and is told of once", () => {
    const late = fc.integer({ min: 0, max: 2_500 });
    fc.assert(
      fc.property(late, late, late, (azureMs, gcpMs, edgeMs) => {
        const sees: Sees = ({ vantage: who, cloud, nowMs }) => {
          const noticesMs = { azure: azureMs, gcp: gcpMs, edge: edgeMs }[who] ?? 0;
          return cloud === "aws" && nowMs > noticesMs ? "fails" : "answers";
        };
        const [, second = 0] = [azureMs, gcpMs, edgeMs].toSorted((left, right) => left - right);
        const told = ofCloud(watchFor(10_000, sees), "aws");
        expect(told).toMatchObject([{ from: "healthy", to: "down" }]);
        expect(told[0]?.atMs).toBeLessThanOrEqual(second + rules.timings.dwellMs + 2 * TICK_MS);
        expect(told[0]?.observers).toBeGreaterThanOrEqual(2);
      }),
    );
  });

  test("whose clusters die half a second apart is told of once, as down", () => {
    let state = newHealth(rules, 0);
    const told: string[] = [];
    for (let nowMs = 0; nowMs <= 12_000; nowMs += TICK_MS) {
      const sightings = sightingsAt(nowMs, () => "answers").map((one) => ({
        ...one,
        clusters: {
          ...one.clusters,
          ...(nowMs > 6_000 ? { "aws-west": { state: "fails" as const, reason: "refuses" } } : {}),
          ...(nowMs > 6_600 ? { "aws-east": { state: "fails" as const, reason: "refuses" } } : {}),
        },
      }));
      const next = decideHealth(state, { sightings, nowMs }, rules);
      state = next.state;
      for (const { cluster, to } of next.changes) if (cluster === null && nowMs > 6_000) told.push(to);
    }
    expect(told).toEqual(["down"]);
  });

  test("in one cluster only is degraded, and says which", () => {
    const heard = sightingsAt(0, () => "answers");
    const dead = heard.map((one) => ({
      ...one,
      clusters: { ...one.clusters, "aws-west": { state: "fails" as const, reason: "refuses connections" } },
    }));
    let state = newHealth(rules, 0);
    for (let nowMs = 0; nowMs <= 5_000; nowMs += TICK_MS) {
      const sightings = dead.map((one) => ({ ...one, atMs: nowMs }));
      state = decideHealth(state, { sightings, nowMs }, rules).state;
    }
    expect(state.clusters["aws-west"]?.verdict).toBe("down");
    expect(state.clusters["aws-east"]?.verdict).toBe("healthy");
    expect(state.clouds["aws"]).toMatchObject({ verdict: "degraded" });
    expect(state.clouds["aws"]?.reason).toContain("aws-west: refuses connections");
  });

  test("in one cluster whose pods are taken away and come back is healthy only after the way back", () => {
    const goneMs = 10_000;
    const backMs = 13_000;
    const night = watchFor(60_000, ({ cloud, cluster, nowMs }) => {
      if (cloud !== "aws" || cluster !== "aws-west" || nowMs > backMs) return "answers";
      return nowMs > goneMs ? "unseen" : "fails";
    });
    const [worse, well] = ofCloud(night, "aws");
    expect([worse?.to, well?.to]).toEqual(["degraded", "healthy"]);
    expect(well?.atMs).toBeGreaterThanOrEqual(backMs + rules.timings.backMs);
  });

  test("in one cluster that is never seen again is forgotten after the way back", () => {
    const goneMs = 10_000;
    const night = watchFor(60_000, ({ cluster, nowMs }) => {
      if (cluster !== "aws-west") return "answers";
      return nowMs > goneMs ? "unseen" : "fails";
    });
    const [worse, well] = ofCloud(night, "aws");
    expect([worse?.to, well?.to]).toEqual(["degraded", "healthy"]);
    expect(well?.atMs).toBeGreaterThanOrEqual(goneMs + rules.timings.backMs);
  });

  test("and another with it leaves the third healthy, by its own observer and the edge", () => {
    const night = watchFor(20_000, ({ vantage: who, cloud }) => {
      if (who === "aws" || who === "azure") return null;
      return cloud === "gcp" ? "answers" : "fails";
    });
    const verdicts = Object.entries(night.state.clouds).map(([cloud, { verdict }]) => [cloud, verdict]);
    expect(Object.fromEntries(verdicts)).toEqual({ aws: "down", azure: "down", gcp: "healthy" });
  });

  test("that is only slow to all is degraded, once that has lasted", () => {
    const night = watchFor(6_000, ({ cloud }) => (cloud === "azure" ? "slow" : "answers"));
    expect(ofCloud(night, "azure")).toMatchObject([{ from: "healthy", to: "degraded" }]);
    expect(ofCloud(night, "azure")[0]?.atMs).toBeGreaterThanOrEqual(rules.timings.slowMs);
  });

  test("that is slow for a moment, as pods are that have just started, is as it was", () => {
    const night = watchFor(20_000, ({ cloud, nowMs }) =>
      cloud === "azure" && nowMs < rules.timings.slowMs ? "slow" : "answers",
    );
    expect(night.changes).toEqual([]);
  });
});

describe("disagreement", () => {
  test("keeps what stands and begins the dwell anew", () => {
    // Two of three say so for two looks out of three; the third look is one against one.
    const night = watchFor(60_000, ({ vantage: who, cloud, nowMs }) => {
      if (cloud !== "aws" || who === "edge") return "answers";
      const isSplit = Math.round(nowMs / TICK_MS) % 3 === 0;
      if (who === "azure") return "fails";
      return isSplit ? "unseen" : "fails";
    });
    expect(night.changes).toEqual([]);
  });
});

describe("who decides without enough vantage points", () => {
  test("says unknown of all, and never down", () => {
    fc.assert(
      fc.property(vantage, (left) => {
        const night = watchFor(30_000, ({ vantage: who }) => (who === left ? "fails" : null));
        expect(night.changes.some(notWell)).toBe(false);
        const verdicts = Object.values(night.state.clouds).map(({ verdict }) => verdict);
        expect(verdicts).toEqual(["unknown", "unknown", "unknown"]);
        expect(night.state.clouds["aws"]?.reason).toContain(`only ${left} can be heard`);
      }),
    );
  });

  test("knows again what was down before it could not look, and goes the whole way back", () => {
    const silentMs = 20_000;
    const night = watchFor(60_000, ({ vantage: who, cloud, nowMs }) => {
      if (nowMs > 10_000 && nowMs < silentMs && who !== "edge") return null;
      return cloud === "aws" && nowMs < silentMs ? "fails" : "answers";
    });
    expect(ofCloud(night, "aws").map(({ to }) => to)).toEqual(["down", "unknown", "healthy"]);
    expect(ofCloud(night, "aws").at(-1)?.atMs).toBeGreaterThanOrEqual(silentMs + rules.timings.backMs);
  });
});
