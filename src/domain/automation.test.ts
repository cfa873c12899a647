import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Mode, MODES, type Modes, TOLD } from "./automatic-actions.ts";
import {
  type AutomaticRun,
  type AutomationPolicy,
  type AutomationState,
  heed,
  type News,
  NO_AUTOMATION_YET,
} from "./automation.ts";

const MINUTE_MS = 60_000;

function policy(modes: Partial<Modes> = {}, runsPerHour = 4): AutomationPolicy {
  return {
    profile: "drill",
    modes: { "shift-traffic": "act", promote: "act", restore: "act", ...modes },
    runsPerHour,
  };
}

function news(verdict: News["verdict"], more: Partial<News> = {}): News {
  const usual = {
    by: "one",
    cloud: "aws",
    reason: "no pod answers",
    observers: 3,
    othersHealthy: 2,
    primaryThere: true,
    forMs: 1_000,
    refused: [],
  };
  return { ...usual, verdict, ...more };
}

/** Told one after the other, a minute apart. */
function told(all: readonly News[], by = policy(), from: AutomationState = NO_AUTOMATION_YET) {
  const runs: AutomaticRun[] = [];
  const says: string[] = [];
  let state = from;
  for (const [index, one] of all.entries()) {
    const heeded = heed(state, one, by, index * MINUTE_MS);
    state = heeded.state;
    runs.push(...heeded.runs);
    says.push(...heeded.says);
  }
  return { state, runs, says };
}

const shown = ({ run, input, mode, preempt }: AutomaticRun) => [run, input["database"], mode, preempt];

describe("an outage whose answer was refused", () => {
  const RUN = "survive-outage-aws-auto-1";
  const again = (more: Partial<News>) => {
    const { state } = told([news("down")]);
    return heed(state, news("down", { refused: [RUN], ...more }), policy(), MINUTE_MS);
  };

  test("is answered again when the trouble began after that answer", () => {
    const { runs, state } = again({ forMs: 2_000 });
    expect(runs.map(({ run }) => run)).toEqual(["survive-outage-aws-auto-2"]);
    expect(state.clouds["aws"]?.answeredMs).toHaveLength(2);
  });

  test("stays answered while it is the same trouble, or as long as the run is not known to be refused", () => {
    expect(again({ forMs: MINUTE_MS + 1_000 }).runs).toEqual([]);
    expect(again({ forMs: 2_000, refused: [] }).runs).toEqual([]);
    expect(again({ forMs: 2_000, refused: ["survive-outage-gcp-auto-1"] }).runs).toEqual([]);
  });

  test("is brought back all the same when it is over: traffic may be away since an earlier one", () => {
    const { state } = told([news("down")]);
    const back = heed(state, news("healthy", { refused: [RUN], forMs: 2_000 }), policy(), MINUTE_MS);
    expect(back.runs.map(({ run }) => run)).toEqual(["restore-traffic-aws-auto-1"]);
  });

  test("was only proposed, and stays answered: people have said no", () => {
    const proposes = policy({ "shift-traffic": "propose", promote: "propose" });
    const { state } = told([news("down")], proposes);
    const later = heed(state, news("down", { refused: [RUN], forMs: 2_000 }), proposes, MINUTE_MS);
    expect(later.runs).toEqual([]);
  });
});

