import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { commandLineOf, identify, isRunning, signalIdentity } from "./identity.ts";
import { pollUntil } from "./wait.ts";

/** A parent that starts a child under the guard of that platform, says the child's pid, and waits to be killed. */
const parent = (platform: string): string => `
  import { findDeathGuard } from "${import.meta.dirname}/death-guard.ts";
  import { spawn } from "node:child_process";
  const guard = findDeathGuard("${platform}");
  const { command, args } = guard.wrap("sleep", ["60"]);
  const child = spawn(command, args, { stdio: "ignore" });
  guard.watch(child.pid);
  setTimeout(() => console.log(child.pid), 100);
  setInterval(() => {}, 1000);
`;

test.each(["linux", "darwin"])(
  "a child whose parent is killed with -9 ends as well (the way of %s)",
  async (platform) => {
    const process_ = spawn(process.execPath, ["--input-type=module-typescript", "-e", parent(platform)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = await new Promise<number>((resolve) => {
      process_.stdout.once("data", (text: Buffer) => {
        resolve(Number(text.toString()));
      });
    });
    const child = identify(pid);
    expect(child).not.toBeNull();
    expect(commandLineOf(pid)).toContain("sleep 60");
    process_.kill("SIGKILL");
    const gone = await pollUntil(() => (child !== null && isRunning(child) ? undefined : true), {
      withinMs: 5_000,
      everyMs: 20,
    });
    expect(gone).toBe(true);
  },
);

test("a pid that belongs to another process than the recorded one is not signalled", () => {
  const own = identify(process.pid);
  expect(own).not.toBeNull();
  expect(signalIdentity({ pid: process.pid, started: "another boot:1" }, "SIGKILL")).toBe(false);
});
