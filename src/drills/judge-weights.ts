/**
 * Which weights stood when: by the edge's own account of the changes that it carried out, and by what the first act's
 * `before` found. What clients were really served is held against this elsewhere.
 */
import type { Check, Facts, Window } from "./judge-facts.ts";
import { canonicalJson, dataText, eventsOf, type Run } from "./judge-ledger.ts";
import { isJsonObject } from "./judge-lines.ts";
import type { EffectLine } from "./judge-records.ts";

export type Weights = Readonly<Record<string, number>>;

type Phase = {
  readonly name: "before" | "after" | "restored";
  readonly weights: Weights;
  readonly window: Window;
};

export type WeightHistory = {
  readonly before: Weights | null;
  readonly after: Weights | null;
  readonly restored: Weights | null;
  /** The stretches in which these stood unchanged; fewer than three when a run changed no weights. */
  readonly phases: readonly Phase[];
};

/** An answer is searched this deep for its weights. */
const DEPTH_MAX = 4;

export function readWeights(facts: Facts): WeightHistory {
  const { intent, effects } = facts.records;
  const clouds = [...intent.statedWeights.keys()];
  const changes = effects.filter((effect) => effect.op === "set-weights" && effect.result === "done");
  const ours = (run: Run | null): EffectLine[] =>
    run === null ? [] : changes.filter((effect) => effect.key.startsWith(`${run.id}/`));
  const forward = ours(facts.runs.forward);
  const backward = ours(facts.runs.backward);
  const firstShift = eventsOf(facts.runs.forward, "act-intended").find(
    (event) => dataText(event, "op") === "set-weights",
  );
  const before = findWeights(firstShift?.data["before"], clouds);
  const after = findWeights(forward.at(-1)?.answer, clouds);
  const restored = findWeights(backward.at(-1)?.answer, clouds);
  const end = facts.loadEndedAtMs;
  const candidates = [
    phase("before", before, facts.records.intent.loadStartedAtMs, forward[0]?.time),
    phase("after", after, forward.at(-1)?.time, backward[0]?.time ?? end),
    phase("restored", restored, backward.at(-1)?.time, end),
  ];
  return { before, after, restored, phases: candidates.filter((candidate) => candidate !== null) };
}

export function checkWeights(facts: Facts, history: WeightHistory): Check {
  const { statedWeights, from, to } = facts.records.intent;
  const stated = Object.fromEntries(statedWeights);
  const moved = { ...stated, [from]: 0, [to]: (stated[to] ?? 0) + (stated[from] ?? 0) };
  const problems = (
    [
      ["before", history.before, stated],
      ["after", history.after, moved],
      ["restored", history.restored, stated],
    ] as const
  ).flatMap(([name, found, wanted]) => {
    if (found === null) return [`${name}: no record of the weights`];
    return canonicalJson(found) === canonicalJson(wanted)
      ? []
      : [`${name}: ${showWeights(found)}, wanted ${showWeights(wanted)}`];
  });
  const shown = [history.before, history.after, history.restored].map((found) =>
    found === null ? "unknown" : showWeights(found),
  );
  return {
    name: "weights",
    ok: problems.length === 0,
    measured: shown.join(" -> "),
    limit: [stated, moved, stated].map(showWeights).join(" -> "),
    detail:
      problems.length === 0 ? `all of ${from}'s share went to ${to} and came back` : problems.join("; "),
  };
}

export function showWeights(weights: Weights): string {
  return Object.entries(weights)
    .map(([cloud, weight]) => `${cloud} ${weight}`)
    .join(", ");
}

function phase(
  name: Phase["name"],
  weights: Weights | null,
  fromMs: number | undefined,
  toMs: number | undefined,
): Phase | null {
  if (weights === null || fromMs === undefined || toMs === undefined) return null;
  return { name, weights, window: { fromMs, toMs } };
}

/** The first object in `value` that gives each of the clouds a share, and these sum to 100. */
export function findWeights(value: unknown, clouds: readonly string[], depth = 0): Weights | null {
  if (!isJsonObject(value) || depth > DEPTH_MAX) return null;
  const shares: Record<string, number> = {};
  let sum = 0;
  for (const cloud of clouds) {
    const share = value[cloud];
    if (typeof share === "number") shares[cloud] = share;
    sum += typeof share === "number" ? share : 0;
  }
  if (Object.keys(shares).length === clouds.length && sum === 100) return shares;
  for (const inner of Object.values(value)) {
    const found = findWeights(inner, clouds, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
