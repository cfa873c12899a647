/** Runs a runbook over the model world and an in-memory journal, and answers all that can be looked at afterwards. */
import { approvalRule, selectProfile } from "../../domain/inventory/profile.ts";
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { Json } from "../../domain/json.ts";
import type { LedgerEvent } from "../../domain/ledger.ts";
import type { Hand } from "../../ports/hand.ts";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import type { Watchers, WatchReport } from "../../ports/watchers.ts";
import { executeRun, type RunEnd } from "../execute.ts";
import type { EngineDependencies, RunRequest } from "../run.ts";
import type { AnyRunbook, BoundRunbook } from "../runbook.ts";
import { type LockState, type MemoryJournal, memoryJournal, TestClock } from "./memory-journal.ts";
import { ModelWorld } from "./model-world.ts";

const silentHand: Hand = { setWeights: () => [], scale: () => [], database: () => [] };

export class TestBench {
  readonly clock = new TestClock();
  readonly world: ModelWorld;
  readonly events: LedgerEvent[] = [];
  readonly locks = new Map<string, LockState>();
  /** The world at each good point: the start, every passed hold, every commit. */
  readonly goodSlates: unknown[] = [];
  readonly inventory: Inventory;
  watchReport: WatchReport = { samples: 8, expected: 8, breach: null, worstGoodPercent: 100, worstP99Ms: 20 };
  onEvent: (event: LedgerEvent) => void = () => undefined;
  profile = "drill";
  repeats = false;
  patienceMs = Number.POSITIVE_INFINITY;
  #runs = 0;

  constructor(inventory: Inventory) {
    this.inventory = inventory;
    this.world = new ModelWorld(inventory, this.clock);
    this.goodSlates.push(this.world.slate());
  }

  journal(): MemoryJournal {
    this.#runs += 1;
    const { locks, clock, repeats, patienceMs } = this;
    const onPublish = (_name: string, value: Json) => this.#published(value);
    return memoryJournal({ run: `test-run-${this.#runs}`, locks, clock, repeats, patienceMs, onPublish });
  }

  bind(runbook: AnyRunbook, input: unknown): BoundRunbook {
    const profile = selectProfile(this.inventory, this.profile);
    const binding = runbook.bind(input, { inventory: this.inventory, profile });
    if (!binding.ok) throw new Error(binding.problems.join("; "));
    return binding.bound;
  }

  async run(
    bound: BoundRunbook,
    journal = this.journal(),
    request: Partial<RunRequest> = {},
  ): Promise<RunEnd> {
    return await executeRun(journal, this.engine(), bound, {
      run: journal.run,
      requestedBy: "olivia",
      profile: this.profile,
      planHash: null,
      waitForLocks: false,
      ...request,
    });
  }

  engine(): EngineDependencies {
    const { inventory } = this;
    const profile = selectProfile(inventory, this.profile);
    const guards = {
      clouds: Object.keys(inventory.clouds),
      clusters: inventory.clusters,
      rpoBytes: inventory.policies.rpo.bytes,
      surviveAnotherLoss: inventory.policies.surviveAnotherLoss,
    };
    const watchers: Watchers = { start: async () => undefined, report: async () => this.watchReport };
    return {
      world: this.world.ports(),
      stores: [this.#store()],
      watchers,
      guards,
      planning: { guards, hand: silentHand, codeVersion: "test", inventoryDigest: "test" },
      objective: inventory.service.objective,
      holdWindowMs: profile.holdWindow,
      approvalForMs: profile.approvalFor,
      approvalOf: (runbook) => approvalRule(profile, runbook),
      retries: { most: 3, firstMs: 10, lastMs: 100 },
    };
  }

  /** Events as they are noted, which is before they are stored. */
  #published(value: Json): void {
    if (!isEvent(value)) return;
    if (value.type === "hold-passed" || value.type === "pivot-committed")
      this.goodSlates.push(this.world.slate());
    this.onEvent(value);
  }

  #store(): LedgerStore {
    return {
      name: "memory",
      append: async (_run, events) => {
        for (const event of events)
          if (!this.events.some(({ hash }) => hash === event.hash)) this.events.push(event);
      },
      read: async (run) => this.events.filter((event) => event.run === run),
      close: async () => undefined,
      runs: async () => [...new Set(this.events.map(({ run }) => run))],
    };
  }
}

function isEvent(value: Json): value is LedgerEvent {
  return typeof value === "object" && value !== null && "type" in value && "hash" in value;
}
