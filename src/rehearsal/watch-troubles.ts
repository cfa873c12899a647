/** What is wrong just now in a watched night: with the world, with who looks, with servers, with automation. */
import type { Cloud } from "../domain/snapshot.ts";
import type { ModelVantagePoints } from "../simulation/world/model-vantage-points.ts";
import { faultAtAMoment } from "./ground.ts";
import type { Stage } from "./stage.ts";
import { isOfWatchers, type Trouble, VANTAGE_KINDS } from "./watch-schedule.ts";
import type { WatchingServer } from "./watching-servers.ts";

export class WatchTroubles {
  readonly #stage: Stage;
  readonly #vantages: ModelVantagePoints;
  readonly #servers: () => readonly WatchingServer[];
  readonly #active = new Map<string, number>();

  constructor(stage: Stage, vantages: ModelVantagePoints, servers: () => readonly WatchingServer[]) {
    this.#stage = stage;
    this.#vantages = vantages;
    this.#servers = servers;
  }

  has(kind: string, actor: string): boolean {
    return this.#active.has(`${kind}@${actor}`);
  }

  /** Its observer and its server die with it. */
  isDead(cloud: Cloud): boolean {
    return this.#stage.world.faults.some(
      ({ kind, actor }) => kind === "killed" && actor === `cloud/${cloud}`,
    );
  }

  /** Of those who look, decide and are told; nobody is, where this is false. */
  get anyOfWatchers(): boolean {
    return this.#troubled("vantage/") + this.#troubled("server/") + this.#troubled("automation") > 0;
  }

  /** One vantage point and one server may be in trouble, and an outage is seen and told all the same. */
  get blind(): boolean {
    const isMissed =
      this.#troubled("automation") > 0 || this.#troubled("vantage/") > 1 || this.#troubled("server/") > 1;
    // A cloud that is dead takes a vantage point and a server with it.
    const dead = Object.keys(this.#stage.ground.inventory.clouds).filter((cloud) => this.isDead(cloud));
    return isMissed || dead.length > 1 || (dead.length > 0 && this.#troubled("server/") > 0);
  }

  /** The same trouble twice is over when both are. */
  turn(trouble: Trouble, begins: boolean): void {
    const { kind, actor } = trouble;
    this.#stage.noteFault(`${kind} ${actor}`, begins ? "begins" : "is over");
    const key = `${kind}@${actor}`;
    if (begins) this.#stage.trace.sign(`${key} at ${this.#stage.atMs}`);
    const count = (this.#active.get(key) ?? 0) + (begins ? 1 : -1);
    if (count > 0) this.#active.set(key, count);
    else this.#active.delete(key);
    if (begins ? count > 1 : count > 0) return;
    if (isOfWatchers(trouble)) this.#turnWatcher(trouble, begins);
    else this.#turnWorld(trouble, begins);
  }

  /** The world heals by itself. */
  healWatchers(): void {
    this.#active.clear();
    this.#vantages.trouble.clear();
    for (const { troubles } of this.#servers()) troubles.clear();
  }

  #troubled(noun: string): number {
    const actors = [...this.#active.keys()].map((key) => key.slice(key.indexOf("@") + 1));
    return new Set(actors.filter((actor) => actor.startsWith(noun))).size;
  }

  #turnWorld(trouble: Trouble, begins: boolean): void {
    const { world, ground } = this.#stage;
    const fault = faultAtAMoment(ground, trouble);
    // `check-schedule.ts` has refused it by the same list.
    if (fault === null) throw new RangeError(`there is no trouble ${trouble.kind}@${trouble.actor}`);
    if (begins) world.inject(fault);
    else world.heal(fault);
  }

  #turnWatcher({ kind, actor }: Trouble, begins: boolean): void {
    const [noun = "", name = ""] = actor.split("/");
    const known = VANTAGE_KINDS.find((one) => one === kind);
    if (noun === "vantage" && known !== undefined) {
      const point = name === "edge" ? name : `observer ${name}`;
      if (begins) this.#vantages.trouble.set(point, known);
      else this.#vantages.trouble.delete(point);
    }
    const server = this.#servers().find((one) => noun === "server" && one.name === name);
    if (begins) server?.troubles.add(kind);
    else server?.troubles.delete(kind);
  }
}
