/**
 * Azure's status feed, RSS: https://rssfeed.azure.status.microsoft/en-us/status/feed/, which the status page links to
 * (https://learn.microsoft.com/azure/service-health/azure-status-overview, "RSS Feed").
 *
 * 1. An item is an incident; a channel without items says that all is well. There is no gravity, so each is trouble, but one
 *    whose title begins with a tag or ends with words saying that it is over is a notice.
 * 2. `pubDate` is when an item was last told of. When it began is only in its prose.
 * 3. Where it is: regions by their display names in categories and title (`West US 2` is `westus2`). Prose is not looked at: it
 *    names regions that are well. None named: it does not say.
 * 4. What it is about: the other categories.
 */
import type { Notice } from "../../domain/own-word/notice.ts";
import { azureRegionsIn } from "./azure-regions.ts";
import { bounded, makeNotice, momentOf } from "./make-notice.ts";
import { type RssItem, rssItems } from "./rss.ts";

/** Throws what is wrong with it. */
export function azureRss(body: string): readonly Notice[] {
  return bounded(rssItems(body).map((item) => noticeOf(item)));
}

// Unbracketed at the beginning it may be about one region of several: "Resolved in North Europe, ...".
const OVER =
  /^\s*[[(](?:resolved|mitigated)[\])]|\W(?<!\b(?:not|yet|partially)\s)(?:resolved|mitigated)\W*$/i;

function noticeOf({ title, pubDate, categories }: RssItem): Notice {
  return makeNotice({
    gravity: OVER.test(title.slice(0, 500)) ? "notice" : "trouble",
    text: title,
    sinceMs: null,
    updatedMs: momentOf(pubDate),
    places: [...new Set([title, ...categories].flatMap((text) => azureRegionsIn(text)))],
    services: categories.filter((name) => azureRegionsIn(name).length === 0),
  });
}
