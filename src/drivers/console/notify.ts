/** Notices as log lines: the first channel, and the one that is left when all others are down. */
import type { Notify } from "../../ports/notify.ts";

export function consoleNotify(write: (line: string) => void): Notify {
  return {
    send: async ({ key, severity, to, text }) => write(JSON.stringify({ notice: text, severity, to, key })),
  };
}
