/** Why a member's engine does not come up, in words for people; null when nothing is known. From its log alone. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const tailBytes = 65_536;
const linesLooked = 12;

/** Restate's own words for a node whose disk has not what the cluster knows that it had. */
const lostItsData = /data-loss/;

export function engineTrouble(logFile: string): string | null {
  const lines = tailOf(logFile).trimEnd().split("\n").slice(-linesLooked);
  if (!lines.some((line) => lostItsData.test(line))) return null;
  return "its disk does not hold what it held, and the others do not let it in as it is";
}

function tailOf(file: string): string {
  try {
    const handle = openSync(file, "r");
    try {
      const { size } = fstatSync(handle);
      const buffer = Buffer.alloc(Math.min(size, tailBytes));
      readSync(handle, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString("utf8");
    } finally {
      closeSync(handle);
    }
  } catch {
    return "";
  }
}
