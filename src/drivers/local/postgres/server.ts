/**
 * Starting and stopping one server through its cloud's keeper.
 *
 * 1. A start answers when the server accepts connections, as its own `postmaster.pid` says.
 * 2. Whether a start is writable is decided here alone: `as: "primary"` takes `standby.signal` away for the start and
 *    puts it back at once; everything else starts read-only.
 * 3. A stop is a clean one (SIGINT) or it is none. Only `endServer` goes further: it is for a server whose last writes nobody
 *    was promised.
 */
import type { Keeper } from "../keeper/client.ts";
import type { KeptProcess, ProcessSpec } from "../keeper/protocol.ts";
import { readText } from "../processes/files.ts";
import { pollUntil } from "../processes/wait.ts";
import { putStandbySignal, readPostmasterFile, removeStandbySignal } from "./data-directory.ts";
import type { MemberConfig } from "./member.ts";

const serverName = "postgres";

const startWithinMs = 20_000;
// A killed server can stay a zombie for a second or two, and its successor then refuses to start.
const leftoverWithinMs = 5_000;
const leftover = /lock file "postmaster.pid" already exists|pre-existing shared memory block/;

class ServerStartError extends Error {
  override readonly name = "ServerStartError";
  readonly portTaken: boolean;

  constructor(message: string, portTaken: boolean) {
    super(message);
    this.portTaken = portTaken;
  }
}

export async function runningServer(keeper: Keeper): Promise<KeptProcess | null> {
  const processes = await keeper.list();
  return processes.find(({ name }) => name === serverName) ?? null;
}

/** Throws ServerStartError with the last lines of the server's log. */
export async function startServer(
  keeper: Keeper,
  member: MemberConfig,
  as: "primary" | "standby",
): Promise<KeptProcess> {
  if (as === "standby") putStandbySignal(member.dataDirectory, member.owner);
  else removeStandbySignal(member.dataDirectory);
  try {
    const deadline = performance.now() + leftoverWithinMs;
    for (;;) {
      const logged = logLength(member);
      const started = await startOnce(keeper, member);
      if (started !== null) return started;
      const said = (readText(member.logFile) ?? "").slice(logged);
      if (leftover.test(said) && performance.now() < deadline) continue;
      throw new ServerStartError(
        `PostgreSQL of ${member.cloud} did not start: ${lastLines(said)} (its log: ${member.logFile})`,
        said.includes("could not bind") || said.includes("could not create any TCP/IP sockets"),
      );
    }
  } finally {
    putStandbySignal(member.dataDirectory, member.owner);
  }
}

/** True when it has ended within the time. */
export async function stopServerCleanly(keeper: Keeper, withinMs: number): Promise<boolean> {
  const { exited } = await keeper.stop(serverName, { signal: "SIGINT", withinMs, thenKill: false });
  return exited;
}

/** By a clean stop, and hard where that does not come within the time: clients may wait for standbys that will never come. */
export async function endServer(keeper: Keeper, withinMs: number): Promise<void> {
  if (await stopServerCleanly(keeper, withinMs)) return;
  await keeper.stop(serverName, { signal: "SIGQUIT", withinMs, thenKill: true });
}

async function startOnce(keeper: Keeper, member: MemberConfig): Promise<KeptProcess | null> {
  const started = await keeper.start(serverName, serverSpec(member));
  const outcome = await pollUntil(
    async () => {
      const file = readPostmasterFile(member.dataDirectory);
      if (file?.pid === started.pid && file.status === "ready") return "ready" as const;
      return (await runningServer(keeper)) === null ? ("ended" as const) : undefined;
    },
    { withinMs: startWithinMs, everyMs: 8 },
  );
  return outcome === "ready" ? started : null;
}

function serverSpec(member: MemberConfig): ProcessSpec {
  return {
    command: member.program,
    args: ["-D", member.dataDirectory],
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
    cwd: "/",
    logFile: member.logFile,
    owner: member.owner,
    readyWithinMs: null,
    restart: false,
    niceness: { starting: 0, serving: 0 },
    endSignal: "SIGQUIT",
  };
}

function logLength(member: MemberConfig): number {
  return (readText(member.logFile) ?? "").length;
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-4).join(" | ");
}
