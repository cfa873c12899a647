import { open } from "node:fs/promises";

/** Makes a name that was created or renamed in the folder survive a crash (a file's own sync does not: fsync(2)). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
