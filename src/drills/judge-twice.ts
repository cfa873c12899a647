/**
 * Whether anything was carried out twice, by four accounts that do not know of each other: the effectors' own lines, the
 * ledger's plans, what the world counts (the policy's version, each cluster's generation), and the timelines on which
 * writers had commits acknowledged.
 */
import { reignsOf } from "./judge-database.ts";
import { actOf } from "./judge-effects.ts";
import { someOf, type Check, type Facts } from "./judge-facts.ts";
import type { Count } from "./judge-kill-records.ts";
import { dataText, type Run } from "./judge-ledger.ts";
import { isJsonObject } from "./judge-lines.ts";
import type { EffectLine, LedgerEvent } from "./judge-records.ts";
import { actName, intendedActs } from "./judge-runs.ts";

/** `excess` > 0: so much more often than meant; < 0: less often than the effectors say. */
type Difference = { readonly what: string; readonly excess: number };

const COUNTED_OPS: readonly string[] = ["set-weights", "scale"];

export type Twice = { readonly effectsTwice: number; readonly checks: readonly Check[] };

export function judgeTwice(facts: Facts, { counts }: { readonly counts: readonly Count[] }): Twice {
  const acts = new Map<string, LedgerEvent>();
  for (const run of facts.runs.all) for (const act of intendedActs(run)) acts.set(dataText(act, "key"), act);
  const done = facts.records.effects.filter(
    ({ result, time }) => result === "done" && time >= facts.records.intent.startedAtMs,
  );
  const differences = [
    ...sameKeyTwice(done),
    ...facts.runs.ours.flatMap((run) => moreThanPlanned(run, done, acts)),
    ...countedByTheWorld(done, acts, counts),
    timelines(facts, done),
  ];
  const over = differences.filter(({ excess }) => excess > 0);
  const under = differences.filter(({ excess }) => excess < 0);
  const effectsTwice = over.reduce((sum, { excess }) => sum + excess, 0);
  return {
    effectsTwice,
    checks: [
      {
        name: "effectsTwice",
        ok: effectsTwice === 0 && done.length > 0,
        measured: effectsTwice,
        limit: 0,
        detail: over.length === 0 ? `${done.length} effects` : someOf(over.map(({ what }) => what)),
      },
      {
        name: "effectsCounted",
        ok: under.length === 0 && counts.length > 0,
        measured: `${under.length} missing`,
        limit: "0 missing",
        detail:
          under.length === 0
            ? "the world counts what the effectors say that they did"
            : someOf(under.map(({ what }) => what)),
      },
    ],
  };
}

function sameKeyTwice(done: readonly EffectLine[]): Difference[] {
  const times = new Map<string, number>();
  for (const { key } of done) times.set(key, (times.get(key) ?? 0) + 1);
  return [...times].map(([key, count]) => ({ what: `${key} was done ${count} times`, excess: count - 1 }));
}

/** Two different keys for one act of the plan, and effects of the run that the ledger never meant. */
function moreThanPlanned(
  run: Run,
  done: readonly EffectLine[],
  acts: ReadonlyMap<string, LedgerEvent>,
): Difference[] {
  const planned = new Map<string, number>();
  const listed = run.events.findLast(({ type }) => type === "planned")?.data["acts"];
  for (const act of Array.isArray(listed) ? listed : [])
    if (isJsonObject(act)) planned.set(actName(act), (planned.get(actName(act)) ?? 0) + 1);
  const found: Difference[] = [];
  const times = new Map<string, number>();
  for (const key of new Set(done.filter(({ key }) => key.startsWith(`${run.id}/`)).map(({ key }) => key))) {
    const act = acts.get(actOf(key, acts));
    if (act === undefined) found.push({ what: `${key} is not in the ledger`, excess: 1 });
    // What takes an act back is in no plan.
    else if (act.data["mode"] !== "undo")
      times.set(actName(act.data), (times.get(actName(act.data)) ?? 0) + 1);
  }
  for (const [name, count] of times) {
    const excess = Math.max(0, count - (planned.get(name) ?? 0));
    found.push({ what: `${name} was done under ${count} keys, planned ${planned.get(name) ?? 0}`, excess });
  }
  return found;
}

function countedByTheWorld(
  done: readonly EffectLine[],
  acts: ReadonlyMap<string, LedgerEvent>,
  counts: readonly Count[],
): Difference[] {
  return [...new Set(counts.map(({ name }) => name))].map((name) => {
    const ofName = counts.filter((count) => count.name === name);
    const first = ofName[0];
    const last = ofName.at(-1);
    if (first === undefined || last === undefined) return { what: name, excess: 0 };
    const between = done.filter(
      (effect) => effect.time > first.time && effect.time <= last.time && targetOf(effect, acts) === name,
    );
    const steps = last.value - first.value;
    return {
      what: `${name} counts ${steps} changes, its effector ${between.length}`,
      excess: steps - between.length,
    };
  });
}

/** What counts an act of this effect, or nothing. */
function targetOf(effect: EffectLine, acts: ReadonlyMap<string, LedgerEvent>): string {
  const act = acts.get(actOf(effect.key, acts));
  return act !== undefined && COUNTED_OPS.includes(dataText(act, "op")) ? dataText(act, "target") : "";
}

/** Each promotion begins one timeline, and no other act begins any. */
function timelines({ records }: Facts, done: readonly EffectLine[]): Difference {
  const seen = reignsOf(records.tries).map(({ timeline }) => timeline);
  const begun = seen.length === 0 ? 0 : Math.max(...seen) - Math.min(...seen);
  const promotions = done.filter(({ op }) => op === "promote").length;
  return {
    what: `writers saw ${begun} new timelines, ${promotions} promotions were done`,
    excess: begun - promotions,
  };
}
