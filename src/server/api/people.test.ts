import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findChainFault } from "../../domain/ledger.ts";
import { ROLES } from "../../domain/roles.ts";
import { digestOf, serveApi, type Served, type ServeOptions, TOKENS, until } from "../testing/served-api.ts";

const NINA_TOKEN = "nina-token-000000001";
const NINA = { name: "nina", roles: ["viewer"], mail: "nina@wildcam.org", sha256: digestOf(NINA_TOKEN) };
const AWAY = { runbook: "manual-failover", input: { from: "aws", to: "azure" } };

let served: Served;
async function serve(options: ServeOptions = {}): Promise<void> {
  served?.stop();
  served = await serveApi(options);
}
beforeEach(() => serve());
afterEach(() => served.stop());

const audited = () => served.auditStores[0].events.filter(({ type }) => type !== "people-changed");
const changes = () =>
  served.auditStores[0].events.filter(
    ({ type, data }) => type === "people-changed" && data["change"] !== "found",
  );

describe("people are changed by an admin alone, at once, and it is recorded", () => {
  test("somebody who is added may come from the answer on; revoked, no more, and is told why", async () => {
    expect((await served.call(NINA_TOKEN, "GET", "/v1/runs")).status).toBe(401);
    expect(await served.call("adam", "POST", "/v1/people", NINA)).toMatchObject({
      status: 201,
      body: { person: { name: "nina", standing: "in force", expiresAtMs: null } },
    });
    expect((await served.call(NINA_TOKEN, "GET", "/v1/runs")).status).toBe(200);
    expect((await served.call("adam", "POST", "/v1/people/nina/revocation", {})).status).toBe(200);
    const answer = await served.call(NINA_TOKEN, "GET", "/v1/runs");
    expect(answer).toMatchObject({
      status: 401,
      body: { error: { code: "unauthenticated", what: "the token of nina was revoked" } },
    });
    expect(changes()).toMatchObject([
      { by: "adam", data: { change: "added", name: "nina", roles: ["viewer"], mail: "nina@wildcam.org" } },
      { by: "adam", data: { change: "revoked", name: "nina" } },
    ]);
    expect(findChainFault(served.auditStores[0].events)).toBeNull();
    expect(JSON.stringify(served.auditStores[0].events)).not.toContain(NINA.sha256);
  });

  test("a token ends at its time, and its holder is told so", async () => {
    await served.call("adam", "POST", "/v1/people", { ...NINA, expiresInMs: 60_000 });
    expect((await served.call(NINA_TOKEN, "GET", "/v1/runs")).status).toBe(200);
    served.bench.kernel.nowMs += 60_000;
    expect(await served.call(NINA_TOKEN, "GET", "/v1/runs")).toMatchObject({
      status: 401,
      body: { error: { what: "the token of nina has expired" } },
    });
  });

  test.each(["olivia", "priya", "dana"])("%s is no admin and changes nobody", async (who) => {
    const before = served.file.people;
    expect((await served.call(who, "POST", "/v1/people", NINA)).status).toBe(403);
    expect((await served.call(who, "POST", "/v1/people/priya/revocation", {})).status).toBe(403);
    expect(served.file.people).toBe(before);
    expect(audited()).toMatchObject([
      { by: who, data: { code: "not-allowed", tried: "POST /v1/people" } },
      { by: who, data: { code: "not-allowed", tried: "POST /v1/people/:name/revocation", target: "priya" } },
    ]);
  });

  test.each<[string, string, object]>([
    ["a name that is there", "/v1/people", { ...NINA, name: "priya" }],
    ["a token that is somebody's", "/v1/people", { ...NINA, sha256: digestOf(TOKENS.priya) }],
    ["oneself", "/v1/people/adam/revocation", {}],
    ["somebody who is not there", "/v1/people/nemo/revocation", {}],
  ])("%s is refused, and the refusal recorded", async (_what, url, body) => {
    const before = served.file.people;
    expect((await served.call("adam", "POST", url, body)).status).toBe(409);
    expect(served.file.people).toBe(before);
    expect(audited()).toMatchObject([{ by: "adam", data: { code: "refused" } }]);
  });

  test.each<[string, object]>([
    ["no mail", { ...NINA, mail: undefined }],
    ["a mail that is none", { ...NINA, mail: "nina" }],
    ["an unknown role", { ...NINA, roles: ["root"] }],
    ["no role", { ...NINA, roles: [] }],
    ["a token in place of its digest", { ...NINA, sha256: NINA_TOKEN }],
    ["a name with a path in it", { ...NINA, name: "../nina" }],
    ["a time that is over", { ...NINA, expiresInMs: -1 }],
  ])("%s is malformed, and recorded without the body", async (_what, body) => {
    expect((await served.call("adam", "POST", "/v1/people", body)).status).toBe(400);
    expect(audited()).toMatchObject([{ by: "adam", data: { code: "malformed" } }]);
    expect(JSON.stringify(audited())).not.toContain("nina");
  });

  test("two admins who revoke each other at once do not both succeed", async () => {
    await serve({ people: { ada: { token: "ada-token-0000000001", roles: ["admin"] } } });
    const answers = await Promise.all([
      served.call("adam", "POST", "/v1/people/ada/revocation", {}),
      served.call("ada", "POST", "/v1/people/adam/revocation", {}),
    ]);
    expect(answers.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([200, 401]);
  });

  test("a change that cannot be recorded, or not be kept, is not made", async () => {
    served.auditStores[1].fails = true;
    expect((await served.call("adam", "POST", "/v1/people", NINA)).status).toBe(503);
    served.auditStores[1].fails = false;
    served.file.fails = true;
    expect((await served.call("adam", "POST", "/v1/people", NINA)).status).toBe(503);
    expect((await served.call(NINA_TOKEN, "GET", "/v1/runs")).status).toBe(401);
    expect(changes().map(({ data }) => data["change"])).toEqual(["added", "added", "not made"]);
    expect(served.file.people).not.toHaveProperty("nina");
  });
});

test("people whom the record does not know are recorded as found when the server starts", async () => {
  const [first] = served.auditStores[0].events;
  expect(first).toMatchObject({ type: "people-changed", by: "server", data: { change: "found" } });
  expect(JSON.stringify(first)).toContain("olivia@wildcam.org");
});

describe("every refused attempt leaves who tried what, and why it was refused", () => {
  const expired = { token: "xena-token-000000001", expiresAtMs: 1 };
  const revoked = { token: "rita-token-000000001", revokedAtMs: 1 };
  beforeEach(() => serve({ profile: "production", people: { xena: expired, rita: revoked } }));

  const RUNS = "/v1/runs";
  const hash = "0".repeat(64);
  type Case = { what: string; who: string | null; url?: string; body?: object; by: string; code: string };
  test.each<Case>([
    { what: "nobody's token", who: "stranger-token-00001", by: "nobody", code: "unauthenticated" },
    { what: "no token", who: null, by: "nobody", code: "unauthenticated" },
    { what: "an expired token", who: "xena", by: "xena", code: "unauthenticated" },
    { what: "a revoked token", who: "rita", by: "rita", code: "unauthenticated" },
    { what: "a missing role", who: "priya", by: "priya", code: "not-allowed" },
    { what: "a malformed body", who: "olivia", body: { runbook: 7 }, by: "olivia", code: "malformed" },
    {
      what: "an unknown run",
      who: "priya",
      url: `${RUNS}/no/approvals`,
      body: { hash },
      by: "priya",
      code: "not-found",
    },
  ])("$what", async ({ who, url = RUNS, body = AWAY, by, code }) => {
    await served.call(who, "POST", url, body);
    expect(audited()).toMatchObject([{ type: "attempt-refused", by, data: { code, from: "127.0.0.1" } }]);
    expect(served.bench.world.attempts).toBe(0);
  });

  test("a body that is no JSON, and an address that is not there, without a word of either", async () => {
    const headers = { authorization: `Bearer ${TOKENS.olivia}`, "content-type": "application/json" };
    await served.app.inject({ method: "POST", url: "/v1/runs", headers, payload: "{heron" });
    await served.app.inject({ url: "/v1/heron", headers: { authorization: headers.authorization } });
    expect(audited()).toMatchObject([{ data: { code: "malformed" } }, { data: { code: "not-found" } }]);
    expect(JSON.stringify(audited())).not.toContain("heron");
  });

  test("approvals: by the requester, for another hash, and when nothing waits", async () => {
    await served.call("dana", "POST", "/v1/runs", AWAY);
    await until(async () => (await served.call("dana", "GET", "/v1/approvals")).body.approvals.length > 0);
    const [pending] = (await served.call("dana", "GET", "/v1/approvals")).body.approvals;
    const approve = (who: string, hash: string) =>
      served.call(who, "POST", "/v1/runs/test-run-1/approvals", { hash });
    expect((await approve("dana", pending.hash)).status).toBe(403);
    expect((await approve("priya", "0".repeat(64))).status).toBe(409);
    expect((await approve("olivia", pending.hash)).status).toBe(403);
    expect(
      (
        await served.call("priya", "POST", "/v1/runs/test-run-1/approvals", {
          hash: pending.hash,
          decision: "reject",
          why: "no",
        })
      ).status,
    ).toBe(200);
    await served.ended();
    expect((await approve("priya", pending.hash)).status).toBe(409);
    expect(audited().map(({ by, data }) => [by, data["code"], data["target"]])).toEqual([
      ["dana", "not-allowed", "test-run-1"],
      ["priya", "refused", "test-run-1"],
      ["olivia", "not-allowed", "test-run-1"],
      ["priya", "refused", "test-run-1"],
    ]);
    expect(served.bench.world.attempts).toBe(0);
  });

  test("what is allowed leaves none", async () => {
    await served.call("olivia", "GET", "/v1/runs");
    await served.call("olivia", "POST", "/v1/plans", AWAY);
    expect(audited()).toEqual([]);
  });

  test("the record is no run", async () => {
    await served.call(null, "GET", "/v1/runs");
    expect((await served.call("olivia", "GET", "/v1/runs")).body.runs).toEqual([]);
    expect((await served.call("olivia", "GET", "/v1/runs/audit")).status).toBe(404);
    expect((await served.call("olivia", "GET", "/v1/runs/audit/events")).status).toBe(404);
  });
});

describe("a human counts once, whatever their names", () => {
  const twin = { token: "dana-two-token-00001", roles: [...ROLES], mail: "Dana@WildCAM.org" };
  const oddTwin = { token: "priya-two-token-0001", roles: [...ROLES], mail: "PRIYA@wildcam.org" };

  beforeEach(async () => {
    await serve({ profile: "production", people: { dana2: twin, priya2: oddTwin } });
    await served.call("dana", "POST", "/v1/runs", AWAY);
    await until(async () => (await served.call("dana", "GET", "/v1/approvals")).body.approvals.length > 0);
  });

  const approve = async (who: string) => {
    const [pending] = (await served.call("dana", "GET", "/v1/approvals")).body.approvals;
    return await served.call(who, "POST", "/v1/runs/test-run-1/approvals", { hash: pending.hash });
  };

  test("the requester's other name may not approve, and nothing is told to the run", async () => {
    const answer = await approve("dana2");
    expect(answer).toMatchObject({
      status: 403,
      body: { error: { what: expect.stringContaining("as dana") } },
    });
    expect(served.told).toEqual([]);
    expect(audited()).toMatchObject([{ by: "dana2", data: { code: "not-allowed", target: "test-run-1" } }]);
  });

  test("nor after that name was revoked, and a new one added with the same mail", async () => {
    await served.call("adam", "POST", "/v1/people/dana/revocation", {});
    await served.call("adam", "POST", "/v1/people", {
      ...NINA,
      roles: ["approver"],
      mail: "DANA@wildcam.org",
    });
    const [pending] = (await served.call("priya", "GET", "/v1/approvals")).body.approvals;
    const answer = await served.call(NINA_TOKEN, "POST", "/v1/runs/test-run-1/approvals", {
      hash: pending.hash,
    });
    expect(answer.status).toBe(403);
  });

  test("orders and commands carry the human", async () => {
    expect(served.orders).toMatchObject([{ requestedBy: "dana", requestedByHuman: "dana@wildcam.org" }]);
    expect((await approve("priya2")).status).toBe(200);
    expect(served.told).toMatchObject([{ by: "priya2", human: "priya@wildcam.org" }]);
  });
});

describe("nothing but the token says who calls", () => {
  const asOlivia = { authorization: `Bearer ${TOKENS.olivia}` };

  test.each([
    "x-user",
    "x-forwarded-user",
    "x-remote-user",
    "remote-user",
    "x-auth-request-email",
    "x-wildcam-as",
    "x-original-authorization",
    "proxy-authorization",
    "from",
    "cookie",
  ])("the header %s does nothing, with a token and without", async (header) => {
    const alone = await served.app.inject({ url: "/v1/status", headers: { [header]: "adam" } });
    expect(alone.statusCode).toBe(401);
    const carried = { [header]: `Bearer ${TOKENS.adam}` };
    expect((await served.app.inject({ url: "/v1/status", headers: carried })).statusCode).toBe(401);
    const both = await served.app.inject({ url: "/v1/status", headers: { ...asOlivia, ...carried } });
    expect(both.json().you.name).toBe("olivia");
    const post = { method: "POST", url: "/v1/people", payload: NINA } as const;
    expect(
      (await served.app.inject({ ...post, headers: { ...asOlivia, [header]: "adam" } })).statusCode,
    ).toBe(403);
  });

  test("a name in a body is no identity", async () => {
    const answer = await served.call("olivia", "POST", "/v1/runs", { ...AWAY, requestedBy: "adam" });
    expect(answer.status).toBe(400);
  });

  test("another scheme than Bearer is no token", async () => {
    const basic = Buffer.from(`adam:${TOKENS.adam}`).toString("base64");
    for (const authorization of [
      `Basic ${basic}`,
      TOKENS.adam,
      `Token ${TOKENS.adam}`,
      `Bearer ${TOKENS.adam} x`,
    ])
      expect((await served.app.inject({ url: "/v1/status", headers: { authorization } })).statusCode).toBe(
        401,
      );
  });

  test.each(["token", "access_token", "Authorization", "api-key"])(
    "a token in the address as %s is no way in, and is refused beside a good header",
    async (key) => {
      const url = `/v1/status?${key}=${TOKENS.adam}`;
      expect((await served.app.inject({ url })).statusCode).toBe(401);
      const answer = await served.app.inject({ url, headers: asOlivia });
      expect(answer.statusCode).toBe(400);
      expect(answer.body + JSON.stringify(audited())).not.toContain(TOKENS.adam);
    },
  );
});
