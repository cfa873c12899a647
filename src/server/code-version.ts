/** The version of the code that decides and acts: plans are hashed with it, and a worker is registered under it. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

// The journal's driver too: the order of its entries is what a replay is compared with.
const ROOMS = ["domain", "engine", "ports", "runbooks", "drivers/restate"];

/** What only tests load changes no run. */
const FOR_TESTS = /\.(test|contract|fixture)\.ts$|(^|\/)testing\//;

/** 16 hexadecimal digits over the sources of the rooms that a run's course depends on. */
export async function codeVersion(sourceFolder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const room of ROOMS) {
    const names = await readdir(join(sourceFolder, room), { recursive: true });
    for (const name of names.filter((file) => file.endsWith(".ts") && !FOR_TESTS.test(file)).sort()) {
      hash.update(`${room}/${name}\0`);
      hash.update(await readFile(join(sourceFolder, room, name)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}
