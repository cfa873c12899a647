/**
 * A disk for tests that can crash and fill up: what was synced survives a crash, of what was only written any beginning may.
 * Every operation takes a few turns of the microtask queue, so that callers interleave, the same way on every run.
 */
import type { LogFile } from "./append-log.ts";

type Content = { bytes: number[]; synced: number };

export class FixtureDisk {
  readonly #contents = new Map<string, Content>();
  /** When set, the next operations of that kind fail as a full or broken disk would. */
  failing: "append" | "sync" | "truncate" | null = null;
  syncs = 0;
  #generation = 0;

  readonly open = async (path: string): Promise<LogFile> => {
    await turns(1);
    const content = this.#contents.get(path) ?? { bytes: [], synced: 0 };
    this.#contents.set(path, content);
    const generation = this.#generation;
    // The check and the effect are one step: a crash between them would let the dead write.
    const later = async (kind: FixtureDisk["failing"], effect: () => void): Promise<void> => {
      await turns(3);
      if (generation !== this.#generation) await new Promise(() => {});
      if (kind !== null && this.failing === kind) throw new Error(`ENOSPC: no space left on device, ${kind}`);
      effect();
    };
    return {
      read: async () => Uint8Array.from(content.bytes),
      append: async (bytes) => {
        if (this.failing === "append") content.bytes.push(...bytes.subarray(0, 5));
        await later("append", () => content.bytes.push(...bytes));
      },
      sync: async () => {
        const { length } = content.bytes;
        await later("sync", () => {
          this.syncs++;
          content.synced = Math.max(content.synced, length);
        });
      },
      truncate: async (length) => {
        await later("truncate", () => {
          content.bytes.length = length;
          content.synced = Math.min(content.synced, length);
        });
      },
      close: async () => {},
    };
  };

  /** Ends whoever has files open (their operations never come back), and keeps `share` (0 to 1) of what was not synced. */
  crash(share: number): void {
    this.#generation++;
    for (const content of this.#contents.values()) {
      content.bytes.length = content.synced + Math.floor((content.bytes.length - content.synced) * share);
      content.synced = content.bytes.length;
    }
  }

  text(path: string): string {
    return Buffer.from(this.#contents.get(path)?.bytes ?? []).toString();
  }

  put(path: string, text: string): void {
    const bytes = [...Buffer.from(text)];
    this.#contents.set(path, { bytes, synced: bytes.length });
  }
}

export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}
