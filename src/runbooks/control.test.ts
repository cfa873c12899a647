import { beforeEach, describe, expect, test } from "vitest";
import type { LedgerEvent } from "../domain/ledger.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { type Started, TestBench } from "../engine/testing/test-run.ts";
import { viewOf } from "../engine/views.ts";
import { terminal } from "../ports/errors.ts";
import type { Command, PersonsCommand } from "../ports/journal.ts";
import { manualFailover } from "./manual-failover/runbook.ts";

const AWAY = { from: "aws", to: "azure" };

let on: TestBench;

beforeEach(() => {
  on = new TestBench(exampleInventory());
});

type Words = {
  readonly by?: string;
  readonly human?: string;
  readonly why?: string;
  readonly guard?: string;
};

function say(run: string, type: PersonsCommand["type"], words: Words = {}): void {
  const by = words.by ?? "dana";
  const said = { by, human: words.human ?? `${by}@wildcam.org`, why: words.why ?? "", atMs: on.kernel.now() };
  const { atMs } = said;
  on.tell(run, commandOf());

  function commandOf(): Command {
    if (type === "override") return { ...said, type, guard: words.guard ?? "" };
    if (type !== "approve") return { ...said, type };
    return { ...said, type, hash: hashOf(run), startByMs: atMs + 60_000, finishByMs: atMs + 3_600_000 };
  }
}

function hashOf(run: string): string {
  const planned = on.events.find((event) => event.run === run && event.type === "planned");
  return typeof planned?.data["hash"] === "string" ? planned.data["hash"] : "";
}

/** At the `nth` event of a type, counted from 1. */
function at(type: LedgerEvent["type"], act: (event: LedgerEvent) => void, nth = 1): void {
  let seen = 0;
  const before = on.onEvent;
  on.onEvent = (event) => {
    before(event);
    if (event.type !== type) return;
    seen += 1;
    if (seen === nth) act(event);
  };
}

function begin(request: Parameters<TestBench["start"]>[1] = {}): Started {
  return on.start(on.bind(manualFailover, AWAY), request);
}

const eventsOf = (type: LedgerEvent["type"]) => on.events.filter((event) => event.type === type);
const viewNow = ({ run }: Started) => viewOf(on.events.filter((event) => event.run === run.run));

/** Until the run stands still, which is then its state. */
async function standing(started: Started): Promise<string> {
  const stands = Promise.withResolvers<void>();
  at("waiting", () => stands.resolve());
  await on.kernel.run(stands.promise);
  await on.kernel.pass(20);
  return viewNow(started)?.state ?? "";
}

describe("pause", () => {
  test("stands still at the end of the step, shows who has to decide, and goes on from facts read anew", async () => {
    at("act-verified", ({ run }) => say(run, "pause", { why: "look first" }));
    const started = begin();
    expect(await standing(started)).toBe("paused");
    expect(viewNow(started)).toMatchObject({ owner: "dana", offers: ["resume", "undo", "cancel"] });
    expect(viewNow(started)?.untilMs).toBeGreaterThan(on.kernel.now());
    const effects = on.world.done.length;
    await on.kernel.pass(5_000);
    expect(on.world.done.length).toBe(effects);
    say(started.run.run, "resume");
    expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "completed" });
    expect(eventsOf("commanded").map(({ by, data }) => [by, data["command"]])).toEqual([
      ["dana", "pause"],
      ["dana", "resume"],
    ]);
  });

  test("in a pivot waits for the pivot's end, and in a hold for the hold's", async () => {
    for (const moment of ["pivot-started", "hold-started"] as const) {
      on = new TestBench(exampleInventory());
      at(moment, ({ run }) => say(run, "pause"));
      const started = begin();
      expect(await standing(started)).toBe("paused");
      const types = on.events.map(({ type }) => type);
      const end = moment === "pivot-started" ? "pivot-finished" : "hold-passed";
      expect(types.indexOf("waiting")).toBeGreaterThan(types.indexOf(end));
      say(started.run.run, "resume");
      expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "completed" });
    }
  });

  test("that nobody ends tells people again and again, and never acts by itself", async () => {
    at("act-verified", ({ run }) => say(run, "pause"));
    const started = begin();
    await standing(started);
    await on.kernel.pass(25 * 60_000);
    expect(eventsOf("wait-lapsed").length).toBeGreaterThanOrEqual(2);
    expect(viewNow(started)?.state).toBe("paused");
    say(started.run.run, "undo");
    expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "undone" });
    expect(on.world.slate()).toEqual(on.goodSlates[0]);
  });
});

