import { expect, test } from "vitest";
import type { Json } from "../../domain/json.ts";
import { SNAPSHOT_VERSION } from "../../domain/snapshot.ts";
import { plan } from "../testing/recorded.ts";
import { parseKept, parseSeen } from "./parse-snapshot.ts";

function parts(): Record<string, Json> {
  const { seen } = plan;
  if (typeof seen !== "object" || seen === null || Array.isArray(seen)) throw new Error("no object");
  return Object.fromEntries(Object.entries(seen));
}

test("a snapshot of this version is taken as it is, without its version", () => {
  const { v: _v, ...facts } = parts();
  expect(parseSeen(plan.seen)).toEqual({ ok: true, snapshot: facts });
});

test("each part that was cut away is missed by name", () => {
  for (const name of Object.keys(parts())) {
    const { [name]: _cut, ...rest } = parts();
    const why = name === "v" ? /of which version/ : new RegExp(`cut short or broken at ${name}`);
    expect(parseSeen(rest)).toEqual({ ok: false, why: expect.stringMatching(why) });
  }
});

test("another version is refused even where its shape is known, and so is a fact that nobody here knows", () => {
  expect(parseSeen({ ...parts(), v: SNAPSHOT_VERSION + 1 })).toMatchObject({
    ok: false,
    why: expect.stringMatching(`version ${SNAPSHOT_VERSION + 1}`),
  });
  const odd = { ...parts(), weather: "storm" };
  expect(parseSeen(odd)).toMatchObject({ ok: false, why: expect.stringMatching(/does not know/) });
  for (const none of [null, "snapshot", 1, []]) expect(parseSeen(none).ok).toBe(false);
});

test("of a kept document only a whole plan is taken", () => {
  const text = JSON.stringify({ v: 1, kind: "plan", profile: "drill", seen: plan.seen });
  expect(parseKept(text)).toEqual({ profile: "drill", seen: plan.seen });
  expect(parseKept(text.slice(0, -1))).toBeNull();
  expect(parseKept(text.replace('"plan"', '"status"'))).toBeNull();
});
