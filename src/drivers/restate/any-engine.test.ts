import { expect, test } from "vitest";
import { anyEngine } from "./any-engine.ts";

const failing = (code: string, name = "Error") => Object.assign(new Error(code), { code, name });

async function asked(error: Error, twice: boolean): Promise<string[]> {
  const urls = ["own", "other", "third"];
  const seen: string[] = [];
  await anyEngine({ urls, twice }, async (url) => {
    seen.push(url);
    if (url === "own") throw error;
  }).catch(() => seen.push("failed"));
  return seen;
}

test("where nobody listens the next one is asked, whatever is asked", async () => {
  for (const twice of [true, false])
    expect(await asked(failing("ECONNREFUSED"), twice)).toEqual(["own", "other"]);
});

test("where the connection broke only what may be done twice is asked again", async () => {
  expect(await asked(failing("ECONNRESET"), true)).toEqual(["own", "other"]);
  expect(await asked(failing("ECONNRESET"), false)).toEqual(["own", "failed"]);
});

test("whose time is over asks nobody else", async () => {
  expect(await asked(failing("", "TimeoutError"), true)).toEqual(["own", "failed"]);
});
