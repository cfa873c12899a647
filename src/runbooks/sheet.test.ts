import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../domain/ledger.ts";
import type { Act } from "../engine/act.ts";
import { type CourseAct, courseOf } from "../engine/sheet-course.ts";
import { sheetText } from "../engine/sheet-text.ts";
import { takeBackLines } from "../engine/sheet-undo.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import { terminal } from "../ports/errors.ts";
import type { Hand } from "../ports/hand.ts";
import type { Looks } from "../ports/looks.ts";
import { manualFailover } from "./manual-failover/runbook.ts";
import { rollback } from "./rollback/runbook.ts";

const words = (...parts: readonly unknown[]) => [JSON.stringify(parts)];

/** Says what was asked of it. */
const hand: Hand = {
  setWeights: (weights) => words("weights", weights),
  scale: (cluster, replicas) => words("scale", cluster, replicas),
  database: (at, act) => words("database", at, act),
};

const looks: Looks = {
  traffic: () => ["look at the edge"],
  cluster: (cluster) => [`look at ${cluster}`],
  member: ({ cloud }) => [`look at the database of ${cloud}`],
  healthy: (cloud) => [`${cloud} is healthy`],
  weightsStand: () => ["the weights stand"],
  replicasReady: (cluster, replicas) => [`${cluster} has ${replicas}`],
  stands: ({ cloud }, { act }) => [`${act} stands on ${cloud}`],
  caughtUp: ({ from, to }) => [`${to} has all of ${from}`],
  follows: ({ cloud }, primary) => [`${cloud} streams from ${primary}`],
  writable: ({ cloud }) => [`${cloud} takes a write`],
  hold: (forMs) => [`wait ${forMs}`],
};

const means = {
  hand,
  looks,
  takenFile: "/sheets/test-run-1.by-hand",
  again: (said: readonly string[]) => `./wildcam ${said.join(" ")}`,
  isoTime: (ms: number) => `at ${ms}`,
};

/** A failover's events up to its end, or to where it stands still for people; with the commands of `hand` in its plan. */
async function events(trouble?: (on: TestBench) => void): Promise<readonly LedgerEvent[]> {
  const on = new TestBench(exampleInventory());
  const engine = on.engine.bind(on);
  on.engine = (attempt) => {
    const made = engine(attempt);
    return { ...made, planning: { ...made.planning, hand } };
  };
  trouble?.(on);
  const noted: LedgerEvent[] = [];
  const over = Promise.withResolvers<void>();
  on.onEvent = (event) => {
    noted.push(event);
    if (event.type === "waiting" || event.type === "run-ended") over.resolve();
  };
  on.start(on.bind(manualFailover, { from: "aws", to: "azure" }));
  await on.kernel.run(over.promise);
  return noted;
}

const textAt = (some: readonly LedgerEvent[]) =>
  sheetText(some, means, { what: "its next step", untilMs: 5_000 }) ?? "";

/** The events up to the one that `is`, it included. */
function upTo(all: readonly LedgerEvent[], is: (event: LedgerEvent) => boolean): readonly LedgerEvent[] {
  const at = all.findIndex(is);
  expect(at).toBeGreaterThanOrEqual(0);
  return all.slice(0, at + 1);
}

const intended =
  (op: string) =>
  ({ type, data }: LedgerEvent) =>
    type === "act-intended" && data["op"] === op;
const verified =
  (op: string) =>
  ({ type, data }: LedgerEvent) =>
    type === "act-verified" && data["op"] === op;
const forward = (sheet: string) => sheet.split("## Or take it back instead")[0] ?? "";

