/**
 * A night that nobody begins: three servers watch the model world from its vantage points, decide, and tell automation, which
 * begins what is to be done. Here stated troubles come and go, people steer, and how clouds really are is told to whoever
 * judges what began.
 *
 * 1. Nothing here decides. Verdicts come from the health loop, runs from the rules of automation.
 * 2. An order that automation gives twice under one name is begun once, as the durable engine does.
 * 3. What runs are told of clouds is what a server decided that can be asked: the first that hears anybody.
 */
import { AUTOMATION } from "../domain/automatic-order.ts";
import { automationPolicy, selectProfile } from "../domain/inventory/profile.ts";
import type { Json } from "../domain/json.ts";
import type { AutomationPolicy } from "../domain/automation.ts";
import type { Cloud } from "../domain/snapshot.ts";
import { timingsOf } from "../domain/verdicts/standing.ts";
import type { HealthRules } from "../loops/health/decide.ts";
import type { Automation } from "../ports/automation.ts";
import { ambiguous, retryable } from "../ports/errors.ts";
import { Attempt } from "../simulation/attempt.ts";
import type { Violation } from "../simulation/checkers.ts";
import type { Call } from "../simulation/journal.ts";
import { NEVER } from "../simulation/kernel.ts";
import { modelAutomation } from "../simulation/model-automation.ts";
import { Random } from "../simulation/random.ts";
import { ByItself, type Condition } from "../simulation/rules/by-itself.ts";
import { ModelVantagePoints } from "../simulation/world/model-vantage-points.ts";
import { parseAutomaticOrder } from "./parse-automatic-order.ts";
import type { RunOnStage } from "./run-on-stage.ts";
import type { Schedule } from "./schedule.ts";
import { humanOf, type Stage } from "./stage.ts";
import { moveOrder, SERVERS, type Steering, type Trouble, type Watch } from "./watch-schedule.ts";
import { WatchTroubles } from "./watch-troubles.ts";
import { WatchingServer } from "./watching-servers.ts";

type OnCall = (run: RunOnStage, call: Call) => void;

/** Shorter than any stretch that is judged, longer than costs much. */
const TRUTH_EVERY_MS = 50;
/** Servers tell what stands every few seconds: by then each has told that all is well. */
const SETTLED_MS = 12_000;
const SLOW_MS = [400, 3_000] as const;
const OTHER_SEED = 0x2545f491;

export class WatchedNight {
  readonly judge: ByItself;
  readonly #stage: Stage;
  readonly #watch: Watch;
  readonly #onCall: OnCall;
  readonly #policy: AutomationPolicy;
  readonly #clouds: readonly Cloud[];
  readonly #vantages: ModelVantagePoints;
  readonly #automation: Automation;
  readonly #servers: readonly WatchingServer[];
  readonly #random: Random;
  readonly #begun = new Map<string, RunOnStage>();
  readonly #toldRefused = new Set<string>();
  readonly #troubles: WatchTroubles;
  #pending = 0;
  #isMorning = false;
  #wellSinceMs: number | null = null;

