/**
 * What a stopped server says of itself in `global/pg_control` (pg_controldata is not among the embedded programs).
 * Offsets are those of PostgreSQL 18 on 64 bits, little endian: state at 16, checkpoint LSN at 32, its timeline at 48.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { formatLsn, lsn } from "../../../domain/units.ts";

/** PostgreSQL's DBState (src/include/catalog/pg_control.h), in its order. */
const states = [
  "starting",
  "shut-down",
  "shut-down-in-recovery",
  "shutting-down",
  "in-crash-recovery",
  "in-archive-recovery",
  "in-production",
] as const;

export type ControlFile = {
  readonly systemIdentifier: string;
  readonly state: (typeof states)[number];
  /** The last checkpoint's LSN, e.g. "0/3000148". */
  readonly checkpoint: string;
  readonly timeline: number;
};

/** Throws when the directory holds no control file of PostgreSQL 18. */
export function readControlFile(dataDirectory: string): ControlFile {
  const bytes = readFileSync(join(dataDirectory, "global", "pg_control"));
  const version = bytes.readUInt32LE(8);
  if (Math.trunc(version / 100) !== 18)
    throw new Error(`pg_control of version ${version}, expected PostgreSQL 18's`);
  const state = states[bytes.readInt32LE(16)];
  if (state === undefined) throw new Error(`pg_control holds an unknown state ${bytes.readInt32LE(16)}`);
  return {
    systemIdentifier: bytes.readBigUInt64LE(0).toString(),
    state,
    checkpoint: formatLsn(lsn(bytes.readBigUInt64LE(32))),
    timeline: bytes.readUInt32LE(48),
  };
}
