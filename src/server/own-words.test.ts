import { describe, expect, test } from "vitest";
import type { Notice } from "../domain/own-word/notice.ts";
import { timingsOf } from "../domain/verdicts/standing.ts";
import type { HealthChange } from "../loops/health/decide.ts";
import type { StatusPage, Told } from "../ports/status-pages.ts";
import { modelAutomation } from "../simulation/model-automation.ts";
import { Random } from "../simulation/random.ts";
import { fault, Night } from "../simulation/testing/night.ts";
import { ModelVantagePoints } from "../simulation/world/model-vantage-points.ts";
import { Autonomy } from "./autonomy.ts";
import { HealthBoard } from "./health-board.ts";
import { OwnWords, type WatchedFeed } from "./own-words.ts";

const MINUTE_MS = 60_000;
const CLOUDS = ["aws", "azure", "gcp"];

const allWell: Told = { heard: true, notices: [] };
const allDown: Told = told({ gravity: "outage", text: "Everything is down" });

function told(more: Partial<Notice>): Told {
  const usual = { text: "", sinceMs: null, updatedMs: null, places: null, services: null };
  return { heard: true, notices: [{ gravity: "trouble", ...usual, ...more }] };
}

function feedOf(cloud: string, page: StatusPage): WatchedFeed {
  const about = { everyMs: MINUTE_MS, page: `https://${cloud}.example/`, regions: ["here"], services: [] };
  return { feed: { cloud, ...about }, page };
}

/** A server's loops over the model world, with the clouds' own words beside them as the server has them; null: without. */
async function watchedNight(page: StatusPage | null, during: (night: Night) => Promise<void>) {
  const night = new Night();
  const { kernel } = night;
  const { clouds, clusters, policies } = night.inventory;
  const changes: HealthChange[] = [];
  const board = new HealthBoard({
    points: new ModelVantagePoints(night.world, kernel, new Random(7)).points,
    rules: { timings: timingsOf(policies), clouds: Object.keys(clouds), clusters },
    clock: kernel,
    changed: (some) => changes.push(...some),
  });
  const begun: string[] = [];
  const now = () => kernel.now();
  const autonomy = new Autonomy({
    name: "one",
    automation: modelAutomation({ now, begin: (run) => begun.push(`${run} at ${now()}`) }),
    board,
    world: {
      databases: night.ports.databases,
      notify: { send: async () => undefined },
      clock: kernel,
      named: { clouds: CLOUDS, clusters: [], databases: ["wildlifedb"], demandFloor: 0 },
    },
    policy: {
      profile: "drill",
      modes: { "shift-traffic": "act", promote: "act", restore: "act" },
      runsPerHour: 10,
    },
    ground: {},
    endOf: async () => null,
    log: () => undefined,
  });
  board.cloudChanged = () => autonomy.wake();
  const feeds = page === null ? [] : CLOUDS.map((cloud) => feedOf(cloud, page));
  const logged: string[] = [];
  const words = new OwnWords(feeds, kernel, (line) => logged.push(line));
  const leaving = new AbortController();
  const loops = [board.watch(leaving.signal), autonomy.run(leaving.signal), words.watch(leaving.signal)];
  await night.pass(5_000);
  await during(night);
  const shown = words.of("aws");
  leaving.abort();
  await night.run(Promise.all(loops));
  return { changes, begun, shown, logged };
}

const aCloudDies = async (night: Night) => {
  night.world.inject(fault("process", "killed", "cloud/aws"));
  await night.pass(2 * MINUTE_MS);
};

const PAGES: Readonly<Record<string, StatusPage>> = {
  "say that all is well": { look: async () => allWell },
  "say that everything is down": { look: async () => allDown },
  "say nothing": { look: async () => ({ heard: false, why: "it answered 503" }) },
  "never answer": { look: () => new Promise(() => undefined) },
  "break their own laws": { look: async () => Promise.reject(new Error("thrown")) },
};

