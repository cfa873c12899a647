/**
 * The API over the real engine, the model world and real people; only the durable engine, the disk and the socket are
 * replaced. The audit ledger has two stores in memory, which can be made to fail.
 */
import { createHash } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";
import { approvalRule, automationPolicy, selectProfile } from "../../domain/inventory/profile.ts";
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { Json } from "../../domain/json.ts";
import type { LedgerEvent } from "../../domain/ledger.ts";
import type { People, Person } from "../../domain/people.ts";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { TestBench } from "../../engine/testing/test-run.ts";
import type { RunbookContext } from "../../engine/runbook.ts";
import type { World } from "../../engine/world.ts";
import { retryable } from "../../ports/errors.ts";
import type { Command } from "../../ports/journal.ts";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import type { Peer, Peers } from "../../ports/peers.ts";
import type { RunEngine } from "../../ports/run-engine.ts";
import { modelAutomation } from "../../simulation/model-automation.ts";
import { modelSchedule } from "../../simulation/model-schedule.ts";
import { Audit } from "../audit.ts";
import { HealthBoard } from "../health-board.ts";
import { parseOrder } from "../orders.ts";
import { pastDurations } from "../past-runs.ts";
import { openPeople, type PeopleStore } from "../people.ts";
import { foreignRuns } from "../foreign-runs.ts";
import { runBody } from "../run-body.ts";
import type { Ground } from "../version-gate.ts";
import { addRoutes, type ApiDependencies } from "../api/routes.ts";
import { TestControl, testOversight } from "./test-oversight.ts";

export const TOKENS = {
  olivia: "olivia-token-0000001",
  priya: "priya-token-00000001",
  dana: "dana-token-000000001",
  adam: "adam-token-000000001",
};

// The API is called in real time while virtual time passes; it never runs ahead to where an approval lapses.
const PATIENCE_MS = 3_600_000;

export function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** A ledger store in memory; `fails` makes its next appends throw. */
export class MemoryStore implements LedgerStore {
  readonly name: string;
  readonly events: LedgerEvent[] = [];
  fails = false;

  constructor(name: string) {
    this.name = name;
  }

  async append(_run: string, events: readonly LedgerEvent[]): Promise<void> {
    if (this.fails) throw retryable(`${this.name} is full`);
    for (const event of events) if (this.events[event.index] === undefined) this.events.push(event);
  }

  read = async () => [...this.events];
  runs = async () => [];
  close = async () => undefined;
}

export type ServeOptions = {
  readonly profile?: "drill" | "production";
  /** Besides those of the inventory, or in their place. */
  readonly people?: Readonly<Record<string, Partial<Person> & { readonly token: string }>>;
  /** Ports in place of the model world's. */
  readonly world?: Partial<World>;
  /** What clouds say of themselves; nothing where it is left out. */
  readonly words?: ApiDependencies["words"];
};

/** A call can be answered without a turn of the loop on which virtual time passes. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

export type Served = Awaited<ReturnType<typeof serveApi>>;

export async function serveApi(options: ServeOptions = {}) {
  const { profile: profileName = "drill", people: more = {} } = options;
  const inventory = exampleInventory();
  const bench = new TestBench(inventory);
  bench.profile = profileName;
  const profile = selectProfile(inventory, profileName);
  const stopped = Promise.withResolvers<void>();
  void bench.kernel.run(stopped.promise, PATIENCE_MS);
  const engine = bench.engine();
  const ground = { codeVersion: "test", inventoryDigest: "test", profile: profileName };
  /** What a test may change while the API is up. */
  const standing = newStanding();
  const control = new TestControl();
  const durable = durableEngine({ bench, ground, standing, context: { inventory, profile } });
  const automation = automationOf(bench, durable.runs);
  const [store] = engine.stores;
  if (store === undefined) throw new Error("no store");
  const auditStores = [new MemoryStore("ledger"), new MemoryStore("ledger-copy")] as const;
  const logged: string[] = [];
  const audit = new Audit({ stores: auditStores, clock: bench.kernel, log: (line) => logged.push(line) });
  const file = new PeopleInMemory(peopleOf(inventory.people, more));
  const people = await openPeople({ store: file, audit, clock: bench.kernel });
  const app = fastify();
  addRoutes(app, {
    people,
    audit,
    world: { ...engine.world, ...options.world },
    planning: engine.planning,
    context: { inventory, profile },
    profile: profileName,
    runs: {
      runs: durable.runs,
      store,
      clock: bench.kernel,
      ground,
      approvalForMs: profile.approvalFor,
      signedElsewhere: foreignRuns(async () => standing.signedBy, control),
      humanNamed: (name) => people.humanNamed(name),
      newId: () => "test-run-1",
    },
    acting: { runs: durable.runs, clock: bench.kernel, peers: membersIn(standing) },
    oversight: testOversight({ bench, ground, isTaken: () => standing.taken, control }),
    approvalOf: (runbook) => approvalRule(profile, runbook),
    automation: { ...automation, policy: automationPolicy(profileName, profile) },
    board: blindBoard(inventory, bench),
    pace: { past: pastDurations(store), stated: {} },
    words: options.words ?? { of: () => null },
  });
  const call = callerOver(app, more);
  return {
    app,
    bench,
    audit,
    auditStores,
    people,
    file,
    logged,
    told: durable.told,
    orders: durable.orders,
    standing,
    control,
    call,
    ended: durable.ended,
    stop: stopped.resolve,
  };
}

