/**
 * Runs of another installation, whose records were copied here: they are shown, and told nothing.
 *
 * A record that was signed elsewhere is not enough: after a change of the signing key that holds for runs in flight here
 * as well, and those the durable engine has.
 */
import type { RunControl } from "../ports/run-control.ts";

type Whose = (run: string) => Promise<string | null>;

export function foreignRuns(whose: Whose, control: RunControl) {
  return async (run: string, signal: AbortSignal): Promise<string | null> => {
    const elsewhere = await whose(run);
    if (elsewhere === null) return null;
    const here = (await control.inFlight(signal)).some((one) => one.run === run);
    return here ? null : elsewhere;
  };
}
