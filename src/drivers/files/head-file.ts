/**
 * A run's head in its file: one record of one disk sector, written over in one call. A process that dies leaves the old
 * head or the new one, and so does a power cut, since a sector is written whole or not at all. A file that replaces
 * the old one would do as well, but its changes of the folder made an act wait twice as long (measured by the bench).
 */
import { constants } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { headLine, isSignedBy, type LedgerHead, type SignatureCheck } from "../../domain/ledger-head.ts";
import { parseHead } from "./parse-head.ts";

export async function openHead(file: string): Promise<FileHandle> {
  return await open(file, constants.O_CREAT | constants.O_WRONLY, 0o600);
}

/** Without a sync: a power cut leaves an older head, which is a trace and no fault. The last head of a run is synced. */
export async function writeHead(handle: FileHandle, head: LedgerHead): Promise<void> {
  await handle.write(Buffer.from(headLine(head)), 0, null, 0);
}

/** How far the file's head goes, when it is one of ours; -1 when there is nothing to go by. */
export async function signedIndex(file: string, check: SignatureCheck): Promise<number> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const head = parseHead(bytes);
  return head !== null && typeof head !== "string" && isSignedBy(head, check) ? head.index : -1;
}
