/**
 * A copy of the product's source with a patch applied, in a folder of its own, for a sweep that has to notice what was
 * broken. The checkout is never touched.
 *
 * 1. All of the patch applies exactly, or none of it is used.
 * 2. It may change, add and remove files under `src/` and nothing else; a path that leads elsewhere is refused.
 */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { applyPatch, parsePatch } from "diff";

export class BadPatch extends Error {
  override readonly name = "BadPatch";
}

export type PatchedCopy = {
  /** Its `src`. */
  readonly source: string;
  readonly remove: () => Promise<void>;
};

/** Throws BadPatch, with nothing left behind. */
export async function patchedCopy(checkout: string, patchText: string): Promise<PatchedCopy> {
  const changes = await changesOf(checkout, patchText);
  const folder = await mkdtemp(join(tmpdir(), "wildcam-patched-"));
  const remove = async () => await rm(folder, { recursive: true, force: true });
  try {
    await cp(join(checkout, "src"), join(folder, "src"), { recursive: true });
    await cp(join(checkout, "package.json"), join(folder, "package.json"));
    await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
    for (const [path, text] of changes) await write(join(folder, path), text);
    return { source: join(folder, "src"), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** By path: what the file is to hold, or null where it is to go. */
type Changes = ReadonlyMap<string, string | null>;

async function write(file: string, text: string | null): Promise<void> {
  if (text === null) return await rm(file);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

type FilePatch = ReturnType<typeof parsePatch>[number];

/** Throws BadPatch unless all of it applies. */
export async function changesOf(checkout: string, patchText: string): Promise<Changes> {
  const patches = parsed(patchText).filter(({ hunks }) => hunks.length > 0);
  if (patches.length === 0)
    throw new BadPatch("it changes nothing; a unified diff is wanted, as `git diff` makes it");
  const changes = new Map<string, string | null>();
  for (const patch of patches) {
    const from = pathIn(patch.oldFileName);
    const to = pathIn(patch.newFileName);
    const path = to ?? from;
    if (path === null) throw new BadPatch("it names no file");
    const before = from === null ? "" : await textOf(join(checkout, from), from);
    const after = applyPatch(before, patch, { autoConvertLineEndings: false });
    if (after === false) throw new BadPatch(`it does not apply to ${path}`);
    if (from !== null && from !== path) changes.set(from, null);
    changes.set(path, to === null ? null : after);
  }
  return changes;
}

function parsed(patchText: string): FilePatch[] {
  try {
    return parsePatch(patchText);
  } catch (error) {
    throw new BadPatch(error instanceof Error ? error.message : String(error));
  }
}

/** Below `src/`, without git's `a/` and `b/`; null for a file that is not there before or after. */
function pathIn(name: string | undefined): string | null {
  if (name === undefined || name === "/dev/null") return null;
  const path = normalize(name.replace(/^[ab]\//, ""));
  if (path.startsWith("src/") && !path.includes("..")) return path;
  throw new BadPatch(`it changes ${name}, and only files below src/ may be changed`);
}

async function textOf(file: string, path: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw new BadPatch(`there is no ${path} to change`);
  }
}
