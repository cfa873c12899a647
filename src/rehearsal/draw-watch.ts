/**
 * Draws the watched night of a seed: which story it tells, what else is wrong with those who look and decide, and what strikes
 * the first run that automation begins.
 *
 * 1. A function of seed and ground. The stories come one after the other, so that a short sweep has all of them.
 * 2. At most one vantage point accuses falsely at a time. What a majority says nobody could know better.
 */
import { Random } from "../simulation/random.ts";
import type { AwaitPoint, Courses } from "./courses.ts";
import { type Cell, CellRing } from "./cell-ring.ts";
import { type Ground, isMomentary, shortest } from "./ground.ts";
import { homeOf } from "./inputs.ts";
import { type Schedule, SCHEDULE_VERSION, type ScheduledFault } from "./schedule.ts";
import {
  AUTOMATION_KINDS,
  SERVER_KINDS,
  SERVERS,
  type Steering,
  type Trouble,
  VANTAGE_KINDS,
  type Watch,
} from "./watch-schedule.ts";

type Draw = {
  readonly random: Random;
  readonly clouds: readonly string[];
  readonly clusters: Readonly<Record<string, { readonly cloud: string }>>;
  /** Whom the night is about. */
  readonly cloud: string;
};

type Story = (draw: Draw) => Watch;

const LOSSES = ["killed", "killed", "data-down", "edge-cut"] as const;
const QUIET_MS = 6_000;

/** From the moment at which everybody knows that all is well. */
function lost({ random, cloud }: Draw, fromMs: number, forMs: number): Trouble {
  return { kind: random.pick(LOSSES), actor: `cloud/${cloud}`, fromMs, forMs };
}

const between = ({ random }: Draw, least: number, most: number): number => least + random.below(most - least);

/** One that looks is in trouble for long, and nothing else is. */
const oneIsBlind: Story = (draw) => ({
  steering: [],
  troubles: [
    {
      kind: draw.random.pick(VANTAGE_KINDS),
      actor: `vantage/${draw.random.pick([...draw.clouds, "edge"])}`,
      fromMs: QUIET_MS,
      forMs: between(draw, 30_000, 120_000),
    },
  ],
});

/** At times one of its standbys, if it has the primary, has fallen behind before. */
const oneIsLost: Story = (draw) => {
  const { random, clouds, cloud } = draw;
  const other = random.pick(clouds.filter((one) => one !== cloud));
  const kind = random.pick(["slow-link", "replication-cut"] as const);
  const behind = {
    kind,
    actor: `link/${cloud}->${other}`,
    fromMs: 2_000,
    forMs: between(draw, 4_000, 30_000),
  };
  return {
    steering: [],
    troubles: [
      lost(draw, QUIET_MS, random.pick([5_000, 15_000, 40_000, 90_000])),
      ...(random.chance(0.5) ? [behind] : []),
    ],
  };
};

/** Nobody reaches it, and what is in it goes on: its primary too. */
const cutOff: Story = (draw) => {
  const span = { actor: `cloud/${draw.cloud}`, fromMs: QUIET_MS, forMs: between(draw, 10_000, 60_000) };
  return {
    steering: [],
    troubles: [
      { kind: "data-down", ...span },
      { kind: "control-down", ...span },
    ],
  };
};

/** So short that nobody may act on it. */
const moments: Story = (draw) => {
  const troubles: Trouble[] = [];
  for (let fromMs = QUIET_MS; fromMs < 60_000; fromMs += between(draw, 2_000, 20_000))
    troubles.push(lost(draw, fromMs, between(draw, 250, 600)));
  return { steering: [], troubles };
};

const flapping: Story = (draw) => {
  const bad = between(draw, 700, 8_000);
  const good = between(draw, 700, 12_000);
  const troubles: Trouble[] = [];
  for (let fromMs = QUIET_MS; fromMs < 120_000; fromMs += bad + good)
    troubles.push({ kind: "edge-cut", actor: `cloud/${draw.cloud}`, fromMs, forMs: bad });
  return { steering: [], troubles };
};

/** Whatever it is, it is not one cloud. */
const allAreLost: Story = (draw) => {
  const kind = draw.random.pick(["data-down", "edge-cut"] as const);
  const forMs = between(draw, 5_000, 60_000);
  return {
    steering: [],
    troubles: draw.clouds.map((cloud) => ({ kind, actor: `cloud/${cloud}`, fromMs: QUIET_MS, forMs })),
  };
};

/** It dies a second time, mostly while it is being brought back. */
const lostAgain: Story = (draw) => {
  const { random } = draw;
  const firstMs = between(draw, 4_000, 20_000);
  const againMs = QUIET_MS + firstMs + between(draw, 3_000, 60_000);
  return {
    steering: [],
    troubles: [
      lost(draw, QUIET_MS, firstMs),
      lost(draw, againMs, random.pick([4_000, 12_000, 35_000, 60_000])),
    ],
  };
};

