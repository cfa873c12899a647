/**
 * Where status pages meet their driver. Apart from `wire.ts`, which wires what decides and acts: nothing of this is handed to
 * it.
 */
import { statusFeedsIn } from "../domain/inventory/profile.ts";
import type { Inventory } from "../domain/inventory/schema.ts";
import { systemClock } from "../drivers/process/clock.ts";
import { httpStatusPage } from "../drivers/status-pages/http-status-page.ts";
import { OwnWords } from "./own-words.ts";

export function wireOwnWords(inventory: Inventory, profile: string, log: (line: string) => void): OwnWords {
  const feeds = statusFeedsIn(inventory, profile).map((feed) => ({ feed, page: httpStatusPage(feed) }));
  return new OwnWords(feeds, systemClock, log);
}