describe("an outage", () => {
  test("that may be acted on begins one run, which takes its locks and says under which policy", () => {
    const { runs } = told([news("down")]);
    expect(runs).toEqual([
      {
        run: "survive-outage-aws-auto-1",
        runbook: "survive-outage",
        input: { cloud: "aws", database: "move" },
        mode: "act",
        policy: "automation of profile drill: shift-traffic act, promote act",
        preempt: true,
      },
    ]);
  });

  test.each<[Mode, Mode, unknown[][]]>([
    ["act", "act", [["survive-outage-aws-auto-1", "move", "act", true]]],
    [
      "act",
      "propose",
      [
        ["survive-outage-aws-auto-1", "stay", "act", true],
        ["survive-outage-aws-auto-1-move", "move", "propose", false],
      ],
    ],
    ["act", "observe", [["survive-outage-aws-auto-1", "stay", "act", true]]],
    ["propose", "act", [["survive-outage-aws-auto-1", "move", "propose", false]]],
    ["propose", "propose", [["survive-outage-aws-auto-1", "move", "propose", false]]],
    ["propose", "observe", [["survive-outage-aws-auto-1", "stay", "propose", false]]],
    ["observe", "act", []],
  ])("with weights in mode %s and promotion in mode %s goes as far as both", (shift, promote, runs) => {
    const of = told([news("down")], policy({ "shift-traffic": shift, promote }));
    expect(of.runs.map(shown)).toEqual(runs);
  });

  test("of a cloud without the primary proposes no promotion", () => {
    const of = told([news("down", { primaryThere: false })], policy({ promote: "propose" }));
    expect(of.runs.map(shown)).toEqual([["survive-outage-aws-auto-1", "stay", "act", true]]);
  });

  test("is answered once however often it is told, and again when it gets worse", () => {
    const of = told([news("degraded"), news("degraded"), news("down"), news("degraded"), news("down")]);
    expect(of.runs.map(({ run }) => run)).toEqual(["survive-outage-aws-auto-1", "survive-outage-aws-auto-2"]);
  });

  test("that grows from a region to the cloud is answered again, and the way back of the region alone is none", () => {
    const course = ["region-down", "region-down", "degraded", "region-down", "down"] as const;
    expect(told(course.map((verdict) => news(verdict))).runs.map(({ run }) => run)).toEqual([
      "survive-outage-aws-auto-1",
      "survive-outage-aws-auto-2",
      "survive-outage-aws-auto-3",
    ]);
  });

  test("of a region is answered also where no other cloud is healthy: there is another region", () => {
    expect(told([news("region-down", { othersHealthy: 0 })]).runs).toHaveLength(1);
  });

  test.each(["region-down", "degraded"] as const)(
    "proposes no promotion in place of a primary that is seen in a cloud that is %s",
    (verdict) => {
      const of = told([news(verdict)], policy({ promote: "propose" }));
      expect(of.runs.map(shown)).toEqual([["survive-outage-aws-auto-1", "stay", "act", true]]);
      const unseen = told([news(verdict, { primaryThere: null })], policy({ promote: "propose" }));
      expect(unseen.runs).toHaveLength(2);
    },
  );

  test("is only said, and once, where it is observed, stopped, or there is nowhere to go", () => {
    const twice = [news("down"), news("down")];
    const stopped = { ...NO_AUTOMATION_YET, stopped: { by: "olivia", why: "", atMs: 0 } };
    for (const of of [
      told(twice, policy({ "shift-traffic": "observe" })),
      told(twice, policy(), stopped),
      told(twice.map((one) => ({ ...one, othersHealthy: 0 }))),
    ]) {
      expect(of.runs).toEqual([]);
      expect(of.says).toEqual([expect.stringContaining("aws is down")]);
    }
  });

  test("that was not answered because automation was stopped is answered when it goes on", () => {
    const stopped = { ...NO_AUTOMATION_YET, stopped: { by: "olivia", why: "", atMs: 0 } };
    const during = told([news("down")], policy(), stopped);
    const after = told([news("down")], policy(), { ...during.state, stopped: null });
    expect(after.runs).toHaveLength(1);
  });

  test("is answered by the mode that was set by hand, whatever the profile says", () => {
    const byHand = { "shift-traffic": { mode: "propose", by: "adam", atMs: 0 } } as const;
    const of = told([news("down")], policy(), { ...NO_AUTOMATION_YET, setByHand: byHand });
    expect(of.runs.map(({ mode }) => mode)).toEqual(["propose"]);
  });
});

describe("a cloud that comes back", () => {
  test("is brought back by one run, if automation had moved away from it", () => {
    const { runs } = told([news("healthy"), news("down"), news("healthy"), news("healthy")]);
    expect(runs.slice(1)).toMatchObject([
      { run: "restore-traffic-aws-auto-1", input: { cloud: "aws", primary: "stay" }, preempt: false },
    ]);
  });

  test("is only proposed, or only spoken of, where the mode says so", () => {
    const course = [news("down"), news("healthy")];
    expect(told(course, policy({ restore: "propose" })).runs.at(-1)?.mode).toBe("propose");
    const observed = told(course, policy({ restore: "observe" }));
    expect(observed.runs).toHaveLength(1);
    expect(observed.says).toEqual([expect.stringContaining("would have run restore-traffic")]);
  });
});

