/** The observer's configuration: written by the supervisor at each bring-up, read at each start of the observer. */
import { z } from "zod";

export const observerConfig = z.object({
  cloud: z.string(),
  host: z.string(),
  port: z.int(),
  tokenFile: z.string(),
  /** Where users' requests go. */
  edgeUrl: z.url(),
  clusters: z.record(z.string(), z.object({ cloud: z.string() })),
  agents: z.record(z.string(), z.object({ url: z.url(), tokenFile: z.string() })),
  /** By cloud: the link by which its pods are reached; null: as they are. */
  podsThrough: z.record(z.string(), z.int().nullable()),
  /** Where it writes down which pods it was told of, for when it starts anew beside a cloud that is gone. */
  podsFile: z.string(),
  /** The objective: an answer that takes twice as long is slow. */
  latencyMs: z.number().positive(),
});

export type ObserverConfig = z.infer<typeof observerConfig>;
