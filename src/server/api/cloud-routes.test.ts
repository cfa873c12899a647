import { afterAll, beforeAll, expect, test } from "vitest";
import type { FeedFormat, StatusFeed } from "../../domain/status-feed.ts";
import { systemClock } from "../../drivers/process/clock.ts";
import { awsEvent, googleIncident, utf16 } from "../../drivers/status-pages/feeds.fixture.ts";
import { httpStatusPage } from "../../drivers/status-pages/http-status-page.ts";
import { body, serveFeeds, type ServedFeeds } from "../../drivers/status-pages/testing/served-feeds.ts";
import { OwnWords } from "../own-words.ts";
import { serveApi } from "../testing/served-api.ts";

let feeds: ServedFeeds;
const leaving = new AbortController();
beforeAll(async () => {
  feeds = await serveFeeds();
});
afterAll(async () => {
  leaving.abort();
  await feeds.close();
});

function wordsOf(cloud: string, format: FeedFormat, regions: readonly string[]): StatusFeed {
  const url = feeds.url(`/${cloud}`);
  return { cloud, url, format, everyMs: 60_000, page: `https://${cloud}.example/`, regions, services: [] };
}

test("beside each verdict stands what the cloud says of itself, from its feed; a feed that hangs holds nobody up", async () => {
  feeds.answer("/aws", body(utf16(JSON.stringify([awsEvent({ status: "3" })]))));
  feeds.answer("/gcp", body(JSON.stringify([googleIncident()])));
  feeds.answer("/azure", () => undefined);
  const stated = [
    wordsOf("aws", "aws-events", ["us-west-2", "us-east-1"]),
    wordsOf("gcp", "google-incidents", ["us-east1"]),
    wordsOf("azure", "azure-rss", ["westus2"]),
  ];
  const heard = new Set<string>();
  const all = Promise.withResolvers<void>();
  const log = (line: string) => {
    heard.add(line.split(" ")[0] ?? "");
    if (heard.has("aws") && heard.has("gcp")) all.resolve();
  };
  const pages = stated.map((feed) => ({ feed, page: httpStatusPage(feed) }));
  const words = new OwnWords(pages, systemClock, log);
  const api = await serveApi({ words });
  const read = async () => {
    const { status, body: answer } = await api.call("olivia", "GET", "/v1/clouds");
    expect(status).toBe(200);
    const rows: { cloud: string; verdict: string; own: object }[] = answer.clouds;
    return Object.fromEntries(rows.map(({ cloud, verdict, own }) => [cloud, { verdict, ...own }]));
  };
  const unasked = { verdict: "unknown", says: "nothing", agreement: "silent", heardAtMs: null };
  expect(await read()).toMatchObject({ aws: unasked, azure: unasked, gcp: unasked });

  const watching = words.watch(leaving.signal);
  await all.promise;
  expect(await read()).toMatchObject({
    aws: {
      verdict: "unknown",
      says: "outage",
      text: "Amazon Elastic Compute Cloud: Increased Error Rates",
      where: ["us-west-2"],
      agreement: "nobody-looked",
      page: "https://aws.example/",
      problem: null,
    },
    azure: unasked,
    gcp: { says: "well", open: 0, elsewhere: 1 },
  });
  leaving.abort();
  await watching;
  api.stop();
});

test("a cloud of which no feed is read says neither well nor ill", async () => {
  const api = await serveApi();
  const { body: answer } = await api.call("olivia", "GET", "/v1/clouds");
  expect(answer.clouds).toMatchObject([{ own: null }, { own: null }, { own: null }]);
  api.stop();
});
