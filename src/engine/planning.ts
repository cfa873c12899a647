/**
 * Planning: the runbook's own `run`, over an operation that performs nothing and overlays what each act is
 * expected to leave. So what is shown, hashed and approved is what will run, and not a second description of it.
 *
 * Invariants
 * 1. Pure: the same facts, input and code give the same plan and the same hash.
 * 2. The hash covers what is done and on what ground, and no measured quantity.
 */
import { digest } from "../domain/canonical.ts";
import { type CapacityPicture, capacityPicture } from "../domain/capacity-picture.ts";
import { judgeChange } from "../domain/guards/catalogue.ts";
import type { GuardPolicy, GuardVerdict } from "../domain/guards/guard.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import { type Cloud, primariesOf, type Snapshot } from "../domain/snapshot.ts";
import type { Hand } from "../ports/hand.ts";
import type { Act, Check } from "./act.ts";
import { StepLengths } from "./lock-maximum.ts";
import type { BoundRunbook, Operation, Pivot } from "./runbook.ts";

export type PlannedAct = {
  readonly kind: "act" | "commit";
  readonly op: string;
  readonly title: string;
  readonly target: string;
  readonly params: JsonObject;
  readonly before: Json;
  readonly after: Json;
  readonly undoable: boolean;
  readonly pivot: string | null;
  readonly guards: readonly GuardVerdict[];
  /** After the act, where it touches traffic; measured, and so not in the hash. */
  readonly capacity: CapacityPicture | null;
  readonly byHand: readonly string[];
};

export type PlannedOther = {
  readonly kind: "read" | "check" | "hold" | "keep" | "notify" | "pivot";
  readonly title: string;
  readonly pivot: string | null;
  readonly forMs: number | null;
};

export type PlannedStep = PlannedAct | PlannedOther;

export type Plan = {
  readonly runbook: string;
  readonly codeVersion: string;
  readonly input: JsonObject;
  readonly inventoryDigest: string;
  readonly steps: readonly PlannedStep[];
  /** Per database: its primary and that primary's timeline. */
  readonly primaries: Readonly<
    Record<string, { readonly cloud: Cloud | null; readonly timeline: number | null }>
  >;
  readonly policyVersion: number;
  readonly locks: readonly string[];
  /** How long the run may keep them at the longest, from its plan on. */
  readonly locksForMs: number;
  readonly hash: string;
};

export type PlanningContext = {
  readonly guards: GuardPolicy;
  readonly hand: Hand;
  readonly codeVersion: string;
  readonly inventoryDigest: string;
};

export async function planRun(bound: BoundRunbook, facts: Snapshot, context: PlanningContext): Promise<Plan> {
  const notes = new Notes(facts, context);
  await bound.run(notes.operation());
  const primaries = Object.fromEntries(
    Object.keys(facts.databases).map((database) => {
      const cloud = primariesOf(facts, database)[0] ?? null;
      const timeline = cloud === null ? null : (facts.databases[database]?.members[cloud]?.timeline ?? null);
      return [database, { cloud, timeline }];
    }),
  );
  const ground = {
    runbook: bound.name,
    codeVersion: context.codeVersion,
    input: bound.input,
    inventoryDigest: context.inventoryDigest,
    primaries,
    policyVersion: facts.traffic.version,
    locks: bound.locks,
    locksForMs: notes.lengths.maximumMs(bound.peopleMs),
  };
  return { ...ground, steps: notes.steps, hash: digest({ ...ground, steps: notes.steps.map(hashed) }) };
}

export function isAct(step: PlannedStep): step is PlannedAct {
  return step.kind === "act" || step.kind === "commit";
}

/** The guards that would refuse, act by act; an approved plan has none. */
export function refusalsIn(plan: Plan): readonly GuardVerdict[] {
  return plan.steps.flatMap((step) =>
    isAct(step) ? step.guards.filter(({ verdict }) => verdict === "refuse") : [],
  );
}

/** Guards' facts hold measured load and readiness; their verdicts are what is approved. */
function hashed(step: PlannedStep): Json {
  if (!isAct(step)) return { kind: step.kind, title: step.title, forMs: step.forMs };
  const { kind, op, target, params, before, after, pivot } = step;
  return {
    kind,
    op,
    target,
    params,
    before,
    after,
    pivot,
    guards: step.guards.map(({ guard, verdict }) => ({ guard, verdict })),
  };
}

class Notes {
  readonly steps: PlannedStep[] = [];
  readonly lengths = new StepLengths();
  readonly #context: PlanningContext;
  #facts: Snapshot;

  constructor(facts: Snapshot, context: PlanningContext) {
    this.#facts = facts;
    this.#context = context;
  }

  operation(): Operation {
    return {
      read: async (title) => {
        this.#other("read", title, null);
        return this.#facts;
      },
      plan: async (decided) => decided,
      act: async (act) => this.#acts([act], "act", null),
      all: async (acts) => this.#acts(acts, "act", null),
      check: async (check) => this.#check(check, null),
      hold: async ({ title, forMs }) => {
        this.lengths.other(forMs);
        this.#other("hold", title, null, forMs);
      },
      keep: async (title) => this.#other("keep", title, null),
      notify: async ({ text }) => this.#other("notify", text, null),
      pivot: async (name, { deadlineMs }, body) => {
        this.#other("pivot", name, name, deadlineMs);
        await body(this.#pivot(name));
      },
    };
  }

  #pivot(name: string): Pivot {
    return {
      act: async (act) => this.#acts([act], "act", name),
      check: async (check) => this.#check(check, name),
      commit: async (act) => this.#acts([act], "commit", name),
    };
  }

  #acts(acts: readonly Act[], kind: "act" | "commit", pivot: string | null): void {
    this.lengths.acts(acts.map(({ deadlineMs }) => deadlineMs));
    for (const act of acts) this.#act(act, kind, pivot);
  }

  #check({ title, deadlineMs }: Check, pivot: string | null): void {
    this.lengths.other(deadlineMs);
    this.#other("check", title, pivot);
  }

  #act(act: Act, kind: "act" | "commit", pivot: string | null): void {
    const before = this.#facts;
    const after = act.expect(before);
    this.steps.push({
      kind,
      op: act.op,
      title: act.title,
      target: act.target,
      params: act.params,
      before: act.before(before),
      after: act.before(after),
      undoable: kind === "act" && act.undo(before) !== "never",
      pivot,
      guards: judgeChange({ before, after, policy: this.#context.guards }, act.section),
      capacity: act.section === "traffic" ? capacityPicture(after, this.#context.guards) : null,
      byHand: act.byHand(this.#context.hand),
    });
    this.#facts = after;
  }

  #other(kind: PlannedOther["kind"], title: string, pivot: string | null, forMs: number | null = null): void {
    this.steps.push({ kind, title, pivot, forMs });
  }
}