function automationOf(bench: TestBench, runs: RunEngine) {
  const now = () => bench.kernel.now();
  const begin = (run: string, order: Json) => void runs.start(run, order, bench.kernel.within(PATIENCE_MS));
  const automation = modelAutomation({ now, begin });
  return { automation, schedule: modelSchedule({ now, begin, automation }) };
}

/** Nobody looks here: the runs' own health is the model world's. */
function blindBoard({ clouds, clusters }: Inventory, { kernel }: TestBench): HealthBoard {
  const timings = { freshMs: 3_000, dwellMs: 1_000, slowMs: 4_000, backMs: 15_000, backMostMs: 300_000 };
  const rules = { timings, clouds: Object.keys(clouds), clusters };
  return new HealthBoard({ points: [], rules, clock: kernel, changed: () => undefined });
}

type StandingNow = { taken: boolean; signedBy: string | null; acts: boolean; members: Peer[] };

function newStanding(): StandingNow {
  return { taken: false, signedBy: null, acts: true, members: [] };
}

function membersIn(standing: StandingNow): Peers {
  return { self: standing.members[0]?.name ?? null, look: async () => standing.members };
}

/** Runs in the bench, in place of those in the durable engine. */
function durableEngine(of: {
  readonly bench: TestBench;
  readonly ground: Ground;
  readonly standing: { readonly taken: boolean; readonly acts: boolean };
  readonly context: RunbookContext;
}) {
  const { bench, ground, standing, context } = of;
  const told: Command[] = [];
  const orders: ReturnType<typeof parseOrder>[] = [];
  let ended: Promise<unknown> = Promise.resolve();
  const runs: RunEngine = {
    start: async (_run, order) => {
      orders.push(parseOrder(order));
      const { end } = bench.launch((journal, attempt) =>
        runBody({
          engine: bench.engine(attempt),
          context,
          here: ground,
          isTaken: async () => standing.taken,
          left: () => undefined,
        })(journal, order),
      );
      ended = end;
    },
    ready: async () => {
      if (!standing.acts) throw retryable("the durable engine does not answer");
    },
    tell: async (run, command) => {
      told.push(command);
      bench.tell(run, command);
    },
  };
  return { runs, told, orders, ended: () => ended };
}

class PeopleInMemory implements PeopleStore {
  people: People;
  fails = false;

  constructor(people: People) {
    this.people = people;
  }

  read = async () => this.people;
  alone = <T>(work: () => Promise<T>) => work();
  write = async (people: People) => {
    if (this.fails) throw new Error("no space left on device");
    this.people = people;
  };
}

/** `who`: a name, or null for a call without a token. */
function callerOver(app: FastifyInstance, more: NonNullable<ServeOptions["people"]>) {
  const tokens: Readonly<Record<string, string>> = {
    ...TOKENS,
    ...Object.fromEntries(Object.entries(more).map(([name, { token }]) => [name, token])),
  };
  return async (who: string | null, method: "GET" | "POST", url: string, body?: object) => {
    const headers = who === null ? {} : { authorization: `Bearer ${tokens[who] ?? who}` };
    const answer = await app.inject({
      method,
      url,
      headers,
      ...(body === undefined ? {} : { payload: body }),
    });
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- tests look into answers as they are
    return { status: answer.statusCode, body: answer.json() };
  };
}

type Named = ReturnType<typeof exampleInventory>["people"];

function peopleOf(named: Named, more: NonNullable<ServeOptions["people"]>): People {
  const row = (roles: Person["roles"], mail: string, token: string): Person => {
    const lasting = { expiresAtMs: null, revokedAtMs: null, source: "inventory" } as const;
    return { roles, mail, sha256: digestOf(token), ...lasting };
  };
  const inventory = Object.entries(TOKENS).map(([name, token]): [string, Person] => {
    const person = named[name];
    return [name, row([...(person?.roles ?? [])], person?.mail ?? `${name}@wildcam.org`, token)];
  });
  const others = Object.entries(more).map(([name, { token, ...changes }]): [string, Person] => {
    return [name, { ...row(["viewer"], `${name}@wildcam.org`, token), ...changes }];
  });
  return Object.fromEntries([...inventory, ...others]);
}