/**
 * Automation is heard late: by then the cloud is back, and the server in it, which runs ask first, knows nothing yet. Then it is lost
 * for good.
 */
const heardLate: Story = (draw) => {
  const [first = ""] = draw.clouds;
  const actor = `cloud/${first}`;
  const backMs = QUIET_MS + between(draw, 5_000, 9_000);
  return {
    steering: [],
    troubles: [
      {
        kind: "unreachable",
        actor: "automation",
        fromMs: QUIET_MS,
        forMs: backMs - between(draw, 0, 300) - QUIET_MS,
      },
      { kind: "killed", actor, fromMs: QUIET_MS, forMs: backMs - QUIET_MS },
      { kind: "killed", actor, fromMs: backMs + between(draw, 6_000, 14_000), forMs: 40_000 },
    ],
  };
};

const tooOften: Story = (draw) => {
  const troubles: Trouble[] = [];
  let fromMs = QUIET_MS;
  for (let times = 0; times < 3; times += 1) {
    troubles.push(lost(draw, fromMs, between(draw, 4_000, 10_000)));
    fromMs += between(draw, 60_000, 110_000);
  }
  return { steering: [], troubles, runsPerHour: 1 + draw.random.below(2) };
};

/** People stop automation before, while or behind the outage, and have it go on at times. */
const stopped: Story = (draw) => {
  const { random } = draw;
  const by = "dana";
  const atMs = between(draw, 1_000, 40_000);
  const steering: Steering[] = [{ does: "stop", by, atMs }];
  if (random.chance(0.6)) steering.push({ does: "start", by, atMs: atMs + between(draw, 5_000, 60_000) });
  return { steering, troubles: [lost(draw, QUIET_MS, between(draw, 8_000, 50_000))] };
};

/** Mostly before the outage, so that what begins has to keep to it. */
const otherModes: Story = (draw) => {
  const { random } = draw;
  const action = random.pick(["shift-traffic", "promote", "restore"] as const);
  const mode = random.pick(["observe", "propose"] as const);
  const atMs = random.chance(0.7) ? between(draw, 500, QUIET_MS) : between(draw, QUIET_MS, 20_000);
  return {
    steering: [{ does: "set-mode", by: "adam", atMs, action, mode }],
    troubles: [lost(draw, QUIET_MS, between(draw, 8_000, 50_000))],
  };
};

/** One of its clusters only. */
const halfIsLost: Story = (draw) => {
  const own = Object.keys(draw.clusters).filter((name) => draw.clusters[name]?.cloud === draw.cloud);
  const actor = `cluster/${draw.random.pick(own)}`;
  const kind = draw.random.pick(["killed", "frozen"] as const);
  return { steering: [], troubles: [{ kind, actor, fromMs: QUIET_MS, forMs: between(draw, 8_000, 50_000) }] };
};

/**
 * Two or three that look say nothing, or know that they are cut off; what the rest says is no quorum against anybody, also
 * where one of them accuses.
 */
const fewAreHeard: Story = (draw) => {
  const { random, clouds } = draw;
  const spared = random.pick([...clouds, "edge"]);
  const forMs = between(draw, 10_000, 60_000);
  const kind = () => random.pick(["silent", "cut-off-knowing"] as const);
  const troubles = [...clouds, "edge"]
    .filter((one) => one !== spared)
    .map((one): Trouble => ({ kind: kind(), actor: `vantage/${one}`, fromMs: QUIET_MS, forMs }));
  const accuses = { kind: "lying", actor: `vantage/${spared}`, fromMs: QUIET_MS, forMs };
  return {
    steering: [],
    troubles: [
      ...(random.chance(0.5) ? troubles : troubles.slice(1)),
      ...(random.chance(0.5) ? [accuses] : []),
    ],
  };
};

/** Well for just longer than the shortest way back, again and again. */
const slowFlapping: Story = (draw) => {
  const bad = between(draw, 2_000, 5_000);
  const good = between(draw, 17_000, 26_000);
  const troubles: Trouble[] = [];
  for (let fromMs = QUIET_MS; fromMs < 240_000; fromMs += bad + good)
    troubles.push({ kind: "data-down", actor: `cloud/${draw.cloud}`, fromMs, forMs: bad });
  return { steering: [], troubles };
};

/** A planned move is under way, and has the locks. */
const inAMove: Story = (draw) => {
  const { random, clouds, cloud } = draw;
  const others = clouds.filter((one) => one !== cloud);
  const isSource = random.chance(0.5);
  const other = random.pick(others);
  const atMs = between(draw, 500, 4_000);
  const way = isSource ? { from: cloud, to: other } : { from: other, to: cloud };
  const fromMs = atMs + between(draw, 1_000, 40_000);
  return {
    steering: [{ does: "move", by: "olivia", atMs, ...way }],
    troubles: [lost(draw, fromMs, between(draw, 20_000, 60_000))],
  };
};

