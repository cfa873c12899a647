/**
 * A keeper that is killed cannot end its children. Two ways see to it:
 * 1. Linux with util-linux: the child asks the kernel to be killed when its parent dies (`setpriv --pdeathsig`).
 * 2. Elsewhere: a shell waits for the end of a pipe that only the keeper holds open, then kills the child.
 * Neither is complete (a parent may die between fork and request), so that bring-up also recovers from records.
 */
import { spawn, spawnSync } from "node:child_process";

export type DeathGuard = {
  /** The command to start instead of the given one. */
  readonly wrap: (command: string, args: readonly string[]) => { command: string; args: string[] };
  /** To be called once the child runs; the answer ends the watch after the child's own end. */
  readonly watch: (pid: number) => () => void;
};

/** Finds out once what this machine offers. */
export function findDeathGuard(platform: NodeJS.Platform = process.platform): DeathGuard {
  if (platform === "linux") {
    const trial = spawnSync("setpriv", ["--pdeathsig", "KILL", "true"], { stdio: "ignore" });
    if (trial.status === 0) return kernelGuard;
  }
  return pipeGuard;
}

const kernelGuard: DeathGuard = {
  wrap: (command, args) => ({ command: "setpriv", args: ["--pdeathsig", "KILL", command, ...args] }),
  watch: () => () => undefined,
};

const pipeGuard: DeathGuard = {
  wrap: (command, args) => ({ command, args: [...args] }),
  watch: (pid) => {
    const script = 'cat >/dev/null; kill -KILL "$1"';
    const shell = spawn("sh", ["-c", script, "death-guard", String(pid)], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    shell.on("error", () => undefined);
    return () => {
      shell.kill("SIGKILL");
    };
  },
};
