/** How programs of this checkout are started: the same Node, the source itself, an environment of few and known names. */
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ProcessSpec } from "../keeper/protocol.ts";

/** The checkout's root. */
export const checkoutRoot = resolve(import.meta.dirname, "../../../..");

export function programPath(path: string): string {
  return join(checkoutRoot, path);
}

/**
 * Where stripped and compiled source is kept: with that of the command line that started the world, else in the checkout, so that
 * a new world does not compile all of it again (0.7 s of processor time for a server, measured). A world of its own where
 * neither can be written.
 */
function compiledIn(cacheFolder: string): string {
  const given = process.env["NODE_COMPILE_CACHE"];
  if (given !== undefined && given !== "") return given;
  const kept = programPath("node_modules/.cache/wildcam/compiled");
  try {
    mkdirSync(kept, { recursive: true });
    return kept;
  } catch {
    return cacheFolder;
  }
}

/** Only what a program needs: nothing of the caller's environment (tokens, proxies) leaks into the world. */
export function programEnvironment(cacheFolder: string): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: cacheFolder,
    LC_ALL: "C",
    NODE_COMPILE_CACHE: compiledIn(cacheFolder),
    NO_COLOR: "1",
  };
}

export function nodeSpec(options: {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly readyWithinMs: number;
}): ProcessSpec {
  return {
    command: process.execPath,
    args: [options.program, ...options.args],
    env: { ...options.env },
    cwd: checkoutRoot,
    logFile: options.logFile,
    owner: null,
    readyWithinMs: options.readyWithinMs,
    restart: true,
    niceness: { starting: 0, serving: 0 },
    endSignal: "SIGKILL",
  };
}
