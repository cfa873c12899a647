import { describe, expect, test } from "vitest";
import { Secret } from "../../domain/secret.ts";
import type { HttpAnswer, HttpRequest } from "../context.ts";
import { anyMember } from "./any-member.ts";

const URLS = ["http://aws", "http://azure", "http://gcp"];
const FINE: HttpAnswer = { status: 200, text: "{}" };
const DEAD: HttpAnswer = { status: null, text: "nothing listens there", refused: true };
const SILENT: HttpAnswer = { status: null, text: "no answer within 1.5 s" };

type Says = (request: HttpRequest) => HttpAnswer;

/** `members`: what each says; calls are noted as `aws GET /v1/runs`. */
function members(says: Readonly<Record<string, Says>>, urls = URLS) {
  const calls: string[] = [];
  const ask = anyMember(urls, async (request) => {
    const { host, pathname } = new URL(request.url);
    calls.push(`${host} ${request.method} ${pathname}`);
    return (says[host] ?? (() => FINE))(request);
  });
  const call = (method: "GET" | "POST", path: string) =>
    ask({
      method,
      path,
      token: new Secret("a-token-of-olivia"),
      body: null,
      deadlineMs: 15_000,
      signal: new AbortController().signal,
    });
  return { calls, call };
}

describe("with several members", () => {
  test("the first that answers is looked at once and kept to", async () => {
    const { calls, call } = members({});
    await call("GET", "/v1/status");
    await call("POST", "/v1/runs");
    expect(calls).toEqual(["aws GET /v1/alive", "aws GET /v1/status", "aws POST /v1/runs"]);
  });

  test.each([
    ["dead", DEAD],
    ["frozen", SILENT],
  ])(
    "one that is %s is left for the next before anything is asked of it, also what changes something",
    async (_how, answer) => {
      const { calls, call } = members({ aws: () => answer });
      expect(await call("POST", "/v1/runs")).toMatchObject({ status: 200, url: "http://azure" });
      expect(calls).toEqual(["aws GET /v1/alive", "azure GET /v1/alive", "azure POST /v1/runs"]);
    },
  );

  test("what only reads is asked again of the next when the one that was kept to falls silent", async () => {
    let alive = true;
    const { calls, call } = members({ aws: () => (alive ? FINE : SILENT) });
    await call("GET", "/v1/status");
    alive = false;
    expect(await call("GET", "/v1/runs")).toMatchObject({ status: 200, url: "http://azure" });
    expect(calls.filter((line) => line.endsWith("/v1/runs"))).toEqual([
      "aws GET /v1/runs",
      "azure GET /v1/runs",
    ]);
  });

  test("what changes something is asked again only where nobody had listened", async () => {
    let says = FINE;
    const { calls, call } = members({ aws: () => says });
    await call("GET", "/v1/status");
    says = SILENT;
    expect(await call("POST", "/v1/runs")).toMatchObject({ status: null, url: "http://aws" });
    expect(calls.filter((line) => line.endsWith("POST /v1/runs"))).toEqual(["aws POST /v1/runs"]);
    const dead = members({ aws: () => says });
    says = FINE;
    await dead.call("GET", "/v1/status");
    says = DEAD;
    expect(await dead.call("POST", "/v1/runs")).toMatchObject({ status: 200, url: "http://azure" });
  });

  test("when none answers, each is named with why", async () => {
    const { call } = members({ aws: () => DEAD, azure: () => SILENT, gcp: () => DEAD });
    expect(await call("GET", "/v1/status")).toMatchObject({
      status: null,
      text: "http://aws: nothing listens there; http://azure: no answer within 1.5 s; http://gcp: nothing listens there",
    });
  });
});

test("the only member is asked at once and once", async () => {
  const { calls, call } = members({ aws: () => SILENT }, ["http://aws"]);
  expect(await call("GET", "/v1/status")).toMatchObject({
    status: null,
    text: SILENT.text,
    url: "http://aws",
  });
  expect(calls).toEqual(["aws GET /v1/status"]);
});