describe("cancel", () => {
  test("ends the run as the world stands, names what it leaves, and gives the locks back", async () => {
    at("hold-passed", ({ run }) => say(run, "cancel", { why: "another night" }));
    const end = await on.kernel.run(begin().end);
    expect(end).toMatchObject({
      outcome: "cancelled",
      why: "another night",
      facts: { by: "dana", inDoubt: null },
    });
    expect(on.locks.held().size).toBe(0);
    expect(on.world.slate()).toEqual(on.goodSlates.at(-1));
  });

  test.each(["cancel", "undo", "skip"] as const)(
    "a %s in a pivot is refused, and who tried is in the ledger",
    async (type) => {
      at("pivot-started", ({ run }) => say(run, type, { why: "now" }));
      const end = await on.kernel.run(begin().end);
      expect(end.outcome).toBe("completed");
      expect(eventsOf("command-refused")).toMatchObject([{ by: "dana", data: { command: type } }]);
    },
  );

  test("of a run that waits for a lock gives up its place", async () => {
    on.locks.acquire("another-run", {
      lock: "traffic",
      who: "adam",
      wait: false,
      preempt: false,
      forMs: 3_600_000,
    });
    const started = begin({ waitForLocks: true });
    await on.kernel.pass(50);
    expect(viewNow(started)?.state).toBe("waiting-for-lock");
    say(started.run.run, "cancel");
    expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "cancelled" });
    expect([...on.locks.held().values()]).toEqual(["another-run"]);
  });
});

describe("a world that somebody else changes", () => {
  const trample = () => {
    const weights = { aws: 20, azure: 40, gcp: 40 };
    on.world.policy = { ...on.world.policy, weights, version: 9, setBy: "dana" };
  };

  test("has the run stand still as drifted, with the difference, and is never trampled", async () => {
    at("act-verified", trample);
    const started = begin();
    expect(await standing(started)).toBe("drifted");
    const [waiting] = eventsOf("waiting");
    expect(waiting?.data).toMatchObject({ facts: { now: { version: 9 } } });
    say(started.run.run, "undo");
    expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "undone" });
    expect(on.world.policy.weights).toEqual({ aws: 20, azure: 40, gcp: 40 });
  });

  test("lets the run go on once it is as the plan found it", async () => {
    const before = on.world.policy;
    at("act-verified", trample);
    const started = begin();
    await standing(started);
    on.world.policy = before;
    say(started.run.run, "retry");
    expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "completed" });
  });
});

describe("a guard that refuses in the middle", () => {
  const turnsBad = () => {
    on.world.clouds["azure"] = {
      verdict: "degraded",
      reason: "slow",
      observers: 1,
      sinceMs: 0,
      clusters: {},
    };
  };

  test("is named with its facts; it is overridden by its name and by another human only, for this act only", async () => {
    at("hold-passed", turnsBad);
    const started = begin();
    expect(await standing(started)).toBe("refused");
    const { run } = started.run;
    say(run, "override", { by: "olivia", guard: "no-weight-to-the-unhealthy", why: "mine" });
    say(run, "override", {
      by: "oli",
      human: "olivia@wildcam.org",
      guard: "no-weight-to-the-unhealthy",
      why: "x",
    });
    say(run, "override", { guard: "weights-are-whole", why: "wrong one" });
    await on.kernel.pass(50);
    expect(eventsOf("command-refused").map(({ by }) => by)).toEqual(["olivia", "oli", "dana"]);
    expect(viewNow(started)?.state).toBe("refused");
    say(run, "override", { guard: "no-weight-to-the-unhealthy", why: "it is the probe" });
    on.world.clouds["azure"] = {
      verdict: "degraded",
      reason: "slow",
      observers: 1,
      sinceMs: 0,
      clusters: {},
    };
    await on.kernel.pass(3_000);
    expect(eventsOf("commanded").at(-1)).toMatchObject({
      by: "dana",
      data: { guard: "no-weight-to-the-unhealthy" },
    });
    on.world.clouds["azure"] = {
      verdict: "healthy",
      reason: "answers",
      observers: 1,
      sinceMs: 0,
      clusters: {},
    };
    expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "completed" });
  });

  test("lets the run go back, or leave the step out for a reason", async () => {
    at("hold-passed", turnsBad);
    const started = begin();
    await standing(started);
    say(started.run.run, "skip");
    await on.kernel.pass(20);
    expect(eventsOf("command-refused")).toHaveLength(1);
    say(started.run.run, "undo");
    expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "undone" });
  });
});