describe("three servers", () => {
  const by = (name: string, verdict: News["verdict"]) => ({ ...news(verdict), by: name });
  /** All at one moment. */
  const together = (all: readonly News[]) => {
    let state = NO_AUTOMATION_YET;
    const runs: AutomaticRun[] = [];
    for (const one of all) {
      const heeded = heed(state, one, policy(), 1_000);
      state = heeded.state;
      runs.push(...heeded.runs);
    }
    return runs.map(({ run }) => run);
  };
  const allWell = ["one", "two", "three"].map((name) => by(name, "healthy"));

  test("begin nothing on the word of one of them, and one run on the word of two", () => {
    expect(together([...allWell, by("one", "down"), by("one", "down")])).toEqual([]);
    const two = [...allWell, by("one", "down"), by("three", "down"), by("two", "down")];
    expect(together(two)).toEqual(["survive-outage-aws-auto-1"]);
  });

  test("bring a cloud back only when all of them find it well", () => {
    const lost = [...allWell, ...["one", "two", "three"].map((name) => by(name, "down"))];
    expect(
      together([...lost, by("one", "healthy"), by("two", "healthy"), by("one", "healthy")]),
    ).toHaveLength(1);
    expect(together([...lost, ...allWell])).toHaveLength(2);
  });

  test("bring no cloud back while one that called it lost only does not know just now, for five minutes at most", () => {
    const at = (state: AutomationState, one: News, ms: number) => heed(state, one, policy(), ms);
    let { state } = at(NO_AUTOMATION_YET, by("one", "down"), 0);
    ({ state } = at(state, by("two", "healthy"), 20_000));
    expect(at(state, by("two", "healthy"), 40_000).runs).toEqual([]);
    expect(at(state, by("two", "healthy"), 320_000).runs).toMatchObject([{ runbook: "restore-traffic" }]);
  });

  test("begin nothing on the word of one that finds it well, whatever that one says of the others", () => {
    const ill = ["one", "two", "three"].map((name) => ({ ...by(name, "degraded"), othersHealthy: 0 }));
    expect(together([...ill, { ...by("one", "healthy"), othersHealthy: 2 }])).toEqual([]);
  });

  test("that have not been heard for a while hold nobody up", () => {
    let state = NO_AUTOMATION_YET;
    for (const one of allWell) state = heed(state, one, policy(), 0).state;
    expect(heed(state, by("one", "down"), policy(), 10_000).runs).toEqual([]);
    expect(heed(state, by("one", "down"), policy(), 20_000).runs).toHaveLength(1);
  });
});

test("no more outages of a cloud are answered in an hour than its limit, every run has a name of its own, none begins while stopped", () => {
  const any = fc.record({
    cloud: fc.constantFrom("aws", "azure"),
    verdict: fc.constantFrom(...TOLD),
    stop: fc.boolean(),
    afterMs: fc.integer({ min: 0, max: 20 * MINUTE_MS }),
    mode: fc.constantFrom(...MODES),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, limit) => {
      let state = NO_AUTOMATION_YET;
      let nowMs = 0;
      const names: string[] = [];
      const starts: { readonly cloud: string; readonly atMs: number }[] = [];
      for (const { cloud, verdict, stop, afterMs, mode } of steps) {
        nowMs += afterMs;
        state = { ...state, stopped: stop ? { by: "olivia", why: "", atMs: nowMs } : null };
        const isNew = (state.clouds[cloud]?.outage ?? null) === null;
        const heeded = heed(state, news(verdict, { cloud }), policy({ promote: mode }, limit), nowMs);
        state = heeded.state;
        if (stop) expect(heeded.runs).toEqual([]);
        names.push(...heeded.runs.map(({ run }) => run));
        if (isNew && heeded.runs.some(({ runbook }) => runbook === "survive-outage"))
          starts.push({ cloud, atMs: nowMs });
      }
      expect(new Set(names).size).toBe(names.length);
      for (const { cloud, atMs } of starts) {
        const within = starts.filter(
          (one) => one.cloud === cloud && one.atMs <= atMs && atMs - one.atMs < 60 * MINUTE_MS,
        );
        expect(within.length).toBeLessThanOrEqual(limit);
      }
    }),
  );
});
