import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { awsEvents } from "./aws-events.ts";
import { azureRss } from "./azure-rss.ts";
import { azureRegionsIn } from "./azure-regions.ts";
import { decode } from "./decode.ts";
import { awsEvent, azureFeed, azureItem, googleIncident, statuspageSummary, utf16 } from "./feeds.fixture.ts";
import { googleIncidents } from "./google-incidents.ts";
import { rssItems } from "./rss.ts";
import { statuspage } from "./statuspage.ts";

const json = (value: unknown): string => JSON.stringify(value);

describe("Google's incidents", () => {
  test("are open ones, with region, products and when", () => {
    const closed = googleIncident({ end: "2026-11-26T03:00:00+00:00", affected_products: 7 });
    expect(googleIncidents(json([closed, googleIncident()]))).toEqual([
      {
        gravity: "trouble",
        text: "Elevated errors for several products",
        sinceMs: Date.parse("2026-11-26T02:10:00Z"),
        updatedMs: Date.parse("2026-11-26T02:31:00Z"),
        places: ["us-west1"],
        services: ["Google Kubernetes Engine"],
      },
    ]);
  });

  test("are not those whose last update says that all is available again", () => {
    expect(googleIncidents(json([googleIncident({ most_recent_update: { status: "AVAILABLE" } })]))).toEqual(
      [],
    );
  });

  test.each([
    ["SERVICE_OUTAGE", "outage"],
    ["SERVICE_INFORMATION", "notice"],
    ["SOMETHING_NEW", "trouble"],
  ])("%s is %s", (impact, gravity) => {
    const one = googleIncident({ status_impact: impact, most_recent_update: null });
    expect(googleIncidents(json([one]))[0]?.gravity).toBe(gravity);
  });

  test("that are global, or name no place, are told of none", () => {
    const global = googleIncident({ currently_affected_locations: [{ id: "global" }, { id: "us-west1" }] });
    const nowhere = googleIncident({ currently_affected_locations: [] });
    expect(googleIncidents(json([global, nowhere])).map(({ places }) => places)).toEqual([null, null]);
  });
});

describe("AWS' events", () => {
  test("have region, affected services by name and id, and when", () => {
    expect(awsEvents(decode(utf16(json([awsEvent()]))))).toEqual([
      {
        gravity: "trouble",
        text: "Amazon Elastic Compute Cloud: Increased Error Rates",
        sinceMs: 1764122400_000,
        updatedMs: 1764123000_000,
        places: ["us-west-2"],
        services: ["ec2", "Amazon Elastic Compute Cloud"],
      },
    ]);
  });

  test.each([
    ["0", []],
    [0, []],
    ["1", ["notice"]],
    ["3", ["outage"]],
    ["9", ["trouble"]],
    [null, ["trouble"]],
  ])("of status %j are %j", (status, gravities) => {
    expect(awsEvents(json([awsEvent({ status })])).map(({ gravity }) => gravity)).toEqual(gravities);
  });

  test("take their region from the service where the arn has none; a global one has none", () => {
    const placesOf = (more: object) => awsEvents(json([awsEvent(more)]))[0]?.places;
    expect(placesOf({ arn: "arn:aws:health:::event/X" })).toEqual(["us-west-2"]);
    expect(placesOf({ arn: null, service: "multipleservices-us-gov-west-1" })).toEqual(["us-gov-west-1"]);
    expect(placesOf({ arn: "arn:aws:health:global::event/X", service: "iam" })).toBeNull();
  });

  test("that stand for many services and list none are about all", () => {
    const many = awsEvent({ service: "multipleservices-us-west-2", impacted_services: {} });
    expect(awsEvents(json([many]))[0]?.services).toBeNull();
  });
});

describe("Azure's feed", () => {
  test("without items says that all is well", () => {
    expect(azureRss(azureFeed())).toEqual([]);
  });

  test("has region and area of each item, from title and categories and not from its prose", () => {
    const item = azureItem("Virtual Machines - West US 2 - Errors &amp; delays", "Compute", "East US");
    expect(azureRss(azureFeed(item))).toEqual([
      {
        gravity: "trouble",
        text: "Virtual Machines - West US 2 - Errors & delays",
        sinceMs: null,
        updatedMs: Date.parse("2026-11-26T02:29:09Z"),
        places: ["West US 2", "East US"],
        services: ["Compute"],
      },
    ]);
  });

  test.each([
    ["[RESOLVED] Storage - West US", "notice"],
    ["Storage - West US - Mitigated", "notice"],
    ["Storage - unresolved", "trouble"],
    ["Storage - not resolved", "trouble"],
    ["Resolved in North Europe: impact goes on in West US", "trouble"],
  ])("%s is %s", (title, gravity) => {
    expect(azureRss(azureFeed(azureItem(title)))[0]?.gravity).toBe(gravity);
  });

  test("tells regions apart whose names are in one another", () => {
    expect(azureRegionsIn("North Central US, West US 2 and west us; Westminster")).toEqual([
      "North Central US",
      "West US 2",
      "west us",
    ]);
  });
});

