/** How long acts take in the local world: from drills at 200 requests/s on two slow cores (`npm run drill`, their ledgers). */
import type { StatedDurations } from "../../ports/stated.ts";

export const LOCAL_DURATIONS: StatedDurations = {
  scale: { typicalMs: 2_500, mostMs: 11_000 },
  "set-weights": { typicalMs: 230, mostMs: 700 },
  "create-slot": { typicalMs: 270, mostMs: 400 },
  "set-synchronous": { typicalMs: 220, mostMs: 400 },
  follow: { typicalMs: 700, mostMs: 1_500 },
  "block-writes": { typicalMs: 250, mostMs: 600 },
  "stop-cleanly": { typicalMs: 600, mostMs: 1_400 },
  promote: { typicalMs: 320, mostMs: 600 },
  "drop-slot": { typicalMs: 230, mostMs: 400 },
  "unblock-writes": { typicalMs: 220, mostMs: 300 },
};
