/** Small files that other processes read: written whole or not at all. */
import { chownSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export type FileOwner = { readonly uid: number; readonly gid: number };

/** Replaces the file in one step; `mode` defaults to 0600. */
export function writeWhole(
  file: string,
  text: string,
  options: { mode?: number; owner?: FileOwner | null } = {},
): void {
  const temporary = `${file}.${process.pid}.new`;
  writeFileSync(temporary, text, { mode: options.mode ?? 0o600 });
  if (options.owner) chownSync(temporary, options.owner.uid, options.owner.gid);
  renameSync(temporary, file);
}

export function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o711 });
  writeWhole(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** The file's text; null when there is none. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