describe("RSS", () => {
  test("is read with comments, entities, CDATA, attributes and empty tags", () => {
    const item = `<item a="x>y"><!-- </item> --><title>a &lt;b&gt; <![CDATA[<c>]]> &#x41;&#66;&unknown;</title><link/></item>`;
    expect(rssItems(azureFeed(item))).toEqual([
      { title: "a <b> <c> AB&unknown;", pubDate: null, categories: [] },
    ]);
  });

  test.each([
    ["<html><body>All is well</body></html>", "it is html, and no rss"],
    ["<rss></rss>", "it has no channel"],
    ['<!DOCTYPE rss [<!ENTITY a "aaaa">]><rss><channel/></rss>', "it has a document type of its own"],
    ["<rss><channel><item></channel></rss>", "it closes channel out of order"],
    ["{}", "it has no channel"],
    ["<rss><channel></channel>", "it ends in the middle"],
    [`<rss><channel>${"<a>".repeat(20)}`, "nested too deep"],
    [azureFeed(...Array.from({ length: 501 }, () => "<item/>")), "more than 500 items"],
  ])("%.40s is refused: %s", (xml, why) => {
    expect(() => rssItems(xml)).toThrow(why);
  });

  test("that was cut anywhere is refused, and never taken for a channel in which all is well", () => {
    const whole = azureFeed(azureItem("Storage - West US"));
    for (let length = 0; length < whole.length; length += 1)
      expect(() => rssItems(whole.slice(0, length))).toThrow(/./);
  });

  test("of any text at all is read or refused, and nothing else", () => {
    const bits = [
      "<rss>",
      "<channel>",
      "<item>",
      "</item>",
      "<title>",
      "</title>",
      "<![CDATA[",
      "]]>",
      "&#1;",
      "<",
      ">",
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...bits), fc.string({ maxLength: 5 })), { maxLength: 40 });
    fc.assert(
      fc.property(text, (pieces) => {
        try {
          expect(Array.isArray(rssItems(pieces.join("")))).toBe(true);
        } catch (error) {
          expect(String(error)).toMatch(/^Error: it /);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("Statuspage", () => {
  const read = (more: object) => statuspage(json(statuspageSummary(more)));

  test("that is operational tells of nothing, and a group is no component", () => {
    expect(read({})).toEqual([]);
    expect(read({ incidents: null, scheduled_maintenances: null, components: null })).toEqual([]);
  });

  test("tells of an open incident although its indicator says none", () => {
    const incident = {
      name: "Slow volumes",
      status: "investigating",
      impact: "minor",
      started_at: "2026-11-26T02:10:00.000Z",
      updated_at: "2026-11-26T02:20:00.000Z",
      components: [{ name: "Volumes" }],
    };
    const closed = { ...incident, status: "resolved" };
    expect(read({ incidents: [incident, closed] })).toEqual([
      {
        gravity: "trouble",
        text: "Slow volumes",
        sinceMs: Date.parse("2026-11-26T02:10:00Z"),
        updatedMs: Date.parse("2026-11-26T02:20:00Z"),
        places: null,
        services: ["Volumes"],
      },
    ]);
  });

  test("tells of a component once, unless it is worse than its incident says", () => {
    const incident = { name: "X", status: "identified", impact: "minor", components: [{ name: "Compute" }] };
    const told = (status: string) =>
      read({ incidents: [incident], components: [{ name: "Compute", status }] }).map(({ gravity, text }) => [
        gravity,
        text,
      ]);
    expect(told("partial_outage")).toEqual([["trouble", "X"]]);
    expect(told("major_outage")).toEqual([
      ["trouble", "X"],
      ["outage", "Compute: major outage"],
    ]);
  });

  test("tells of maintenance that is under way, and not of what is only announced", () => {
    const one = { name: "Work", impact: "maintenance", scheduled_for: "2026-11-26T02:00:00Z" };
    const both = [
      { ...one, status: "scheduled" },
      { ...one, status: "in_progress" },
    ];
    expect(read({ scheduled_maintenances: both })).toMatchObject([{ gravity: "notice", text: "Work" }]);
  });

  test.each([
    ["minor", "trouble"],
    ["critical", "outage"],
    ["maintenance", "notice"],
    ["purple", "trouble"],
  ])("of one word alone, as status.json has it: %s is %s", (indicator, gravity) => {
    const body = json({ page: {}, status: { indicator, description: "Partial System Outage" } });
    expect(statuspage(body)).toMatchObject([{ gravity, text: "Partial System Outage", services: null }]);
  });
});

test.each([
  ["google-incidents", googleIncidents],
  ["aws-events", awsEvents],
  ["statuspage", statuspage],
  ["azure-rss", azureRss],
] as const)("what is no feed of %s is refused, and not taken for good news", (_, read) => {
  for (const body of ["", "null", "{}", '"x"', "<html></html>", "[1]", '{"status":"ok"}'])
    expect(() => read(body)).toThrow(/./);
});

test("more than anybody reads is refused by number", () => {
  expect(() => googleIncidents(json(Array.from({ length: 501 }, () => googleIncident())))).toThrow(
    "it tells of 501 things at once",
  );
});

describe("bytes", () => {
  test.each([
    ["with a mark, big end first", utf16('[{"a":"ä"}]', "be")],
    ["with a mark, little end first", utf16('[{"a":"ä"}]', "le")],
    ["of UTF-16 without a mark", utf16('[{"a":"ä"}]', "be").subarray(2)],
    ["of UTF-8", Buffer.from('[{"a":"ä"}]')],
    ["of UTF-8 with a mark", Buffer.from('\uFEFF[{"a":"ä"}]')],
  ])("%s are text", (_, bytes) => {
    expect(JSON.parse(decode(bytes))).toEqual([{ a: "ä" }]);
  });

  test("that are no text are refused", () => {
    expect(() => decode(Buffer.from([0x5b, 0xff, 0x5d]))).toThrow("it is no text");
  });
});
