/** A cloud's own status feed as the inventory names it. */
import type { Cloud } from "./snapshot.ts";

export const FEED_FORMATS = ["google-incidents", "aws-events", "azure-rss", "statuspage"] as const;

export type FeedFormat = (typeof FEED_FORMATS)[number];

/** Seldom enough that a status page is not burdened in the very hour in which everybody looks at it. */
export const LEAST_EVERY_MS = 10_000;

export type StatusFeed = {
  readonly cloud: Cloud;
  readonly url: string;
  readonly format: FeedFormat;
  readonly everyMs: number;
  /** The page for people; null: the inventory names none. */
  readonly page: string | null;
  /** Of the cloud's clusters; what a feed tells of others does not count. */
  readonly regions: readonly string[];
  /** As the feed writes them; empty: all count. */
  readonly services: readonly string[];
};

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** What is wrong with an address that a server asks by itself; null: nothing. */
export function feedAddressProblem(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    return `expected the address of a feed (https://...), got ${JSON.stringify(text.slice(0, 60))}`;
  if (url.username !== "" || url.password !== "")
    return "expected an address without a name or password; the inventory holds no secrets";
  if (url.protocol === "http:" && !LOOPBACK.includes(url.hostname))
    return `expected https://, got http:// to ${url.hostname}; only loopback may be asked without TLS`;
  return null;
}
