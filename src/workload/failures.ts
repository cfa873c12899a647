// Why: during a switchover a database fails in many ways that mean "elsewhere, or again", and a few that mean "no".
//
// 1. What is not known to be passing is final: a wrong guess here would retry a request that can never succeed.
// 2. "Passing" says nothing about whether the statement took effect. A write is therefore repeated only under its key.

import { NotReplicated } from "./notices.ts";

/** The statement did not answer in time; its connection was closed and it may still take effect. */
export class DeadlineMissed extends Error {
  override readonly name = "DeadlineMissed";
}

/** No database could serve within the bound. The request may be sent again after a second, a write under its key. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

// https://www.postgresql.org/docs/18/errcodes-appendix.html
const passingStates = new Set([
  "25006", // read-only transaction: no longer, or not yet, the primary
  "57P01", // admin shutdown
  "57P02", // crash shutdown
  "57P03", // cannot connect now: starting up or shutting down
  "57014", // cancelled from outside; on a standby also by a conflict with recovery
  "40001", // on a standby: conflict with recovery
  "40P01", // deadlock, on a standby with recovery
  "53300", // too many connections
  "08000",
  "08001",
  "08003",
  "08004",
  "08006", // connection exceptions
]);

const passingSocketErrors = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
]);

// pg gives these no code.
const passingMessages = [
  "Connection terminated",
  "Client has encountered a connection error",
  "timeout exceeded when trying to connect",
  "timeout expired",
];

/** True when the same statement may succeed at another database, or here a little later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof DeadlineMissed || error instanceof NotReplicated) return true;
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (code !== undefined) return passingStates.has(code) || passingSocketErrors.has(code);
  return passingMessages.some((message) => error.message.startsWith(message));
}

// Passing, but said by a database that is alive.
const aliveStates = new Set(["25006", "57014", "40001", "40P01", "53300"]);

/** True when the database itself seems gone or hangs, so that others should be asked until it answers a probe again. */
export function saysUnreachable(error: unknown): boolean {
  if (!isPassing(error) || !(error instanceof Error) || error instanceof NotReplicated) return false;
  // Waiting for one's turn in a pool says that the pod is busy, not that the database is gone.
  if (error.message.startsWith("timeout exceeded when trying to connect")) return false;
  return !aliveStates.has(codeOf(error) ?? "");
}

/** The row refers to something that is not in the database. */
export function isUnknownReference(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === "23503";
}

/** SQLSTATE or socket error code, where there is one. */
function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** For a log line: the code or the message, one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return codeOf(error) ?? error.message.split("\n")[0] ?? error.name;
}