describe("what clouds say of themselves is no proof:", () => {
  test("when all say that everything is down, no verdict changes and nothing begins", async () => {
    const night = await watchedNight({ look: async () => allDown }, (of) => of.pass(10 * MINUTE_MS));
    expect(night.shown).toMatchObject({ says: "outage", text: "Everything is down" });
    expect(night.changes.filter(({ to }) => to !== "healthy")).toEqual([]);
    expect(night.begun).toEqual([]);
  });

  test.each(Object.keys(PAGES))(
    "when their pages %s, a cloud that dies is seen and answered at the very moment as without them",
    async (how) => {
      const page = PAGES[how];
      if (page === undefined) throw new Error(how);
      const without = await watchedNight(null, aCloudDies);
      const beside = await watchedNight(page, aCloudDies);
      expect(without.begun.map((line) => line.split(" at ")[0])).toContain("survive-outage-aws-auto-1");
      expect(beside.changes).toEqual(without.changes);
      expect(beside.begun).toEqual(without.begun);
    },
  );
});

describe("a cloud's own word", () => {
  function stage() {
    const night = new Night();
    const asked: number[] = [];
    const logged: string[] = [];
    const page = { told: allWell };
    const look = async (): Promise<Told> => {
      asked.push(night.kernel.now());
      return page.told;
    };
    const words = new OwnWords([feedOf("aws", { look })], night.kernel, (line) => logged.push(line));
    const leaving = new AbortController();
    return { night, asked, logged, page, words, leaving };
  }

  test("is nothing before it was asked, and null where no feed is stated", () => {
    const { words } = stage();
    expect(words.of("aws")).toMatchObject({
      says: "nothing",
      heardAtMs: null,
      problem: "it has not been asked yet",
      page: "https://aws.example/",
    });
    expect(words.of("gcp")).toBeNull();
  });

  test("is asked for at once and then seldom, and ends with the server", async () => {
    const { night, asked, words, leaving } = stage();
    const beganMs = night.kernel.now();
    const watching = words.watch(leaving.signal);
    await night.pass(3 * MINUTE_MS + 1_000);
    expect(asked.map((atMs) => atMs - beganMs)).toEqual([0, MINUTE_MS, 2 * MINUTE_MS, 3 * MINUTE_MS]);
    leaving.abort();
    await night.run(watching);
  });

  test("is about us, with when it was heard; where it then says nothing, the last word stands for five looks", async () => {
    const { night, page, words, leaving } = stage();
    page.told = told({ text: "Errors", places: ["here"], sinceMs: 5 });
    const watching = words.watch(leaving.signal);
    await night.pass(MINUTE_MS / 2);
    const heardAtMs = words.of("aws")?.heardAtMs ?? 0;
    page.told = { heard: false, why: "it answered 503" };
    await night.pass(4 * MINUTE_MS);
    expect(words.of("aws")).toEqual({
      says: "trouble",
      text: "Errors",
      sinceMs: 5,
      updatedMs: null,
      where: ["here"],
      open: 1,
      elsewhere: 0,
      heardAtMs,
      problem: "it answered 503",
      page: "https://aws.example/",
    });
    await night.pass(2 * MINUTE_MS);
    expect(words.of("aws")).toMatchObject({
      says: "nothing",
      text: "",
      heardAtMs,
      problem: "it answered 503",
    });
    leaving.abort();
    await night.run(watching);
  });

  test("of a page that never answers is asked for again, at the same pace", async () => {
    const { night, logged } = stage();
    let looks = 0;
    const look = async (): Promise<Told> => {
      looks += 1;
      return await new Promise(() => undefined);
    };
    const words = new OwnWords([feedOf("aws", { look })], night.kernel, (line) => logged.push(line));
    const leaving = new AbortController();
    const watching = words.watch(leaving.signal);
    await night.pass(3 * MINUTE_MS + 1_000);
    expect(looks).toBe(4);
    expect(words.of("aws")).toMatchObject({ says: "nothing", problem: "it did not answer in time" });
    leaving.abort();
    await night.run(watching);
  });

  test("is logged when it changes, and called a hint", async () => {
    const { night, page, words, logged, leaving } = stage();
    const watching = words.watch(leaving.signal);
    await night.pass(3 * MINUTE_MS);
    page.told = told({ gravity: "outage", text: "Down" });
    await night.pass(3 * MINUTE_MS);
    expect(logged).toEqual([
      "aws says of itself, as a hint and no proof: well: ",
      "aws says of itself, as a hint and no proof: outage: Down",
    ]);
    leaving.abort();
    await night.run(watching);
  });
});