  constructor(stage: Stage, { watch, profile, seed, faults }: Watched, onCall: OnCall) {
    const { inventory } = stage.ground;
    const stated = automationPolicy(profile, selectProfile(inventory, profile));
    this.#stage = stage;
    this.#watch = watch;
    this.#onCall = onCall;
    this.#policy = { ...stated, runsPerHour: watch.runsPerHour ?? stated.runsPerHour };
    this.#clouds = Object.keys(inventory.clouds);
    this.#random = new Random(seed ^ OTHER_SEED);
    this.#vantages = new ModelVantagePoints(stage.world, stage.kernel, this.#random);
    this.#troubles = new WatchTroubles(stage, this.#vantages, () => this.#servers);
    this.#vantages.isGone = (cloud) => this.#troubles.isDead(cloud);
    const rules = healthRulesOf(stage);
    this.judge = new ByItself(
      this.#clouds,
      { ...rules.timings, runsPerHour: this.#policy.runsPerHour },
      {
        shift: stated.modes["shift-traffic"],
        promote: stated.modes.promote,
        restore: stated.modes.restore,
      },
    );
    this.judge.heldUp = faults.length > 0 || watch.steering.some(({ does }) => does === "stop");
    this.#automation = modelAutomation({
      now: () => stage.kernel.now(),
      begin: (run, order) => this.#begin(run, order),
    });
    this.#servers = this.#serversOf(rules);
    stage.world.judgedBy(() => (this.#servers.find(({ canBeAsked }) => canBeAsked) ?? this.#first()).facts);
  }

  /** Everything that the night states begins from now on, each in its time. */
  start(): void {
    for (const server of this.#servers) server.watch(NEVER);
    for (const trouble of this.#watch.troubles) this.#schedule(trouble);
    for (const steering of this.#watch.steering) this.#later(steering.atMs, () => this.#steer(steering));
    this.#lookAtTheTruth();
  }

  get lastsMs(): number {
    const ends = this.#watch.troubles.map(({ fromMs, forMs }) => fromMs + forMs);
    return Math.max(0, ...ends, ...this.#watch.steering.map(({ atMs }) => atMs));
  }

  /** All that was stated has been. */
  get isOver(): boolean {
    return this.#pending === 0;
  }

  /** Every server has called every cloud healthy for as long as it takes to tell that. */
  get isSettled(): boolean {
    const { nowMs } = this.#stage.kernel;
    return this.#wellSinceMs !== null && nowMs - this.#wellSinceMs >= SETTLED_MS;
  }

  /** In the morning nobody is in trouble any more, and somebody starts automation again. */
  healAll(): void {
    this.#isMorning = true;
    // What was stopped until now is told anew.
    this.#wellSinceMs = null;
    this.#troubles.healWatchers();
    this.#tellTheJudge();
    void this.#automation.start(this.#stage.kernel.within(1_000));
    this.judge.stopped = false;
  }

  violations(): readonly Violation[] {
    const away = this.judge.modes.restore === "observe" ? [] : this.judge.away;
    return [
      ...this.judge.violations(),
      ...away.map((cloud) => ({ invariant: "L5", what: `nobody began to bring ${cloud} back` })),
    ];
  }

  #first(): WatchingServer {
    const [first] = this.#servers;
    if (first === undefined) throw new RangeError("nobody watches");
    return first;
  }

  #serversOf(rules: HealthRules): WatchingServer[] {
    const { kernel } = this.#stage;
    const policy = this.#policy;
    const ported = this.#stage.worldFor(new Attempt(0, kernel));
    return SERVERS.map(
      (name, at) =>
        new WatchingServer({
          name,
          cloud: this.#clouds[at % this.#clouds.length] ?? "",
          points: this.#vantages.points,
          rules,
          automation: this.#reached(),
          policy,
          world: ported,
          kernel,
          endOf: (run) => this.#endOf(run),
          says: (line) => this.#note(`server ${name}`, line),
        }),
    );
  }

  /** Automation as servers reach it. */
  #reached(): Automation {
    const { kernel } = this.#stage;
    const has = (kind: string): boolean => this.#troubles.has(kind, "automation");
    return {
      ...this.#automation,
      told: async (news, signal) => {
        if (has("unreachable")) throw retryable("automation cannot be reached");
        const [least, most] = SLOW_MS;
        if (has("slow")) await kernel.sleep(least + this.#random.below(most - least), signal);
        const made = await this.#automation.told(news, signal);
        if (has("lost-reply")) throw ambiguous("not answered in time");
        return made;
      },
    };
  }

  #begin(name: string, raw: Json): void {
    if (this.#begun.has(name)) return;
    const order = parseAutomaticOrder(raw);
    const { runbook, input, automatic } = order;
    const cloud = input["cloud"] ?? "";
    this.#note("automation", `begins ${name}: ${JSON.stringify(input)}, ${automatic.mode}`);
    const { mode } = automatic;
    const database = input["database"] ?? null;
    const isSecond = isSecondOf(name);
    this.judge.begun({ run: name, runbook, cloud, mode, database, isSecond }, this.#stage.kernel.nowMs);
    const isFirst = this.#begun.size === 0;
    this.#begun.set(name, this.#stage.start(order, isFirst ? this.#onCall : undefined));
  }

  #tellWhatWasRefused(): void {
    for (const [name, { order, ended }] of this.#begun) {
      if (ended?.outcome !== "refused" || this.#toldRefused.has(name)) continue;
      this.#toldRefused.add(name);
      if (order.runbook === "survive-outage" && !isSecondOf(name))
        this.judge.refused(order.input["cloud"] ?? "");
    }
  }

  async #endOf(run: string): Promise<{ state: string; why: string } | null> {
    const ended = this.#begun.get(run)?.ended ?? null;
    return ended === null ? null : { state: ended.outcome, why: ended.why };
  }

  #schedule(trouble: Trouble): void {
    const { fromMs, forMs } = trouble;
    this.#later(fromMs, () => {
      this.#turn(trouble, true);
      this.#later(forMs, () => this.#turn(trouble, false));
    });
  }

