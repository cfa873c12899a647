import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FeedFormat } from "../../domain/status-feed.ts";
import { statusPagesContract } from "../../ports/status-pages.contract.ts";
import { awsEvent, azureFeed, azureItem, googleIncident, statuspageSummary, utf16 } from "./feeds.fixture.ts";
import { httpStatusPage } from "./http-status-page.ts";
import { body, serveFeeds, type ServedFeeds } from "./testing/served-feeds.ts";

let served: ServedFeeds;
beforeAll(async () => {
  served = await serveFeeds();
});
afterAll(async () => {
  await served.close();
});

const signal = AbortSignal.timeout(120_000);
const pageAt = (path: string, format: FeedFormat = "statuspage", withinMs?: number) =>
  httpStatusPage({ url: served.url(path), format }, withinMs);
const whyOf = async (path: string, format?: FeedFormat) => {
  const told = await pageAt(path, format).look(signal);
  return told.heard ? "it was heard" : told.why.replace(/^127\.0\.0\.1:\d+: /, "");
};

const ugly = `\u001b[2J\r\n\u202e${"<b>x</b>\u0000".repeat(500)}`;

statusPagesContract("a feed over HTTP", () => {
  served.answer("/quiet", body(JSON.stringify(statuspageSummary())));
  const components = Array.from({ length: 700 }, (_, at) => ({
    name: `${"\u001b\u202e<b>".repeat(60)}${at}`,
  }));
  const incident = { name: ugly, status: "investigating", impact: "major", components };
  served.answer("/hostile", body(JSON.stringify(statuspageSummary({ incidents: [incident] }))));
  served.answer("/hang", () => undefined);
  served.answer("/broken", body(`{"status": ${ugly}`));
  served.answer("/moved", (_, response) => void response.writeHead(301, { location: "https://x/" }).end());
  served.answer("/ill", (_, response) => void response.writeHead(503).end(ugly));
  served.answer("/cut", (_, response) => {
    response.writeHead(200, { "content-length": "100" }).write("{");
    response.destroy();
  });
  return {
    quiet: () => pageAt("/quiet"),
    hostile: () => pageAt("/hostile"),
    failing: {
      nobody: () => httpStatusPage({ url: "http://127.0.0.1:1/", format: "statuspage" }),
      broken: () => pageAt("/broken"),
      other: () => pageAt("/quiet", "aws-events"),
      moved: () => pageAt("/moved"),
      ill: () => pageAt("/ill"),
      cut: () => pageAt("/cut"),
      missing: () => pageAt("/missing"),
    },
    hanging: () => pageAt("/hang"),
    asked: () => served.asked.map(({ line }) => line),
  };
});

describe("a feed over HTTP", () => {
  test.each([
    ["google-incidents", JSON.stringify([googleIncident()]), "us-west1"],
    ["aws-events", utf16(JSON.stringify([awsEvent()])), "us-west-2"],
    ["azure-rss", azureFeed(azureItem("Storage - West US 2")), "West US 2"],
  ] as const)("is read in the format %s, with its regions", async (format, content, region) => {
    served.answer(`/${format}`, body(content));
    expect(await pageAt(`/${format}`, format).look(signal)).toMatchObject({
      heard: true,
      notices: [{ gravity: "trouble", places: [region] }],
    });
  });

  test("is asked only for what is new, and one that says that nothing is stands as it was", async () => {
    const content = JSON.stringify(statuspageSummary({ status: { indicator: "major", description: "Bad" } }));
    const headers = { etag: '"one"', "last-modified": "Thu, 26 Nov 2026 02:29:09 GMT" };
    served.answer("/marked", body(content, headers));
    const page = pageAt("/marked");
    const first = await page.look(signal);
    served.answer("/marked", (_, response) => void response.writeHead(304).end());
    expect(await page.look(signal)).toEqual(first);
    expect(first).toMatchObject({ notices: [{ gravity: "outage", text: "Bad" }] });
    expect(served.asked.at(-1)?.headers).toMatchObject({
      "if-none-match": '"one"',
      "if-modified-since": headers["last-modified"],
    });
    served.answer("/marked", (_, response) => void response.writeHead(500).end());
    expect(await page.look(signal)).toMatchObject({ heard: false });
  });

  test("that says so to somebody who has nothing yet is told as what it is", async () => {
    served.answer("/unmarked", (_, response) => void response.writeHead(304).end());
    expect(await whyOf("/unmarked")).toBe("it answered 304");
  });

  test("that has moved is not followed, and where to is said", async () => {
    served.answer("/from", (_, response) => {
      response.writeHead(302, { location: served.url("/to") }).end();
    });
    expect(await whyOf("/from")).toBe(`it has moved (302) to ${served.url("/to")}, and is not followed`);
    expect(served.asked.map(({ line }) => line)).not.toContain("GET /to");
  });

  test("that is longer than anybody reads is left in the middle", async () => {
    const gone = Promise.withResolvers<void>();
    served.answer("/endless", (_, response) => {
      response.on("close", () => gone.resolve());
      const piece = "x".repeat(65_536);
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.on("drain", more);
      more();
    });
    expect(await whyOf("/endless")).toBe("its answer is longer than 2097152 bytes");
    await gone.promise;
  });

  test("that answers packed although nobody asked is not unpacked", async () => {
    served.answer("/packed", body(gzipSync("{}"), { "content-encoding": "gzip" }));
    expect(await whyOf("/packed")).toBe("it answers packed (gzip), unasked");
  });

  test.each([
    ["before it answers", () => undefined],
    ["in the middle of its answer", "part"],
  ] as const)("that falls silent %s is left after its bound", async (_, how) => {
    served.answer("/silent", (_request, response) => {
      if (how === "part") response.writeHead(200).write("{");
    });
    const told = await pageAt("/silent", "statuspage", 50).look(signal);
    expect(told).toEqual({ heard: false, why: expect.stringContaining("it did not answer within 0.05 s") });
  });

  test("of another shape is told by format and place", async () => {
    served.answer("/other", body(JSON.stringify(statuspageSummary({ status: { indicator: 7 } }))));
    expect(await whyOf("/other")).toMatch(
      /^its answer is no feed of the format statuspage: status\.indicator: /,
    );
  });
});
