import { describe, expect, test } from "vitest";
import { agreementOf } from "./agreement.ts";
import type { Notice } from "./notice.ts";
import { wordFrom } from "./word.ts";

const us = { regions: ["us-west-2", "us-east-1"], services: [] };

function notice(more: Partial<Notice> = {}): Notice {
  const usual = { text: "trouble", sinceMs: 1_000, updatedMs: null, places: null, services: null };
  return { gravity: "trouble", ...usual, ...more };
}

describe("a cloud's own word", () => {
  test("is that all is well, where it tells of nothing", () => {
    expect(wordFrom([], us)).toEqual({
      says: "well",
      text: "",
      sinceMs: null,
      updatedMs: null,
      where: [],
      open: 0,
      elsewhere: 0,
    });
  });

  test("is about our regions and what is told of none; all else is only counted", () => {
    const notices = [
      notice({ gravity: "outage", places: ["me-central-1"], text: "far away" }),
      notice({ places: ["us-west-2"], text: "here" }),
    ];
    expect(wordFrom(notices, us)).toMatchObject({
      says: "trouble",
      text: "here",
      where: ["us-west-2"],
      open: 1,
      elsewhere: 1,
    });
    expect(wordFrom([notice({ gravity: "outage" })], us)).toMatchObject({ says: "outage", where: [] });
  });

  test.each([
    ["us", "us-west1", true],
    ["us-west1-a", "us-west1", true],
    ["West US 2", "westus2", true],
    ["West US", "westus2", false],
    ["us-west1", "us-west10", false],
    ["us-west10", "us-west1", false],
    ["europe", "us-west1", false],
  ])("told of %s is about %s: %s", (place, region, isOurs) => {
    const { open } = wordFrom([notice({ places: [place] })], { regions: [region], services: [] });
    expect(open).toBe(isOurs ? 1 : 0);
  });

  test("is about the services that are stated and what names none; about all where none is stated", () => {
    const notices = [notice({ services: ["Amazon Kendra"] }), notice({ services: ["EC2"] }), notice()];
    expect(wordFrom(notices, { ...us, services: ["ec2"] })).toMatchObject({ open: 2, elsewhere: 1 });
    expect(wordFrom(notices, us)).toMatchObject({ open: 3, elsewhere: 0 });
  });

  test("is the gravest thing, in the words told last, since the first of that gravity began", () => {
    const notices = [
      notice({ gravity: "notice", sinceMs: 1, updatedMs: 99 }),
      notice({ gravity: "outage", sinceMs: 20, updatedMs: 30, text: "old words" }),
      notice({ gravity: "outage", sinceMs: 40, updatedMs: 50, text: "new words" }),
    ];
    expect(wordFrom(notices, us)).toMatchObject({
      says: "outage",
      text: "new words",
      sinceMs: 20,
      updatedMs: 50,
      open: 3,
    });
  });
});

test.each([
  ["down", "outage", "admitted"],
  ["degraded", "trouble", "admitted"],
  ["down", "well", "not-admitted"],
  ["degraded", "notice", "not-admitted"],
  ["healthy", "outage", "not-seen-here"],
  ["healthy", "notice", "both-well"],
  ["unknown", "outage", "nobody-looked"],
  ["down", "nothing", "silent"],
] as const)("we: %s, the cloud: %s, so %s", (verdict, says, agreement) => {
  expect(agreementOf(verdict, says)).toBe(agreement);
});
