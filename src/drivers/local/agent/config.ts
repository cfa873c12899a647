/** The agent's configuration: written by the supervisor at each bring-up, read at each start of the agent. */
import { z } from "zod";
import { memberConfig } from "../postgres/member.ts";

export const agentConfig = z.object({
  cloud: z.string(),
  host: z.string(),
  port: z.int(),
  tokenFile: z.string(),
  effectsFile: z.string(),
  /** What is wanted of the clusters, kept over restarts. */
  wantedFile: z.string(),
  secretsFile: z.string(),
  /** How many standbys a commit waits for. */
  synchronous: z.int().min(0),
  /** The other members' agents. */
  peers: z.record(z.string(), z.object({ url: z.string(), tokenFile: z.string() })),
  member: memberConfig,
  clusters: z.record(z.string(), z.object({ region: z.string(), replicas: z.int() })),
  pod: z.object({
    program: z.string(),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string()),
    cwd: z.string(),
    logFolder: z.string(),
    version: z.string(),
  }),
});

export type AgentConfig = z.infer<typeof agentConfig>;