describe("an undo that cannot be done", () => {
  const stuck = (): Started => {
    on.world.trouble = (op, attempt) =>
      op === "set-weights" && attempt > 3 ? { kind: "fails", error: terminal("broken") } : null;
    on.watchReport = { samples: 8, expected: 8, breach: "slow", worstGoodPercent: 90, worstP99Ms: 900 };
    return begin();
  };

  test("keeps the locks, pages people, and is tried again when they say so", async () => {
    const started = stuck();
    expect(await standing(started)).toBe("undo-incomplete");
    expect(on.locks.held().get("traffic")).toBe(started.run.run);
    expect(on.world.messages.at(-1)).toMatchObject({ severity: "critical" });
    on.world.trouble = () => null;
    say(started.run.run, "retry");
    expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "undone" });
    expect(on.world.slate()).toEqual(on.goodSlates[0]);
    expect(on.locks.held().size).toBe(0);
  });

  test("is left out for a reason while the rest goes back, or left as it is", async () => {
    const started = stuck();
    await standing(started);
    say(started.run.run, "skip", { why: "set by hand" });
    expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "undone" });
    expect(eventsOf("step-skipped")).toHaveLength(1);
    on = new TestBench(exampleInventory());
    const other = stuck();
    await standing(other);
    say(other.run.run, "cancel", { why: "by hand then" });
    const end = await on.kernel.run(other.end);
    expect(end).toMatchObject({ outcome: "cancelled", facts: { by: "dana" } });
    expect(on.locks.held().size).toBe(0);
  });
});

describe("approval", () => {
  beforeEach(() => {
    on.profile = "production";
  });

  test("counts from another human for this very plan, and is told in words when it does not", async () => {
    at("approval-asked", ({ run }) => {
      say(run, "approve", { by: "olivia" });
      say(run, "approve", { by: "oli", human: "olivia@wildcam.org" });
      const late = { by: "priya", human: "priya@wildcam.org", why: "", atMs: on.kernel.now() };
      on.tell(run, {
        ...late,
        type: "approve",
        hash: "f".repeat(64),
        startByMs: late.atMs + 9,
        finishByMs: late.atMs + 9,
      });
      on.tell(run, {
        ...late,
        type: "approve",
        hash: hashOf(run),
        startByMs: late.atMs - 9,
        finishByMs: late.atMs - 9,
      });
      on.kernel.at(on.kernel.now() + 100, () => say(run, "approve", { by: "priya" }));
    });
    expect(await on.kernel.run(begin().end)).toMatchObject({ outcome: "completed" });
    expect(eventsOf("command-refused").map(({ by, data }) => [by, data["why"]])).toEqual(
      [
        ["olivia", "it comes from the human who asked for the run"],
        ["oli", "it comes from the human who asked for the run"],
        ["priya", "it is for another plan"],
        ["priya", "it is for another plan"],
      ].map((row, index) => (index === 3 ? ["priya", "its time is over already"] : row)),
    );
    expect(eventsOf("approved").map(({ by }) => by)).toEqual(["priya"]);
  });

  test("that is not given in time refuses the run with nothing touched", async () => {
    const end = await on.kernel.run(begin().end);
    expect(end).toMatchObject({ outcome: "refused" });
    expect(end.why).toContain("lapsed");
    expect(on.world.attempts).toBe(0);
  });

  test("of several is counted by humans", async () => {
    const profile = on.inventory.profiles["production"];
    if (profile === undefined) throw new Error("no production profile");
    const approvals = { ...profile.approvals, "manual-failover": { by: "people" as const, count: 2 } };
    const inventory = {
      ...on.inventory,
      profiles: { ...on.inventory.profiles, production: { ...profile, approvals } },
    };
    on = new TestBench(inventory);
    on.profile = "production";
    at("approval-asked", ({ run }) => {
      say(run, "approve", { by: "priya" });
      on.kernel.at(on.kernel.now() + 10, () =>
        say(run, "approve", { by: "priya2", human: "priya@wildcam.org" }),
      );
      on.kernel.at(on.kernel.now() + 20, () => say(run, "approve", { by: "adam" }));
    });
    expect(await on.kernel.run(begin().end)).toMatchObject({ outcome: "completed" });
    expect(eventsOf("approved").map(({ by }) => by)).toEqual(["priya", "adam"]);
    expect(eventsOf("command-refused")).toMatchObject([{ by: "priya2" }]);
  });

  test("lapses before an act and is asked for again, but never in a pivot", async () => {
    let asked = 0;
    at("approval-asked", () => undefined);
    on.onEvent = ({ type, run }) => {
      if (type !== "approval-asked") return;
      asked += 1;
      const atMs = on.kernel.now();
      // Long enough for one hold of fifteen minutes, and then for all the rest.
      const finishByMs = atMs + (asked === 1 ? 20 * 60_000 : 10 * 3_600_000);
      on.kernel.at(atMs + 50, () =>
        on.tell(run, {
          type: "approve",
          by: "priya",
          human: "priya@wildcam.org",
          why: "",
          hash: hashOf(run),
          startByMs: finishByMs,
          finishByMs,
          atMs: on.kernel.now(),
        }),
      );
    };
    expect(await on.kernel.run(begin().end)).toMatchObject({ outcome: "completed" });
    expect(asked).toBe(2);
    const types = on.events.map(({ type }) => type);
    const pivot = types.slice(types.indexOf("pivot-started"), types.indexOf("pivot-finished"));
    expect(eventsOf("approval-lapsed")).toHaveLength(1);
    expect(pivot).not.toContain("approval-lapsed");
  });
});
