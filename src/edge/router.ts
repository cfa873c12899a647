/** Routing with its memory: the wheels, whose turn it was, and what the log was last told. */
import type { Pod } from "./pods.ts";
import { choosePod, type Situation, type Wheel } from "./routing.ts";
import type { Weights } from "./weights.ts";

export type RouterOptions = Readonly<{
  pods: () => readonly Pod[];
  weights: () => Weights;
  /** Called when requests begin to be served in another way, or cannot be served at all; not for every request. */
  onSituation: (situation: Situation | "nobody") => void;
}>;

export class Router {
  readonly #options: RouterOptions;
  // Reads and writes have a wheel each: with one, a client that alternates them could send all writes to one cloud.
  readonly #wheels: Record<"read" | "write", Wheel> = { read: {}, write: {} };
  #turn = 0;
  #situation: Situation | "nobody" = "by-weight";

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** The pod for a request, or for its retry when `tried` is not empty; null when there is none. */
  choose(kind: "read" | "write", tried: readonly Pod[], avoidClouds: readonly string[]): Pod | null {
    const choice = choosePod(this.#options.pods(), {
      weights: this.#options.weights(),
      wheel: this.#wheels[kind],
      tried,
      avoidClouds,
    });
    if (tried.length === 0) this.#tell(choice?.situation ?? "nobody");
    if (choice === null) return null;
    this.#wheels[kind] = choice.wheel;
    choice.pod.chosenAt = ++this.#turn;
    return choice.pod;
  }

  /** Whether a retry would find a pod. */
  hasOther(tried: readonly Pod[]): boolean {
    return this.#options
      .pods()
      .some((pod) => (pod.state === "ready" || pod.state === "suspect") && !tried.includes(pod));
  }

  /** New weights start with fresh wheels: credit earned under the old ones means nothing. */
  weightsChanged(): void {
    this.#wheels.read = {};
    this.#wheels.write = {};
  }

  #tell(situation: Situation | "nobody"): void {
    if (situation === this.#situation) return;
    this.#situation = situation;
    this.#options.onSituation(situation);
  }
}
