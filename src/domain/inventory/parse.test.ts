import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { formatPath, inventoryDigest, parseInventory } from "./parse.ts";

type Path = readonly (string | number)[];

const text = readFileSync(new URL("../../../inventory.yaml", import.meta.url), "utf8");
const fresh = (): unknown => parse(text);

/** A copy of the inventory with the value at `path` set; undefined removes it. */
function damaged(...changes: readonly (readonly [Path, unknown])[]): unknown {
  const inventory = fresh();
  for (const [path, value] of changes) {
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((node, part) => Reflect.get(Object(node), part), inventory);
    if (value === undefined) Reflect.deleteProperty(Object(parent), path.at(-1) ?? "");
    else Reflect.set(Object(parent), path.at(-1) ?? "", value);
  }
  return inventory;
}

/** What is wrong, as `path: message` lines. */
function problems(raw: unknown): string[] {
  const result = parseInventory(raw);
  return result.ok ? [] : result.findings.map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

function paths(value: unknown, at: Path = []): { readonly path: Path; readonly isMapping: boolean }[] {
  if (typeof value !== "object" || value === null) return [{ path: at, isMapping: false }];
  const below = Array.isArray(value)
    ? value.flatMap((item, index) => paths(item, [...at, index]))
    : Object.entries(value).flatMap(([key, item]) => paths(item, [...at, key]));
  return Array.isArray(value) ? below : [{ path: at, isMapping: true }, ...below];
}

// What a scheduled runbook is given is the runbook's to judge (`scheduleFindings`).
const mappings = paths(fresh()).filter(({ path, isMapping }) => isMapping && path.at(-1) !== "input");
const leaves = paths(fresh()).filter(({ isMapping }) => !isMapping);

describe("the inventory of the checkout", () => {
  test("is fine, with durations in milliseconds and amounts as numbers", () => {
    const result = parseInventory(fresh());
    if (!result.ok) throw new Error(JSON.stringify(result.findings));
    const { profiles, policies, service, clusters, stores } = result.inventory;
    expect(profiles["production"]).toMatchObject({
      dwell: 900_000,
      soak: 1_800_000,
      approvalFor: 14_400_000,
    });
    expect(profiles["drill"]).toMatchObject({ dwell: 2_000, pivotDeadline: 20_000 });
    expect(policies).toMatchObject({ rpo: { bytes: 0, time: 0 }, lag: { bytes: 16_777_216, time: 10_000 } });
    expect(stores.retention.ledger).toBe(400 * 86_400_000);
    expect(service.objective).toEqual({ goodPercent: 99.9, latency: 250, fastWindow: 60_000 });
    expect(clusters["aws-west"]?.replicas).toEqual({ least: 1, usual: 2, most: 10 });
  });

  test("has a digest of its meaning, not of its spelling", () => {
    const digestOf = (raw: unknown) => {
      const result = parseInventory(raw);
      return result.ok ? inventoryDigest(result.inventory) : undefined;
    };
    const original = digestOf(fresh());
    expect(original).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOf(damaged([["profiles", "drill", "dwell"], "2000ms"]))).toBe(original);
    expect(digestOf(damaged([["profiles", "drill", "dwell"], "2001ms"]))).not.toBe(original);
  });
});

