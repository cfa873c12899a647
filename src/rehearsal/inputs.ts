/** What a rehearsed runbook is run with. */
import type { RunbookName } from "../domain/runbook-names.ts";
import type { Random } from "../simulation/random.ts";
import type { Ground } from "./ground.ts";

type Input = Readonly<Record<string, string>>;

export function homeOf({ inventory }: Ground): string {
  return Object.values(inventory.databases)[0]?.primary ?? "";
}

/** Comes by every point of the runbook: the first move out of the primary's cloud, or the way back; the loss of that cloud. */
export function usualInput(ground: Ground, runbook: RunbookName): Input {
  const home = homeOf(ground);
  const away = Object.keys(ground.inventory.clouds).find((cloud) => cloud !== home) ?? "";
  return inputFor(runbook, { home, away });
}

export function inputFor(
  runbook: RunbookName,
  { home, away }: { readonly home: string; readonly away: string },
): Input {
  switch (runbook) {
    case "manual-failover":
      return { from: home, to: away, database: "move" };
    case "rollback":
      return { from: away, to: home, database: "move" };
    case "survive-outage":
      return { cloud: home, database: "move" };
    case "restore-traffic":
      return { cloud: home, primary: "return" };
    default:
      return runbook satisfies never;
  }
}

/** The same, with the database left where it is. */
export function stayingInput(input: Input): Input {
  return "primary" in input ? { ...input, primary: "stay" } : { ...input, database: "stay" };
}

/** Any input that the runbook takes. */
export function anyInput(ground: Ground, random: Random, runbook: RunbookName): Input {
  const names = Object.keys(ground.inventory.clouds);
  const home = random.pick(names);
  const away = random.pick(names.filter((cloud) => cloud !== home));
  const input = inputFor(runbook, { home, away });
  return random.chance(0.7) ? input : stayingInput(input);
}
