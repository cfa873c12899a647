/**
 * Which process a recorded number means. A pid alone is no identity: the system hands it out again, so that a
 * kill by a stale pid file would hit a stranger. Recorded is the pid with the moment at which it started.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export type ProcessIdentity = { readonly pid: number; readonly started: string };

/**
 * When the process with this pid started, as text that no other process with that pid ever has (boot and clock
 * ticks on Linux, `ps` elsewhere). Null when there is none; a zombie counts as none, because it does nothing any more.
 */
export function startOf(pid: number): string | null {
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  return process.platform === "linux" ? startByProc(pid) : startByPs(pid);
}

/** The identity of a living process, or null. */
export function identify(pid: number): ProcessIdentity | null {
  const started = startOf(pid);
  return started === null ? null : { pid, started };
}

/** Whether that very process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return startOf(identity.pid) === identity.started;
}

/** The command line, arguments joined by blanks; empty when there is no such process or it may not be read. */
export function commandLineOf(pid: number): string {
  if (process.platform !== "linux") return ps(pid, "command");
  const text = readOrNull(`/proc/${pid}/cmdline`);
  return text === null ? "" : text.replaceAll("\0", " ").trim();
}

/** Sends the signal if that very process still runs; false when it does not. */
export function signalIdentity(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

function startByProc(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The program's name stands in parentheses and may itself hold blanks and parentheses: fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const ticks = fields[19];
  if (state === undefined || ticks === undefined || state === "Z" || state === "X") return null;
  return `${bootId()}:${ticks}`;
}

let boot: string | undefined;

function bootId(): string {
  boot ??= (readOrNull("/proc/sys/kernel/random/boot_id") ?? "").trim();
  return boot;
}

function startByPs(pid: number): string | null {
  const state = ps(pid, "stat");
  if (state === "" || state.startsWith("Z")) return null;
  const started = ps(pid, "lstart");
  return started === "" ? null : started;
}

function ps(pid: number, column: string): string {
  const { status, stdout } = spawnSync("ps", ["-o", `${column}=`, "-p", String(pid)], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