describe("whatever is wrong is found where it is", () => {
  test.each(mappings.map(({ path }) => [formatPath(path), path] as const))(
    "an unknown key in %s",
    (_, path) => {
      const at = formatPath([...path, "zz-unknown"]);
      expect(
        problems(damaged([[...path, "zz-unknown"], "x"])).filter((line) => line.startsWith(at)),
      ).not.toEqual([]);
    },
  );

  test.each(leaves.map(({ path }) => [formatPath(path), path] as const))(
    "a mapping in place of %s",
    (name, path) => {
      expect(problems(damaged([path, { a: 1 }])).some((line) => line.startsWith(`${name}: `))).toBe(true);
    },
  );

  test("any number of errors at once", () => {
    // `count` is only read once `by` is known to be `people`.
    const independent = leaves.filter(({ path }) => path.at(-1) !== "count").map(({ path }) => path);
    fc.assert(
      fc.property(fc.subarray(independent, { minLength: 2, maxLength: 12 }), (some) => {
        const found = problems(damaged(...some.map((path) => [path, { a: 1 }] as const)));
        for (const path of some)
          expect(found.some((line) => line.startsWith(`${formatPath(path)}: `))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test.each([null, undefined, 3, "text", [], [{}], true])("%j in place of the whole file", (raw) => {
    expect(problems(raw)).toEqual([expect.stringMatching(/^inventory: expected a mapping, got /)]);
  });

  test("an empty mapping misses every section but the schedule", () => {
    const sections = Object.keys(Object(fresh())).filter((name) => name !== "schedule");
    expect(problems({}).map((line) => line.split(":")[0])).toEqual(sections);
  });

  test("a key named __proto__ is not passed over", () => {
    expect(problems(JSON.parse('{"__proto__": {"version": 1}}'))[0]).toBe(
      '__proto__: unknown key "__proto__"',
    );
    const raw = damaged([
      ["edge"],
      JSON.parse('{"kind":"gateway","weights":{"__proto__":1,"aws":34,"azure":33,"gcp":33}}'),
    ]);
    expect(problems(raw)).toEqual(['edge.weights.__proto__: unknown key "__proto__"']);
  });

  test("anything at all is answered, never thrown", () => {
    fc.assert(
      fc.property(fc.constantFrom(...mappings), fc.jsonValue(), ({ path }, value) => {
        const raw = path.length === 0 ? value : damaged([path, value]);
        expect(Array.isArray(problems(raw))).toBe(true);
      }),
    );
  });
});

describe("an error says what was expected and the nearest valid name", () => {
  test.each<readonly [Path, unknown, string]>([
    [
      ["clusters", "aws-west", "cloud"],
      "asw",
      'expected one of aws, azure, gcp, got "asw" (did you mean "aws"?)',
    ],
    [
      ["clusters", "aws-west", "tier"],
      "prmary",
      'expected one of primary, secondary, got "prmary" (did you mean "primary"?)',
    ],
    [["clusters", "aws-west", "context"], "aws-east", 'context "aws-east" is cluster aws-west\'s already'],
    [["clusters", "aws-west", "replicas", "usual"], 11, "expected least <= usual <= most, got 1, 11, 10"],
    [["clusters", "aws-west", "replicas", "least"], 3, "expected least <= usual <= most, got 3, 2, 10"],
    [["clusters", "aws-west", "requestsPerSecondPerPod"], 0, "expected requests/s, a number above 0, got 0"],
    [["clusters", "aws-west", "region"], undefined, "expected the cloud's name of a region, got nothing"],
    [
      ["databases", "wildlifedb", "primary"],
      "gpc",
      'expected one of aws, azure, gcp, got "gpc" (did you mean "gcp"?)',
    ],
    [["databases", "wildlifedb", "synchronous"], 3, "expected at most 2, the number of standbys, got 3"],
    [
      ["databases", "wildlifedb", "members", "gcp", "slot"],
      "standby_aws",
      'slot "standby_aws" is member aws\'s already',
    ],
    [["databases", "wildlifedb", "members", "gcp", "slot"], "Standby-GCP", "expected a PostgreSQL name"],
    [["edge", "weights", "aws"], 35, "expected weights that sum to 100, got 35 + 33 + 33 = 101"],
    [["edge", "weights", "aws"], 33.5, "expected a whole number from 0 to 100, got 33.5"],
    [["edge", "weights", "gcp"], undefined, "expected a weight for every cloud, got none for gcp"],
    [["stores", "ledger"], ["ledger"], "expected at least two ledger stores"],
    [["stores", "sheets"], "./ledger", "expected a folder of its own"],
    [["stores", "ledger", 1], "./ledger/", 'expected different folders, got "./ledger/" again'],
    [["stores", "retention"], undefined, "expected a mapping, got nothing"],
    [["stores", "retention", "ledger"], "0d", "expected a duration of more than zero"],
    [
      ["stores", "retention", "ledger"],
      "4h",
      "expected more than 4h, for which an approval lasts in profile production",
    ],
    [
      ["people", "olivia", "contact"],
      "oncall",
      'expected one of on-call, dba, security, architects, got "oncall" (did you mean "on-call"?)',
    ],
    [
      ["people", "adam", "roles"],
      ["admim"],
      'expected one of viewer, operator, approver, admin, got "admim" (did you mean "admin"?)',
    ],
    [["people", "adam", "roles"], [], "expected at least one role"],
    [["contacts", "dba", "mail"], undefined, "expected a phone or a mail, got neither"],
    [["schedule", 0, "cron"], "0 25 * * *", "five fields, such as 0 10 * * TUE (Tuesdays at 10:00)"],
    [["schedule", 0, "cron"], "0 0 31 4 *", "expected a time that there is"],
    [
      ["schedule", 0, "timeZone"],
      "America/Los_Angles",
      'expected a time zone such as Europe/Berlin, America/Los_Angeles or UTC, got "America/Los_Angles"',
    ],
    [["schedule", 0, "timeZone"], undefined, "expected a time zone such as Europe/Berlin, got nothing"],
    [["schedule", 0, "runbook"], "manual-failver", 'got "manual-failver" (did you mean "manual-failover"?)'],
    [["schedule", 1, "back", "runbook"], "rolback", 'got "rolback" (did you mean "rollback"?)'],
    [["schedule", 1, "profile"], "prod", "expected one of production, drill"],
    [["schedule", 1, "name"], "audit-aws", '"audit-aws" would be taken for the audit ledger'],
    [["schedule", 1, "name"], "weekly-chaos", '"weekly-chaos" is the name of schedule[0] already'],
    [["schedule", 1, "missed"], "catchup", 'expected one of catch-up, report, got "catchup"'],
    [["policies", "shiftStep"], 0, "expected a whole number from 1 to 100, got 0"],
    [
      ["policies", "surviveAnotherLoss"],
      "reufse",
      'expected one of refuse, warn, got "reufse" (did you mean "refuse"?)',
    ],
    [["policies", "lag", "bytes"], 1.5, "expected a whole number of bytes, at least 0, got 1.5"],
    [["profiles", "drill", "dwell"], "2 s", 'expected a duration such as 15m, 2s, 250ms or 4h, got "2 s"'],
    [["profiles", "drill", "holdWindow"], "0s", "expected a duration of more than zero"],
    [
      ["profiles", "drill", "approvals", "rollback"],
      { by: "polic" },
      'expected one of people, policy, got "polic" (did you mean "policy"?)',
    ],
    [
      ["profiles", "drill", "approvals", "rollback"],
      { by: "people" },
      "expected a whole number from 1 to 20, got nothing",
    ],
    [
      ["profiles", "drill", "approvals", "rollback"],
      { by: "policy", count: 1 },
      'unknown key "count", expected by',
    ],
    [
      ["profiles", "drill", "approvals", "rolback"],
      { by: "policy" },
      'got "rolback" (did you mean "rollback"?)',
    ],
    [
      ["profiles", "production", "approvals", "rollback", "count"],
      4,
      "expected at most 3, the number of people with the role approver or admin, got 4",
    ],
    [["profiles", "drill"], undefined, "expected a profile named drill, got production"],
    [["service", "objectives"], {}, 'unknown key "objectives" (did you mean "objective"?)'],
    [["service", "domain"], "https://api.wildcam.org", "expected a host name"],
    [["version"], 2, "expected 1, the only version of this file so far, got 2"],
    [["clouds", "AWS"], { title: "x" }, "expected a name of lower-case letters"],
    [
      ["clouds", "gcp", "statusFeed", "format"],
      "google-incident",
      'expected one of google-incidents, aws-events, azure-rss, statuspage, got "google-incident" (did you mean "google-incidents"?)',
    ],
    [["clouds", "gcp", "statusFeed", "format"], undefined, "expected one of google-incidents"],
    [
      ["clouds", "gcp", "statusFeed", "url"],
      undefined,
      "expected the address of a feed (https://...), got nothing",
    ],
    [
      ["clouds", "gcp", "statusFeed", "url"],
      "status.cloud.google.com/incidents.json",
      'expected the address of a feed (https://...), got "status.cloud.google.com/incidents.json"',
    ],
    [
      ["clouds", "gcp", "statusFeed", "url"],
      "file:///etc/passwd",
      "expected the address of a feed (https://...)",
    ],
    [
      ["clouds", "gcp", "statusFeed", "url"],
      "http://status.cloud.google.com/incidents.json",
      "expected https://, got http:// to status.cloud.google.com; only loopback may be asked without TLS",
    ],
    [
      ["clouds", "gcp", "statusFeed", "url"],
      "https://me:secret@status.cloud.google.com/incidents.json",
      "expected an address without a name or password; the inventory holds no secrets",
    ],
    [["clouds", "gcp", "statusFeed", "every"], "5s", "expected at least 10s"],
    [["clouds", "gcp", "statusFeed", "services"], [""], "clouds.gcp.statusFeed.services[0]"],
    [
      ["clouds", "gcp", "statusFeed", "profile"],
      "prodction",
      'expected one of production, drill, got "prodction" (did you mean "production"?)',
    ],
    [["clouds", "gcp", "statusFed"], {}, 'unknown key "statusFed" (did you mean "statusFeed"?)'],
    [["clouds", "oracle"], { title: "Oracle" }, "expected at least one cluster in cloud oracle, got none"],
  ])("%j set to %j", (path, value, message) => {
    expect(problems(damaged([path, value])).join("\n")).toContain(message);
  });

  test("no error repeats the password of an address", () => {
    const raw = damaged([["clouds", "gcp", "statusFeed", "url"], "https://me:hunter2@example.org/"]);
    expect(problems(raw).join("\n")).not.toContain("hunter2");
  });

  test("every unknown key has its own error", () => {
    const raw = damaged([["service", "nmae"], "x"], [["service", "zz"], "y"]);
    expect(problems(raw)).toEqual([
      'service.nmae: unknown key "nmae" (did you mean "name"?)',
      'service.zz: unknown key "zz", expected one of name, domain, objective, demand',
    ]);
  });

  test("a wrong title does not hide a wrong reference", () => {
    const found = problems(
      damaged([["clouds", "aws", "title"], 3], [["databases", "wildlifedb", "primary"], "asw"]),
    );
    expect(found).toHaveLength(2);
  });

  test("a team with other clouds is as welcome", () => {
    const raw: unknown = JSON.parse(JSON.stringify(fresh()).replaceAll(/azure(?!-rss)/g, "oracle"));
    expect(problems(raw)).toEqual([]);
  });
});
