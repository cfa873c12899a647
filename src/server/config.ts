/** The server's configuration file, as the local world writes it and a deployment mounts it. */
import { z } from "zod";

const address = z.url();

const config = z.strictObject({
  host: z.string(),
  apiPort: z.int().min(0).max(65_535),
  workerPort: z.int().min(0).max(65_535),
  ingressUrl: address,
  adminUrl: address,
  /** Under which all members have their workers called; left out: this worker's own address. */
  workerUrl: address.optional(),
  /** Which of several members this one is; null: the only one. */
  member: z.string().nullable().default(null),
  /** All of them, this one included, in the order that is the same for all; empty for the only one. */
  members: z
    .array(z.strictObject({ name: z.string(), apiUrl: address, ingressUrl: address, adminUrl: address }))
    .default([]),
  identityPublicKey: z.string(),
  inventoryPath: z.string(),
  profile: z.string(),
  stateDir: z.string(),
  ledgerDirs: z.array(z.string()).min(2),
  ledgerSigningKeyFile: z.string(),
  effectsDir: z.string(),
  edge: z.strictObject({ controlUrl: address, tokenFile: z.string() }),
  agents: z.record(z.string(), z.strictObject({ url: address, tokenFile: z.string() })),
  /** One in each cloud, as far as there are any: without them the edge alone is left, and nothing is known for sure. */
  observers: z.record(z.string(), z.strictObject({ url: address, tokenFile: z.string() })).default({}),
  peopleFile: z.string(),
  tokenDir: z.string(),
});

export type ServerConfig = z.output<typeof config>;

/** Throws with every wrong field named. */
export function parseConfig(text: string): ServerConfig {
  return config.parse(JSON.parse(text));
}
