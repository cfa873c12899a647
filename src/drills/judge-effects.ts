/**
 * What edge and agents carried out, by their own account, against what the ledger says was meant: every act exactly
 * once, nothing that the ledger does not know, and nothing before it was written down.
 */
import { someOf, type Check, type Facts } from "./judge-facts.ts";
import { dataText } from "./judge-ledger.ts";
import { intendedActs } from "./judge-runs.ts";
import type { EffectLine, LedgerEvent } from "./judge-records.ts";

/** The ledger's clock and the effector's are read in different processes. */
const CLOCK_SLACK_MS = 10;

export type EffectCounts = {
  readonly done: number;
  readonly found: number;
  readonly repeated: number;
  readonly refused: number;
};

export function countEffects({ records }: Facts): EffectCounts {
  const counts = { done: 0, found: 0, repeated: 0, refused: 0 };
  for (const effect of records.effects) counts[effect.result] += 1;
  return counts;
}

export function checkEffects(facts: Facts): Check {
  const acts = new Map<string, LedgerEvent>();
  for (const run of facts.runs.all) {
    for (const event of intendedActs(run)) acts.set(dataText(event, "key"), event);
  }
  const problems = mismatches(acts, effectsOfDrill(facts));
  return {
    name: "effectsMatchLedger",
    ok: problems.length === 0 && acts.size > 0,
    measured: `${problems.length} mismatches`,
    limit: "0 mismatches",
    detail:
      problems.length === 0
        ? `${acts.size} acts in the ledger, each carried out exactly once`
        : someOf(problems),
  };
}

/** What changed the world, or found it as it should be, since the drill began. */
function effectsOfDrill({ records }: Facts): EffectLine[] {
  return records.effects.filter(
    (effect) =>
      effect.time >= records.intent.startedAtMs && (effect.result === "done" || effect.result === "found"),
  );
}

function mismatches(acts: ReadonlyMap<string, LedgerEvent>, effects: readonly EffectLine[]): string[] {
  const problems: string[] = [];
  const keys = new Set<string>();
  const actsDone = new Set<string>();
  for (const effect of effects) {
    const what = `${effect.op} under ${effect.key}`;
    if (keys.has(effect.key)) problems.push(`${what} was carried out twice`);
    keys.add(effect.key);
    const actKey = actOf(effect.key, acts);
    const act = acts.get(actKey);
    if (act === undefined) {
      problems.push(`${what} is not in the ledger`);
      continue;
    }
    actsDone.add(actKey);
    if (effect.time + CLOCK_SLACK_MS < act.time)
      problems.push(`${what} came before its intent was written down`);
  }
  for (const key of acts.keys()) if (!actsDone.has(key)) problems.push(`no effector carried out ${key}`);
  return problems;
}

/** An act's effects carry its key, or its key and a branch: `run/7.gcp`. */
export function actOf(key: string, acts: ReadonlyMap<string, LedgerEvent>): string {
  if (acts.has(key)) return key;
  const dot = key.lastIndexOf(".");
  return dot < 0 ? key : key.slice(0, dot);
}
