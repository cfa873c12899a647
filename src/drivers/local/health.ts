/** The Health port on the local gateway: a quorum of one, which it says. */
import { z } from "zod";
import type { Secret } from "../../domain/secret.ts";
import { type CloudFacts, VERDICTS } from "../../domain/snapshot.ts";
import type { Health } from "../../ports/health.ts";
import { controlClient } from "./control-client.ts";

const verdicts = z.object({
  clouds: z.record(z.string(), z.object({ verdict: z.enum(VERDICTS), reason: z.string() })),
  observers: z.int(),
});

export function createLocalHealth(options: {
  readonly controlUrl: string;
  readonly token: Secret;
  /** Every cloud of the inventory: one that the edge says nothing of is unknown. */
  readonly clouds: readonly string[];
}): Health {
  const client = controlClient("the edge", { url: options.controlUrl, token: options.token });
  return {
    verdicts: async (signal) => {
      const { clouds, observers } = await client.read("/v1/clouds", verdicts, signal);
      const rows = options.clouds.map((cloud): [string, CloudFacts] => {
        const seen = clouds[cloud];
        if (seen === undefined)
          return [cloud, { verdict: "unknown", reason: "the edge does not watch it", observers: 0 }];
        return [cloud, { verdict: seen.verdict, reason: seen.reason, observers }];
      });
      return Object.fromEntries(rows);
    },
  };
}
