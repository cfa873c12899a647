/** A file of JSON lines that is written as the drill goes, and whole once closed. */
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";

export type RecordFile = { add(line: object): void; close(): Promise<void> };

export function openRecordFile(path: string): RecordFile {
  const stream = createWriteStream(path, { flags: "w", mode: 0o644 });
  return {
    add: (line) => void stream.write(`${JSON.stringify(line)}\n`),
    close: async () => {
      stream.end();
      await finished(stream);
    },
  };
}
