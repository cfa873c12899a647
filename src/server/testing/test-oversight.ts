/** Oversight over the engine's test bench: sheets in memory, a durable engine that says what it was told. */
import type { TestBench } from "../../engine/testing/test-run.ts";
import type { RunControl, RunInFlight } from "../../ports/run-control.ts";
import type { Sheets } from "../../ports/sheets.ts";
import type { Oversight } from "../oversight.ts";
import type { Ground } from "../version-gate.ts";
import { watchRuns } from "../watch-runs.ts";

export class TestControl implements RunControl {
  readonly told: string[] = [];
  held: RunInFlight[] = [];

  async inFlight(): Promise<readonly RunInFlight[]> {
    return this.held;
  }

  async end(run: string): Promise<boolean> {
    this.told.push(`end ${run}`);
    return this.held.some((one) => one.run === run);
  }

  async giveBack(lock: string, run: string): Promise<void> {
    this.told.push(`give back ${lock} of ${run}`);
  }
}

function memorySheets(isTaken: () => boolean): Sheets & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    write: async (run, text) => {
      texts.set(run, text);
    },
    read: async (run) => texts.get(run) ?? null,
    placeOf: (run) => ({ sheet: `/sheets/${run}.md`, taken: `/sheets/${run}.by-hand` }),
    isTaken: async () => isTaken(),
  };
}

export function testOversight(of: {
  readonly bench: TestBench;
  readonly ground: Ground;
  readonly isTaken: () => boolean;
  readonly control: RunControl;
}): Oversight {
  const { world, stores } = of.bench.engine();
  const [store] = stores;
  if (store === undefined) throw new Error("no store");
  const limits = { stepMs: 60_000, scaleMs: 120_000, approvalForMs: 600_000 };
  const log = () => undefined;
  const clock = of.bench.kernel;
  return {
    here: of.ground,
    sheets: memorySheets(of.isTaken),
    control: of.control,
    stores,
    watch: watchRuns({ store, clock, notify: world.notify, limits, log }),
    limits,
    clock,
    log,
  };
}
