/** A rule that is judged after every event of a world, at a cost that does not grow with the night. */
import type { WorldEvent } from "../world/events.ts";

export type Rule = {
  readonly invariant: string;
  readonly kinds: readonly WorldEvent["kind"][];
  /** What is broken, or null. */
  after(event: WorldEvent): string | null;
};
