/**
 * A file of JSON lines that is written as the drill goes, and whole once closed. Lines are written ten times a second
 * and not one by one: the clients share two processors with all that they measure.
 */
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";

export type RecordFile = { add(line: object): void; close(): Promise<void> };

const WRITE_EVERY_MS = 100;

export function openRecordFile(path: string): RecordFile {
  const stream = createWriteStream(path, { flags: "w", mode: 0o644 });
  let lines: string[] = [];
  const write = () => {
    if (lines.length > 0) stream.write(lines.join(""));
    lines = [];
  };
  const timer = setInterval(write, WRITE_EVERY_MS);
  return {
    add: (line) => void lines.push(`${JSON.stringify(line)}\n`),
    close: async () => {
      clearInterval(timer);
      write();
      stream.end();
      await finished(stream);
    },
  };
}
