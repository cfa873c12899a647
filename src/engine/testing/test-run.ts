/** Runs runbooks over the simulated world and its hostile journal, and answers all that can be looked at afterwards. */
import { numberIn } from "../../domain/event-data.ts";
import { guardPolicyOf } from "../../domain/guards/policy.ts";
import { z } from "zod";
import { approvalRule, selectProfile } from "../../domain/inventory/profile.ts";
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { Json } from "../../domain/json.ts";
import type { LedgerEvent } from "../../domain/ledger.ts";
import type { Snapshot } from "../../domain/snapshot.ts";
import { terminal } from "../../ports/errors.ts";
import type { Hand } from "../../ports/hand.ts";
import type { Command, Journal } from "../../ports/journal.ts";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import type { Watchers, WatchReport } from "../../ports/watchers.ts";
import { Attempt } from "../../simulation/attempt.ts";
import { DurableRun, type Trouble } from "../../simulation/journal.ts";
import { Checker, violationsOf, type Violation } from "../../simulation/checkers.ts";
import { Clients } from "../../simulation/clients.ts";
import type { ApprovedAct } from "../../simulation/rules/approved.ts";
import { Kernel } from "../../simulation/kernel.ts";
import { Locks } from "../../simulation/locks.ts";
import { Random } from "../../simulation/random.ts";
import { ModelWorld } from "../../simulation/world/model-world.ts";
import { type Ranges, ZERO_RANGES } from "../../simulation/world/ranges.ts";
import { executeRun, type RunEnd } from "../execute.ts";
import type { EngineDependencies, RunRequest } from "../run.ts";
import type { AnyRunbook, BoundRunbook } from "../runbook.ts";
import { readSnapshot, type World } from "../world.ts";

const silentHand: Hand = { setWeights: () => [], scale: () => [], database: () => [] };
const SEED = 1;
/** No guard keeps a second cloud from being drained yet (guard 7 of the design), and operators do drain one. */
const DRAINED_MOST = 2;
const START_MS = 1_700_000_000_000;

type Nature = { readonly ranges?: Ranges; readonly seed?: number };

export type Started = { readonly run: DurableRun; readonly end: Promise<RunEnd> };

export class TestBench {
  readonly kernel = new Kernel(START_MS);
  readonly locks: Locks;
  readonly world: ModelWorld;
  readonly clients: Clients;
  readonly checker: Checker;
  readonly events: LedgerEvent[] = [];
  readonly runs = new Map<string, DurableRun>();
  /** Events that a store was given at a place where it has another: a replay that went another way. */
  readonly conflicts: string[] = [];
  /** The world at each good point: the start, every passed hold, every commit, and what a runbook keeps. */
  readonly goodSlates: unknown[] = [];
  readonly inventory: Inventory;
  watchReport: WatchReport = { samples: 8, expected: 8, breach: null, worstGoodPercent: 100, worstP99Ms: 20 };
  onEvent: (event: LedgerEvent) => void = () => undefined;
  profile = "drill";
  /** What goes wrong in the next run that is started. */
  trouble: Trouble | null = null;

  /** Without ranges, nothing in its world takes time. */
  constructor(inventory: Inventory, { ranges = ZERO_RANGES, seed = SEED }: Nature = {}) {
    this.inventory = inventory;
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
    this.world = new ModelWorld(inventory, () => kernel.now(), { kernel, random, ranges });
    this.checker = new Checker(this.world, () => kernel.now(), { drainedMost: DRAINED_MOST });
    this.clients = new Clients(this.kernel, this.world);
    this.goodSlates.push(this.world.slate());
  }

  /** What was broken of what must hold of any world. */
  violations(): Violation[] {
    const { world, clients, locks, conflicts } = this;
    const atTheEnd = violationsOf({
      world,
      acknowledged: clients.acknowledged,
      held: locks.held(),
      conflicts,
    });
    return [...this.checker.violations(), ...atTheEnd];
  }

  tell(run: string, command: Command): void {
    this.runs.get(run)?.tell(command);
  }

  bind(runbook: AnyRunbook, input: unknown): BoundRunbook {
    const profile = selectProfile(this.inventory, this.profile);
    const binding = runbook.bind(input, { inventory: this.inventory, profile });
    if (!binding.ok) throw new Error(binding.problems.join("; "));
    return binding.bound;
  }

