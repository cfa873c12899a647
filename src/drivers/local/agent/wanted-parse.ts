/** What is wanted of each cluster, as the agent keeps it on disk. */
import { z } from "zod";

const wanted = z.record(z.string(), z.object({ replicas: z.int().min(0), generation: z.int().min(1) }));

export type Wanted = z.infer<typeof wanted>;

export function parseWanted(text: string): Wanted {
  return wanted.parse(JSON.parse(text));
}