  #turn(trouble: Trouble, begins: boolean): void {
    this.#troubles.turn(trouble, begins);
    this.#tellTheJudge();
  }

  #tellTheJudge(): void {
    this.judge.blinded = this.#troubles.blind;
    if (this.#troubles.anyOfWatchers) this.judge.troubled = true;
  }

  #later(ms: number, act: () => void): void {
    const { kernel } = this.#stage;
    this.#pending += 1;
    kernel.at(kernel.now() + ms, () => {
      this.#pending -= 1;
      if (!this.#isMorning) act();
    });
  }

  #steer(steering: Steering): void {
    const { kernel } = this.#stage;
    const { by, does } = steering;
    this.#stage.noteFault(by, `${does} ${JSON.stringify(steering)}`);
    const signal = kernel.within(1_000);
    switch (steering.does) {
      case "stop":
        void this.#automation.stop({ by, why: "so" }, signal);
        this.judge.stopped = true;
        return this.#pauseAll(by);
      case "start":
        void this.#automation.start(signal);
        this.judge.stopped = false;
        return;
      case "set-mode":
        void this.#automation.setMode({ action: steering.action, mode: steering.mode, by }, signal);
        if (steering.action === "shift-traffic") this.judge.modes.shift = steering.mode;
        if (steering.action === "promote") this.judge.modes.promote = steering.mode;
        if (steering.action === "restore") this.judge.modes.restore = steering.mode;
        return;
      case "move":
        this.#move(steering);
    }
  }

  #move(move: Extract<Steering, { readonly does: "move" }>): void {
    const asked = { requestedBy: move.by, waitForLocks: false, preempt: false };
    this.#stage.start({ ...moveOrder(move), ...asked });
  }

  /** Runs that began by themselves stand still at their next step. */
  #pauseAll(by: string): void {
    const atMs = this.#stage.kernel.now();
    for (const { durable, ended, requestedBy } of this.#stage.runs)
      if (ended === null && requestedBy === AUTOMATION)
        durable.tell({ type: "pause", by, human: humanOf(by), why: "so", atMs });
  }

  #lookAtTheTruth(): void {
    const { kernel } = this.#stage;
    const { nowMs } = kernel;
    const { inForce } = this.#stage.world.edge;
    this.#tellWhatWasRefused();
    for (const cloud of this.#clouds) {
      const seen = { condition: this.#conditionOf(cloud), share: inForce[cloud] ?? 0 };
      this.judge.is(cloud, seen, nowMs);
    }
    for (const server of this.#servers) server.isDead = this.#troubles.isDead(server.cloud);
    const isWell = this.#servers.every(({ facts }) =>
      Object.values(facts).every(({ verdict }) => verdict === "healthy"),
    );
    this.#wellSinceMs = isWell ? (this.#wellSinceMs ?? nowMs) : null;
    kernel.plain(nowMs + TRUTH_EVERY_MS, () => this.#lookAtTheTruth());
  }

  #conditionOf(cloud: Cloud): Condition {
    const { world, ground } = this.#stage;
    const names = Object.entries(ground.inventory.clusters).filter(([, of]) => of.cloud === cloud);
    const states = names.map(([name]) => world.sightOf(name).state);
    if (states.every((state) => state === "fails")) return "dead";
    return states.some((state) => state === "fails" || state === "slow") ? "part" : "well";
  }

  #note(what: string, line: string): void {
    this.#stage.trace.note({ atMs: this.#stage.atMs, what, details: () => line }, line);
  }
}

/** It promotes; the weights move by another run. */
function isSecondOf(name: string): boolean {
  return name.endsWith("-move");
}

type Watched = Pick<Schedule, "profile" | "seed" | "faults"> & { readonly watch: Watch };

function healthRulesOf({ ground }: Stage): HealthRules {
  const { policies, clouds, clusters } = ground.inventory;
  return {
    timings: timingsOf(policies),
    clouds: Object.keys(clouds),
    clusters,
  };
}
