/**
 * What a run's ledger file and the effectors' `.started` files say, as soon as it can be read from outside. Only whole
 * lines count. Files are read by their growth, so that a look that finds nothing costs a `stat` a file.
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { z } from "zod";

const eventLine = z.object({
  run: z.string(),
  index: z.int(),
  time: z.number(),
  type: z.string(),
  data: z.looseObject({}),
});
const startedLine = z.object({ op: z.string(), key: z.string() });

export type SeenEvent = z.output<typeof eventLine>;
export type SeenEffect = z.output<typeof startedLine>;
export type News = { readonly events: readonly SeenEvent[]; readonly effects: readonly SeenEffect[] };

export class LedgerTail {
  readonly #ledger: Growth;
  readonly #effects: readonly Growth[];
  readonly #run: string;

  constructor(of: { readonly ledgerFolder: string; readonly effectsFolder: string; readonly run: string }) {
    this.#run = of.run;
    this.#ledger = new Growth(join(of.ledgerFolder, `${of.run}.jsonl`));
    const names = readdirSync(of.effectsFolder).filter((name) => name.endsWith(".started"));
    this.#effects = names.map((name) => new Growth(join(of.effectsFolder, name)));
  }

  /** What is new since the last look. */
  look(): News {
    const events = this.#ledger.lines().map((line) => eventLine.parse(JSON.parse(line)));
    const effects = this.#effects.flatMap((file) =>
      file.lines().map((line) => startedLine.parse(JSON.parse(line))),
    );
    return { events, effects: effects.filter(({ key }) => key.startsWith(`${this.#run}/`)) };
  }
}

class Growth {
  readonly #file: string;
  #offset = 0;
  #rest = "";
  #decoder = new StringDecoder("utf8");

  constructor(file: string) {
    this.#file = file;
  }

  lines(): string[] {
    const bytes = (statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0) - this.#offset;
    // A torn line that was cut makes the file shorter; what is whole is never cut.
    if (bytes < 0) {
      this.#offset += bytes;
      this.#rest = "";
      this.#decoder = new StringDecoder("utf8");
    }
    if (bytes <= 0) return [];
    const buffer = Buffer.alloc(bytes);
    const descriptor = openSync(this.#file, "r");
    try {
      this.#offset += readSync(descriptor, buffer, 0, bytes, this.#offset);
    } finally {
      closeSync(descriptor);
    }
    const parts = `${this.#rest}${this.#decoder.write(buffer)}`.split("\n");
    this.#rest = parts.pop() ?? "";
    return parts.filter((line) => line !== "");
  }
}