/** One server has its own truth: what was so when that began. */
const oneIsMisled: Story = (draw) => {
  const lostMs = between(draw, 8_000, 25_000);
  const fromMs = draw.random.chance(0.5) ? QUIET_MS - 1_000 : QUIET_MS + between(draw, 3_000, lostMs);
  const server = draw.random.pick(SERVERS);
  const forMs = between(draw, 20_000, 60_000);
  if (draw.random.chance(0.5))
    return { steering: [], troubles: [{ kind: "deluded", actor: `server/${server}`, fromMs, forMs }] };
  return {
    steering: [],
    troubles: [
      { kind: "data-down", actor: `cloud/${draw.cloud}`, fromMs: QUIET_MS, forMs: lostMs },
      { kind: "misled", actor: `server/${server}`, fromMs, forMs: between(draw, 20_000, 90_000) },
    ],
  };
};

const STORIES: readonly Story[] = [
  oneIsLost,
  cutOff,
  oneIsBlind,
  moments,
  lostAgain,
  stopped,
  flapping,
  allAreLost,
  halfIsLost,
  otherModes,
  tooOften,
  fewAreHeard,
  slowFlapping,
  inAMove,
  oneIsMisled,
  heardLate,
];

/** Of the nights in which a vantage point may be in trouble besides, and so on. */
const ALSO_SHARE = 0.3;
const STRUCK_SHARE = 0.4;
/** Of nights that are about the primary's cloud. */
const HOME_SHARE = 0.4;
/** Their stories are about the whole of what is seen and done, and want no further trouble. */
const ALONE: ReadonlySet<Story> = new Set([
  oneIsBlind,
  moments,
  tooOften,
  fewAreHeard,
  slowFlapping,
  oneIsMisled,
  heardLate,
]);

export class WatchDrawer {
  readonly #ground: Ground;
  readonly #ring: CellRing;

  /** `courses`: of the runbook that is begun first. */
  constructor(ground: Ground, courses: Courses) {
    this.#ground = ground;
    // What those who watch say is no fault here: it is decided.
    const faults = ground.faults.filter(({ group }) => group !== "evidence");
    this.#ring = new CellRing(
      courses.filter(({ trigger }) => trigger === null),
      faults,
    );
  }

  get cells(): readonly Cell[] {
    return this.#ring.cells;
  }

  scheduleOf(seed: number): Schedule {
    const random = new Random(Math.imul(seed, 0x9e3779b1) ^ 0x2c1b3c6d);
    const { clouds, clusters } = this.#ground.inventory;
    const names = Object.keys(clouds);
    const cloud = random.chance(HOME_SHARE) ? homeOf(this.#ground) : random.pick(names);
    const draw: Draw = { random, clouds: names, clusters, cloud };
    const story = STORIES[seed % STORIES.length] ?? oneIsLost;
    const watch = ALONE.has(story) ? story(draw) : this.#besides(draw, story(draw));
    const struck = !ALONE.has(story) && random.chance(STRUCK_SHARE);
    return {
      v: SCHEDULE_VERSION,
      seed,
      runbook: "survive-outage",
      input: { cloud, database: "move" },
      profile: shortest(this.#ground.inventory),
      faults: struck ? this.#strike(random, seed) : [],
      people: [],
      watch,
    };
  }

  #besides(draw: Draw, watch: Watch): Watch {
    const { random, clouds } = draw;
    const lastsMs = Math.max(...watch.troubles.map(({ fromMs, forMs }) => fromMs + forMs));
    const when = () => ({ fromMs: random.below(lastsMs), forMs: between(draw, 500, 40_000) });
    const troubles = [...watch.troubles];
    const also = (kind: string, actor: string): void => void troubles.push({ kind, actor, ...when() });
    if (random.chance(ALSO_SHARE))
      also(random.pick(VANTAGE_KINDS), `vantage/${random.pick([...clouds, "edge"])}`);
    if (random.chance(ALSO_SHARE)) also(random.pick(SERVER_KINDS), `server/${random.pick(SERVERS)}`);
    if (random.chance(ALSO_SHARE)) also(random.pick(AUTOMATION_KINDS), "automation");
    return { ...watch, troubles };
  }

  #strike(random: Random, seed: number): ScheduledFault[] {
    const begun = this.#ring.begin(seed);
    if (begun === null) return [];
    const cells = [begun.cell, ...(random.chance(0.5) ? [this.#ring.further(begun, 0)] : [])];
    return cells.flatMap((cell) => this.#fault(random, cell));
  }

  #fault(random: Random, { point, kind, phase }: Cell): ScheduledFault[] {
    const those = this.#ground.faults.filter((fault) => fault.kind === kind);
    if (those.length === 0) return [];
    const fault = random.pick(those);
    const at = { call: point.call, nth: 1 + random.below(timesOf(point)), phase };
    const lasts = isMomentary(fault) ? null : { ms: random.pick([50, 500, 5_000, 40_000]) };
    return [{ ...fault, at, lasts }];
  }
}

function timesOf({ times }: AwaitPoint): number {
  return Math.max(1, times);
}
