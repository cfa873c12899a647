/** One server of the group as supervisor and agent both know it. Plain data: the agent reads it from its configuration. */
import { z } from "zod";
import { Secret } from "../../../domain/secret.ts";
import type { Endpoint } from "./connection.ts";
import { conninfo, replicationPasswordFile } from "./settings.ts";

export const memberConfig = z.object({
  cloud: z.string(),
  database: z.string(),
  /** The slot through which this member follows any other, and its application name when it does. */
  slot: z.string(),
  port: z.int(),
  dataDirectory: z.string(),
  logFile: z.string(),
  program: z.string(),
  owner: z.object({ uid: z.int(), gid: z.int() }).nullable(),
  /** All members, this one included, each as it is reached from this one's cloud. */
  ports: z.record(z.string(), z.int()),
});

const secret = z.string().transform((value) => new Secret(value));

export const secretsFile = z.object({
  superuser: secret,
  application: secret,
  replication: secret,
});

export type MemberConfig = z.infer<typeof memberConfig>;
export type Secrets = z.infer<typeof secretsFile>;

const superuser = "postgres";
export const applicationRole = "wildcam_app";
export const replicationRole = "wildcam_replication";

export function superuserEndpoint(port: number, database: string, secrets: Secrets): Endpoint {
  return { port, user: superuser, password: secrets.superuser, database };
}

export function applicationEndpoint(port: number, database: string, secrets: Secrets): Endpoint {
  return { port, user: applicationRole, password: secrets.application, database };
}

/** What a member's `primary_conninfo` has to be so that it follows the server at `port`. */
export function upstreamConninfo(member: MemberConfig, port: number): string {
  return conninfo({
    port,
    user: replicationRole,
    passwordFile: replicationPasswordFile(member.dataDirectory),
    applicationName: member.slot,
  });
}

/** The cloud whose server listens on that port; null when it is none of ours. */
export function cloudAt(member: MemberConfig, port: number | null): string | null {
  return Object.keys(member.ports).find((cloud) => member.ports[cloud] === port) ?? null;
}