  /** A run in flight; nothing happens in it before the kernel runs. */
  start(bound: BoundRunbook, request: Partial<RunRequest> = {}): Started {
    return this.launch((journal, attempt) =>
      executeRun(journal, this.engine(attempt), bound, {
        run: journal.run,
        requestedBy: "olivia",
        requestedByHuman: "olivia@wildcam.org",
        profile: this.profile,
        planHash: null,
        waitForLocks: false,
        preempt: false,
        overrides: [],
        automatic: null,
        ...request,
      }),
    );
  }

  /** A body of one's own, as a run. */
  launch(body: (journal: Journal, attempt: Attempt) => Promise<RunEnd>): Started {
    const { kernel, locks, trouble } = this;
    const onPublish = (_name: string, value: Json) => this.#published(value);
    const troubles = trouble === null ? [] : [trouble];
    const run = new DurableRun(`test-run-${this.runs.size + 1}`, { kernel, locks, troubles, onPublish });
    this.runs.set(run.run, run);
    const end = run.execute(body);
    return { run, end };
  }

  async run(bound: BoundRunbook, request: Partial<RunRequest> = {}): Promise<RunEnd> {
    return await this.kernel.run(this.start(bound, request).end);
  }

  /** The world as it is now. */
  async snapshot(): Promise<Snapshot> {
    const world = this.worldFor(new Attempt(0, this.kernel));
    return await this.kernel.run(readSnapshot(world, new AbortController().signal));
  }

  worldFor(attempt: Attempt): World {
    const { inventory, kernel } = this;
    return {
      ...this.world.ports(attempt),
      clock: kernel,
      named: {
        clouds: Object.keys(inventory.clouds),
        clusters: Object.keys(inventory.clusters),
        databases: Object.keys(inventory.databases),
        demandFloor: 0,
      },
    };
  }

  engine(attempt: Attempt = new Attempt(0, this.kernel)): EngineDependencies {
    const { inventory } = this;
    const profile = selectProfile(inventory, this.profile);
    const guards = guardPolicyOf(inventory);
    const watchers: Watchers = { start: async () => undefined, report: async () => this.watchReport };
    return {
      world: this.worldFor(attempt),
      stores: [this.store()],
      watchers,
      guards,
      planning: { guards, hand: silentHand, codeVersion: "test", inventoryDigest: "test" },
      objective: inventory.service.objective,
      holdWindowMs: profile.holdWindow,
      approvalForMs: profile.approvalFor,
      decisionForMs: profile.approvalFor,
      approvalOf: (runbook) => approvalRule(profile, runbook),
      retries: { most: 3, firstMs: 10, lastMs: 100 },
    };
  }

  /** Events as they are noted, which is before they are stored. */
  #published(value: Json): void {
    if (!isEvent(value)) return;
    if (GOOD_POINTS.has(value.type)) this.goodSlates.push(this.world.slate());
    if (value.type === "planned") this.checker.approve(value.run, actsIn(value.data["acts"]));
    if (value.type === "step-skipped") this.checker.skip(value.run, numberIn(value.data, "acts"));
    this.onEvent(value);
  }

  store(): LedgerStore {
    return {
      name: "memory",
      append: async (run, events) => {
        for (const event of events) this.#keep(run, event);
      },
      read: async (run) => this.events.filter((event) => event.run === run),
      close: async () => undefined,
      runs: async () => [...new Set(this.events.map(({ run }) => run))],
    };
  }

  #keep(run: string, event: LedgerEvent): void {
    const held = this.events.find((one) => one.run === run && one.index === event.index);
    if (held === undefined) this.events.push(event);
    else if (held.hash !== event.hash) {
      this.conflicts.push(`${run} has ${held.type} at ${event.index}, and was given ${event.type}`);
      throw terminal("the store holds another event there");
    }
  }
}

const GOOD_POINTS: ReadonlySet<string> = new Set([
  "hold-passed",
  "good-point",
  "pivot-committed",
  "pivot-finished",
]);

const plannedActs = z.array(z.object({ op: z.string(), target: z.string(), params: z.json() }));

function actsIn(planned: Json | undefined): readonly ApprovedAct[] {
  return plannedActs.parse(planned);
}

function isEvent(value: Json): value is LedgerEvent {
  return typeof value === "object" && value !== null && "type" in value && "hash" in value;
}
