/**
 * A whole installation in memory for one night: virtual time, a world with clients, locks, stores, watchers, and the real
 * engine and runbooks over them. Nothing here knows what goes wrong; that is injected from outside.
 */
import { numberIn, textIn } from "../domain/event-data.ts";
import { guardPolicyOf } from "../domain/guards/policy.ts";
import { approvalRule, selectProfile } from "../domain/inventory/profile.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import type { LedgerEvent } from "../domain/ledger.ts";
import { executeRun } from "../engine/execute.ts";
import type { EngineDependencies, RunRequest } from "../engine/run.ts";
import type { BoundRunbook } from "../engine/runbook.ts";
import type { World } from "../engine/world.ts";
import { terminal } from "../ports/errors.ts";
import type { Hand } from "../ports/hand.ts";
import type { Command } from "../ports/journal.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Watchers } from "../ports/watchers.ts";
import { findRunbook } from "../runbooks/catalogue.ts";
import { Attempt } from "../simulation/attempt.ts";
import { Checker, type Limits } from "../simulation/checkers.ts";
import { Clients } from "../simulation/clients.ts";
import { type Call, DurableRun } from "../simulation/journal.ts";
import { Kernel } from "../simulation/kernel.ts";
import { Locks } from "../simulation/locks.ts";
import { Random } from "../simulation/random.ts";
import { ModelWorld } from "../simulation/world/model-world.ts";
import { LOCAL_RANGES } from "../simulation/world/ranges.ts";
import type { Ground } from "./ground.ts";
import { modelWatchers } from "./model-watchers.ts";
import { RunOnStage } from "./run-on-stage.ts";
import type { Order } from "./schedule.ts";
import type { Trace } from "./trace.ts";
import { takeIn } from "./world-marks.ts";

const START_MS = 1_700_000_000_000;
/** To which a failure goes back, and no further. */
const GOOD_POINTS: ReadonlySet<string> = new Set([
  "hold-passed",
  "good-point",
  "pivot-committed",
  "pivot-finished",
]);
const silentHand: Hand = { setWeights: () => [], scale: () => [], database: () => [] };

export type StartOrder = Order &
  Pick<RunRequest, "requestedBy" | "waitForLocks" | "preempt"> &
  Partial<Pick<RunRequest, "automatic">>;

export class Stage {
  readonly kernel = new Kernel(START_MS);
  readonly locks: Locks;
  readonly world: ModelWorld;
  readonly checker: Checker;
  readonly clients: Clients;
  readonly runs: RunOnStage[] = [];
  /** Events that a store was given at a place where it has another: a replay that went another way. */
  readonly conflicts: string[] = [];
  readonly ground: Ground;
  readonly trace: Trace;
  readonly #profile: string;
  #started = 0;
  readonly #watchers: Watchers;
  readonly #ledgers = new Map<string, LedgerEvent[]>();