describe("the sheet of a run", () => {
  test("has every step of the plan while nothing was done, in order, and says that nothing was changed", async () => {
    const all = await events();
    const sheet = textAt(upTo(all, ({ type }) => type === "planned"));
    const titles = courseOf(all)?.acts.map(({ name }) => name) ?? [];
    expect(titles.length).toBeGreaterThan(10);
    const places = titles.map((title) => sheet.indexOf(`**${title}`));
    expect(places).toEqual([...places].sort((left, right) => left - right));
    expect(Math.min(...places)).toBeGreaterThan(0);
  });

  test("gets shorter by each step that the world was shown to have, and ends empty-handed", async () => {
    const all = await events();
    let last = Number.POSITIVE_INFINITY;
    for (let length = 1; length <= all.length; length += 1) {
      const left = courseOf(all.slice(0, length))?.left.length;
      if (left === undefined) continue;
      expect(left).toBeLessThanOrEqual(last);
      last = left;
    }
    expect(last).toBe(0);
    expect(textAt(all)).toMatch(/Nothing is left to do by hand/);
    expect(textAt(all)).not.toContain("```bash");
  });

  test("names the act in flight as half done, with the look before the command, and keeps it first of what is left", async () => {
    const sheet = textAt(upTo(await events(), intended("stop-cleanly")));
    expect(sheet).toMatch(/half done: look first\n\n- stop aws cleanly/);
    const look = sheet.indexOf("look at the database of aws");
    const command = sheet.indexOf('"stop-cleanly"');
    expect(look).toBeGreaterThan(0);
    expect(command).toBeGreaterThan(look);
    expect(forward(sheet)).not.toContain('"block-writes"');
  });

  test("has the comparison right before the promotion, and at the pivot's end that all follow and one write is taken", async () => {
    const sheet = forward(textAt(upTo(await events(), verified("block-writes"))));
    const order = [
      "stop-cleanly stands on aws",
      "azure has all of aws",
      '"promote"',
      "promote stands on azure",
      "gcp streams from azure",
      "aws streams from azure",
      "azure takes a write",
      "wait ",
    ];
    const places = order.map((line) => sheet.indexOf(line));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(places).toEqual([...places].sort((left, right) => left - right));
  });

  test("offers a way back before the commit, and none from its intent on", async () => {
    const all = await events();
    const before = textAt(upTo(all, verified("stop-cleanly")));
    const back = before.split("## Or take it back instead")[1] ?? "";
    const order = ["start-as-primary", "unblock-writes"].map((act) => back.indexOf(act));
    expect(Math.min(...order)).toBeGreaterThan(0);
    expect(order[0]).toBeLessThan(order[1] ?? 0);
    const after = textAt(upTo(all, intended("promote")));
    expect(after).toMatch(/could leave two primaries/);
    expect(after).not.toContain("start-as-primary");
  });

  test("of a run whose undo cannot be finished has what is left to take back, and its locks", async () => {
    const all = await events((on) => {
      on.world.trouble = (op) => {
        const fails = op === "stop-cleanly" || op === "unblock-writes";
        return fails ? { kind: "fails", error: terminal("no") } : null;
      };
    });
    expect(all.at(-1)).toMatchObject({ type: "waiting", data: { state: "undo-incomplete" } });
    const sheet = textAt(all);
    expect(sheet).toMatch(/What is left to take back/);
    expect(sheet).toContain('"unblock-writes"');
    expect(sheet).toMatch(/It holds: `database\/wildlifedb`, `traffic`/);
    expect(sheet).toContain("./wildcam run abandon test-run-1 --why");
    expect(sheet).toContain("touch /sheets/test-run-1.by-hand");
  });

  test("of a run whose promotion was refused, and may have happened, has people look before anything is taken back", async () => {
    const all = await events((on) => {
      on.world.trouble = (op) =>
        op === "promote" || op === "attach" ? { kind: "fails", error: terminal("no") } : null;
    });
    expect(all.at(-1)).toMatchObject({ type: "waiting", data: { state: "undo-incomplete" } });
    const sheet = textAt(all);
    const order = ["promote azure", "look at the database of azure", "stop here", '"start-as-primary"'];
    const places = order.map((line) => sheet.indexOf(line, sheet.indexOf("What is left to take back")));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(places).toEqual([...places].sort((left, right) => left - right));
  });

  test("says who asked, what it waits for, and until when", async () => {
    const sheet = textAt(upTo(await events(), ({ type }) => type === "hold-started"));
    expect(sheet).toContain("- asked for by: olivia, profile drill");
    expect(sheet).toContain("- state: holding");
    expect(sheet).toContain("- waits for: its next step, until at 5000");
  });
});

test.each([
  ["manual-failover", { from: "aws", to: "azure" }],
  ["rollback", { from: "azure", to: "aws" }],
])("the sheet's way back of every act of %s is what the act's own undo would type", async (name, input) => {
  const on = new TestBench(exampleInventory());
  if (name === "rollback") await on.run(on.bind(manualFailover, { from: "aws", to: "azure" }));
  const bound = on.bind(name === "rollback" ? rollback : manualFailover, input);
  let facts = await on.snapshot();
  const compared: string[] = [];
  const meet = async (act: Act, kind: "act" | "commit") => {
    const undo = act.undo(facts);
    const expected = undo === "never" ? null : undo === null ? [] : undo.byHand(hand);
    const { op, title, target, params } = act;
    const before = act.before(facts);
    const planned = {
      kind,
      name: title,
      op,
      target,
      params,
      before,
      undoable: true,
      byHand: [],
      pivot: null,
    };
    // A commit's undo is never asked for.
    if (kind === "act")
      expect({ title, lines: takeBackLines(parseAct(planned), hand) }).toEqual({ title, lines: expected });
    compared.push(op);
    facts = act.expect(facts);
  };
  const forwardOnly = { act: (act: Act) => meet(act, "act"), check: async () => undefined };
  await bound.run({
    ...forwardOnly,
    read: async () => facts,
    plan: async (decided) => decided,
    all: async (acts) => {
      for (const act of acts) await meet(act, "act");
    },
    hold: async () => undefined,
    keep: async () => undefined,
    notify: async () => undefined,
    pivot: async (_name, _limits, body) => body({ ...forwardOnly, commit: (act) => meet(act, "commit") }),
  });
  expect(new Set(compared).size).toBeGreaterThan(7);
});

/** As it comes out of a ledger. */
function parseAct(act: object): CourseAct {
  return JSON.parse(JSON.stringify(act));
}
