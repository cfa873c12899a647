/** The asking side of the supervisor's fault control: for the command and for drills. */
import { resolve } from "node:path";
import { z } from "zod";
import { Secret } from "../../../domain/secret.ts";
import { PortError } from "../../../ports/errors.ts";
import { controlClient } from "../control-client.ts";
import { readText } from "../processes/files.ts";
import { layoutOf } from "../world/layout.ts";
import { findSupervisor } from "../world/supervisor-lock.ts";
import { WorldError } from "../world/world-error.ts";
import { readWorldFile } from "../world/world-file-parse.ts";
import { type FaultOrder, FaultRefused, type FaultRow, faultRow, type Healed, healed } from "./fault.ts";

/** All of it throws FaultRefused where the order does not fit, and WorldError where the supervisor fails at it. */
export type FaultClient = {
  readonly list: () => Promise<readonly FaultRow[]>;
  /** `target`: a cloud, or a cluster as `clusterTarget` words it. */
  readonly begin: (target: string, order: FaultOrder) => Promise<FaultRow>;
  readonly heal: (target: string) => Promise<Healed>;
};

const withinMs = 30_000;

/** Null when no world is up there. */
export function faultClientOf(stateDir: string): FaultClient | null {
  const layout = layoutOf(resolve(stateDir));
  const control = findSupervisor(layout) === null ? null : readWorldFile(layout.worldFile)?.control;
  if (control === undefined || control === null) return null;
  const token = new Secret((readText(control.tokenFile) ?? "").trim());
  const address = { url: `http://127.0.0.1:${control.port}`, token };
  const ask = async <T>(work: (client: ReturnType<typeof controlClient>) => Promise<T>): Promise<T> => {
    // A connection of its own a question: nothing then keeps a command's process alive.
    const client = controlClient("the supervisor", address);
    try {
      return await work(client);
    } catch (error) {
      throw worded(error);
    } finally {
      await client.close();
    }
  };
  const signal = (): AbortSignal => AbortSignal.timeout(withinMs);
  const post = async <T>(path: string, body: unknown, answer: z.ZodType<T>): Promise<T> =>
    await ask(
      async (client) => await client.change({ method: "POST", path, body, withinMs }, answer, signal()),
    );
  return {
    list: async () =>
      await ask(async (client) => await client.read("/v1/faults", z.array(faultRow), signal())),
    begin: async (target, order) => await post(pathOf(target), order, faultRow),
    heal: async (target) => await post(`${pathOf(target)}/heal`, {}, healed),
  };
}

function pathOf(target: string): string {
  return `/v1/faults/${encodeURIComponent(target)}`;
}

const refusal = z.object({ refused: z.object({ what: z.string(), why: z.string(), next: z.string() }) });

function worded(error: unknown): WorldError {
  const said = error instanceof PortError ? refusal.safeParse(error.facts) : null;
  if (said?.success === true) return new FaultRefused(said.data.refused);
  return new WorldError(
    {
      what: "the supervisor did not do as it was asked",
      why: error instanceof Error ? error.message : String(error),
      next: "./wildcam local status",
    },
    { cause: error },
  );
}