  constructor(
    ground: Ground,
    of: { readonly profile: string; readonly seed: number; readonly trace: Trace },
  ) {
    const { profile, seed, trace } = of;
    this.ground = ground;
    this.trace = trace;
    this.#profile = profile;
    this.locks = new Locks(
      () => this.kernel.now(),
      (run, by) => {
        this.checker.holders.taken(run);
        this.tell(run, { type: "superseded", ...by, atMs: this.kernel.now() });
      },
    );
    this.locks.onRelease = (run, lock) => this.checker.holders.released(run, lock);
    const { kernel } = this;
    const random = new Random(seed);
    const begins = ground.snapshot === undefined ? {} : { snapshot: ground.snapshot };
    const options = { kernel, random, ranges: LOCAL_RANGES, ...begins };
    this.world = new ModelWorld(ground.inventory, () => kernel.now(), options);
    this.checker = new Checker(this.world, () => kernel.now(), limitsOf(ground, profile));
    this.world.onEvent = (event) => {
      takeIn(trace, this.atMs, event);
      this.checker.after(event);
    };
    this.clients = new Clients(this.kernel, this.world);
    const { edge } = this.world.ports(new Attempt(0, this.kernel));
    this.#watchers = modelWatchers({
      edge,
      kernel: this.kernel,
      breached: (run, step, why) => this.tell(run, { type: "breach", step, why, atMs: this.kernel.now() }),
      watched: (run, step, seen) => this.checker.pace.watched(run, step, seen),
    });
  }

  /** Since the night began, ms. */
  get atMs(): number {
    return this.kernel.now() - START_MS;
  }

  /** Whatever there is waits for people. */
  get standsStill(): boolean {
    return this.runs.every(({ ended, standing }) => ended !== null || standing !== null);
  }

  tell(run: string, command: Command): void {
    this.runs.find(({ durable }) => durable.run === run)?.durable.tell(command);
  }

  /** What the schedule has begun or ended, for whoever reads the night. */
  noteFault(who: string, what: string): void {
    this.checker.disturbed();
    this.trace.note({ atMs: this.atMs, what: who, details: () => what }, what);
  }

  /** A run in flight; nothing happens in it before the kernel runs. `onCall` comes with the run that makes the call. */
  start(order: StartOrder, onCall?: (run: RunOnStage, call: Call) => void): RunOnStage {
    const { runbook, input, requestedBy, waitForLocks, preempt, automatic = null } = order;
    const bound = this.#bind(order);
    const { kernel, locks } = this;
    this.#started += 1;
    const durable: DurableRun = new DurableRun(`run-${this.#started}`, {
      kernel,
      locks,
      troubles: [],
      onPublish: (_name, value) => this.#published(run, value),
      ...(onCall === undefined ? {} : { onCall: (call: Call) => onCall(run, call) }),
    });
    const run = new RunOnStage({ runbook, input }, durable, requestedBy);
    this.runs.push(run);
    const policy = { people: this.#peopleFor(runbook, automatic), requestedBy: humanOf(requestedBy) };
    this.checker.consent.needs(durable.run, policy);
    if (runbook === "survive-outage") this.checker.lost.survives(durable.run, input["cloud"] ?? "");
    const request: RunRequest = {
      run: durable.run,
      requestedBy,
      requestedByHuman: automatic === null ? humanOf(requestedBy) : "",
      profile: this.#profile,
      planHash: null,
      waitForLocks,
      preempt,
      overrides: [],
      automatic,
    };
    const end = durable.execute((journal, attempt) =>
      executeRun(journal, this.#engine(attempt), bound, request),
    );
    void end.then((ended) => {
      run.ended = ended;
      this.checker.reports.ended(durable.run, ended.outcome);
      this.checker.commits.pivotOver(durable.run);
      const isWhole = ended.outcome === "completed" && !run.isHelped;
      if (runbook === "survive-outage" && isWhole)
        this.checker.outage.survived(durable.run, input["cloud"] ?? "");
    });
    return run;
  }

  #bind({ runbook, input }: Order): BoundRunbook {
    const { inventory } = this.ground;
    const known = findRunbook(runbook);
    if (known === undefined) throw new RangeError(`there is no runbook "${runbook}"`);
    const binding = known.bind(input, { inventory, profile: selectProfile(inventory, this.#profile) });
    if (!binding.ok) throw new RangeError(binding.problems.join("; "));
    return binding.bound;
  }

  /** How many have to say yes; one that began by itself goes by its mode, and is proposed to one person at the least. */
  #peopleFor(runbook: string, automatic: RunRequest["automatic"]): number {
    const rule = approvalRule(selectProfile(this.ground.inventory, this.#profile), runbook);
    const stated = rule.by === "people" ? rule.count : 0;
    if (automatic === null) return stated;
    return automatic.mode === "act" ? 0 : Math.max(1, stated);
  }

  /** Everything that a worker touches. */
  worldFor(attempt: Attempt): World {
    const { inventory } = this.ground;
    return {
      ...this.world.ports(attempt),
      clock: this.kernel,
      named: {
        clouds: Object.keys(inventory.clouds),
        clusters: Object.keys(inventory.clusters),
        databases: Object.keys(inventory.databases),
        demandFloor: inventory.service.demand.floor,
      },
    };
  }

  #engine(attempt: Attempt): EngineDependencies {
    const { inventory } = this.ground;
    const profile = selectProfile(inventory, this.#profile);
    const guards = guardPolicyOf(inventory);
    return {
      world: this.worldFor(attempt),
      stores: [this.#store()],
      watchers: this.#watchers,
      guards,
      planning: { guards, hand: silentHand, codeVersion: "rehearsal", inventoryDigest: "rehearsal" },
      objective: inventory.service.objective,
      holdWindowMs: profile.holdWindow,
      approvalForMs: profile.approvalFor,
      decisionForMs: profile.approvalFor,
      approvalOf: (runbook) => approvalRule(profile, runbook),
      retries: { most: 3, firstMs: 10, lastMs: 100 },
    };
  }

  #published(run: RunOnStage, value: Json): void {
    if (!isEvent(value) || !run.saw(value)) return;
    const { type, hash, data } = value;
    // What was approved, and what people had it pass over, is told to whoever judges: it must not read it in the engine.
    if (type === "planned") {
      this.checker.approve(run.durable.run, run.approvedActs);
      if (run.planHash !== null) this.checker.consent.planned(run.durable.run, run.planHash);
    }
    const left = run.leftStanding(value);
    if (left !== null) this.checker.leaves(run.durable.run, left);
    this.#tellJudges(run, type, data);
    this.trace.note(
      { atMs: this.atMs, what: `${run.durable.run} ${type}`, details: () => JSON.stringify(data) },
      hash,
    );
  }

  #tellJudges({ durable: { run }, standing }: RunOnStage, type: string, data: JsonObject): void {
    const { blocked, commits, consent, pace } = this.checker;
    if (type === "act-intended") consent.intends(textIn(data, "key"));
    if (type === "step-skipped") this.checker.skip(run, numberIn(data, "acts"));
    if (type === "commanded" && data["command"] === "override") this.checker.override(run);
    if (type === "commanded" && data["command"] === "retry") pace.retried(run);
    if (GOOD_POINTS.has(type)) this.checker.goodPoint(run);
    if (type === "pivot-finished") commits.pivotOver(run);
    if (type === "waiting") commits.calls(run);
    if (type === "undo-started" && Array.isArray(data["acts"]))
      this.checker.goesBack(run, data["acts"].length);
    blocked.waits(run, standing !== null && standing.state !== "paused");
    if (type === "run-ended" && data["outcome"] === "cancelled") blocked.endedAsItStands();
  }

  #store(): LedgerStore {
    const kept = (run: string) => {
      const held = this.#ledgers.get(run) ?? [];
      this.#ledgers.set(run, held);
      return held;
    };
    return {
      name: "memory",
      append: async (run, events) => {
        const held = kept(run);
        for (const event of events) this.#keep(held, event);
      },
      read: async (run) => kept(run),
      close: async () => undefined,
      runs: async () => [...this.#ledgers.keys()],
    };
  }

  #keep(held: LedgerEvent[], event: LedgerEvent): void {
    const there = held[event.index];
    if (there === undefined) held[event.index] = event;
    else if (there.hash !== event.hash) {
      this.conflicts.push(`${event.run} has ${there.type} at ${event.index}, and was given ${event.type}`);
      throw terminal("the store holds another event there");
    }
  }

  /** What the stores hold of a run. */
  ledger(run: string): readonly LedgerEvent[] {
    return this.#ledgers.get(run) ?? [];
  }
}

/** Two operators may drain a cloud each: no guard of the product keeps the second one from it yet. */
function limitsOf({ inventory }: Ground, profile: string): Partial<Limits> {
  const { clusters, databases, policies } = inventory;
  const { dwell, pivotDeadline } = selectProfile(inventory, profile);
  const rates = Object.entries(clusters).map(
    ([name, { cloud, requestsPerSecondPerPod: perSecond }]) => [name, { cloud, perSecond }] as const,
  );
  const growth = rates.map(
    ([name, rate]) => [name, { ...rate, most: clusters[name]?.replicas.most ?? 0 }] as const,
  );
  return {
    rpoBytes: policies.rpo.bytes,
    quorum: Math.min(...Object.values(databases).map(({ synchronous }) => synchronous)),
    drainedMost: 2,
    pace: { stepMost: policies.shiftStep, dwellMs: dwell, pivotMs: pivotDeadline },
    podRates: Object.fromEntries(rates),
    growth: Object.fromEntries(growth),
  };
}

/** People of a rehearsal are who they say they are. */
export function humanOf(name: string): string {
  return `${name}@rehearsal.invalid`;
}

function isEvent(value: Json): value is LedgerEvent {
  return typeof value === "object" && value !== null && "type" in value && "hash" in value;
}
