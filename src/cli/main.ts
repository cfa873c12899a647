/** The program: `./wildcam` starts this. Everything of the process that the command line may use is handed out here. */
import { readFileSync } from "node:fs";
import type { Io } from "./context.ts";
import { runCommandLine } from "./run-command-line.ts";
import { terminalOf } from "./terminal.ts";

function processIo(): Io {
  const leaving = new AbortController();
  // Once each: the second Ctrl-C ends the process, as people expect of it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => leaving.abort());
  // Whoever read us has seen enough (`| head`); that is no failure of ours.
  process.stdout.on("error", (error: Error) => {
    if ("code" in error && error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    terminal: terminalOf(process.stdout, process.env),
    interrupted: leaving.signal,
    now: () => Date.now(),
    sleep,
    isoTime: (ms) => new Date(ms).toISOString(),
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}

function version(): string {
  const found: unknown = JSON.parse(readFileSync(`${import.meta.dirname}/../../package.json`, "utf8"));
  return typeof found === "object" && found !== null && "version" in found
    ? String(found.version)
    : "unknown";
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  io: processIo(),
  outside: async () => {
    // A command parses a document or two and ends: compiling parsers for them takes longer than it saves.
    (await import("zod")).config({ jitless: true });
    return (await import("./wire.ts")).realOutside();
  },
  version,
});
