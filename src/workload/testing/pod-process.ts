// Why: tests of a pod run the pod as it is run in earnest: a process of its own, with a parent over IPC.

import { fork } from "node:child_process";
import { once } from "node:events";

export type PodProcess = {
  readonly url: string;
  readonly pid: number;
  /** Its log, a line each. */
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly disconnect: () => void;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Ends it at once. Harmless when it has ended. */
  readonly kill: () => Promise<void>;
};

/** A pod that has reported ready. `databases` by cloud; further settings by environment. Rejects when it ends before. */
export async function startPod(
  databases: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<PodProcess> {
  const child = fork(new URL("../main.ts", import.meta.url), {
    execArgv: [],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: {
      PATH: process.env["PATH"],
      WILDCAM_PROVIDER: "aws",
      WILDCAM_REGION: "us-west-2",
      WILDCAM_CLUSTER: "aws-west",
      WILDCAM_VERSION: "test",
      WILDCAM_DATABASES: JSON.stringify(databases),
      HOST: "127.0.0.1",
      PORT: "0",
      WILDCAM_PROBE_INTERVAL_MS: "200",
      ...environment,
    },
  });
  let log = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const ended = once(child, "exit").then(([code, signal]: unknown[]) =>
    typeof code === "number" ? code : String(signal),
  );
  const message: unknown = await Promise.race([
    once(child, "message").then(([first]: unknown[]) => first),
    ended.then((code) => {
      throw new Error(`the pod ended with ${code} before it was ready`);
    }),
  ]);
  const port =
    typeof message === "object" && message !== null && "port" in message ? Number(message.port) : NaN;
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    lines: () =>
      log
        .split("\n")
        .filter((line) => line !== "")
        .map(parseLine),
    signal: (signal) => {
      child.kill(signal);
    },
    disconnect: () => child.disconnect(),
    ended,
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  const document: unknown = JSON.parse(line);
  return typeof document === "object" && document !== null ? { ...document } : {};
}
