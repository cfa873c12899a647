/**
 * The shape of `inventory.yaml`: one schema that gives the types, the errors and the JSON Schema for editors.
 *
 * 1. Every object is strict: a key that nobody reads is an error, never ignored.
 * 2. Durations, bytes and rates leave here as branded units; no other code parses them.
 * 3. Whatever names something else in the file is checked against it (`cross-checks.ts`), also when other parts are
 *    wrong, so that all errors come at once.
 *
 * It must not touch files: where a value stands in the text is the loader's business.
 */
import { z } from "zod";
import { MODES } from "../automatic-actions.ts";
import { cronProblem, timeZoneProblem } from "../cron.ts";
import { personNamePattern } from "../people.ts";
import { ROLES } from "../roles.ts";
import { ENTRY_KINDS, MISSED } from "../schedule.ts";
import { FEED_FORMATS, feedAddressProblem, LEAST_EVERY_MS } from "../status-feed.ts";
import {
  bytes,
  durationPattern,
  formatDuration,
  milliseconds,
  parseDuration,
  percent,
  requestsPerSecond,
} from "../units.ts";
import { crossCheck } from "./cross-checks.ts";
import { expected, strictErrors, unionErrors } from "./messages.ts";

function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: strictErrors(Object.keys(shape)) });
}

function named<Value extends z.ZodType>(key: z.ZodString, value: Value, what: string) {
  return z.record(key, value).refine((entries) => Object.keys(entries).length > 0, {
    error: `expected at least one ${what}, got none`,
  });
}

function wholeNumber(least: number, most: number) {
  return z
    .int({ error: expected(`a whole number from ${least} to ${most}`) })
    .min(least)
    .max(most);
}

function text(what: string) {
  return z
    .string({ error: expected(what) })
    .trim()
    .min(1)
    .max(200);
}

// Names become folder names, header values and words on a command line: nothing in them ever needs quoting.
const nameWords =
  "a name of lower-case letters, digits and hyphens that begins with a letter, at most 40 long";
const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, { error: expected(nameWords) });
const personWords = "a name of lower-case letters, digits, dots and hyphens that begins with a letter";
const personName = z.string().regex(personNamePattern, { error: expected(personWords) });
// PostgreSQL cuts an identifier after 63 bytes, and slot names know lower-case letters, digits and underscores only.
const sqlWords = "a PostgreSQL name of lower-case letters, digits and underscores, at most 63 long";
const sqlName = z.string({ error: expected(sqlWords) }).regex(/^[a-z_][a-z0-9_]{0,62}$/);
const hostWords = "a host name such as api.example.org";
const host = z
  .string({ error: expected(hostWords) })
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/);
// Kubernetes' own rule for the names of namespaces and deployments (RFC 1123 label).
const labelWords = "a Kubernetes name of lower-case letters, digits and hyphens, at most 63 long";
const label = z.string({ error: expected(labelWords) }).regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);

/** Text that a rule finds wrong in words of its own. */
function ruled(what: string, problem: (value: string) => string | null) {
  return z.string({ error: expected(what) }).superRefine((value, context) => {
    const message = problem(value);
    if (message !== null) context.addIssue({ code: "custom", message });
  });
}

const duration = z
  .string({ error: expected("a duration such as 15m, 2s, 250ms or 4h") })
  .regex(durationPattern)
  .transform(parseDuration);
const positiveWords = "a duration of more than zero, such as 15m, 2s, 250ms or 4h";
const positiveDuration = z
  .string({ error: expected(positiveWords) })
  .regex(durationPattern)
  .regex(/[1-9]/)
  .transform(parseDuration);
const byteCount = z
  .int({ error: expected("a whole number of bytes, at least 0") })
  .min(0)
  .transform(bytes);
const rate = z
  .number({ error: expected("requests/s, a number of at least 0") })
  .min(0)
  .transform(requestsPerSecond);
const positiveRate = z
  .number({ error: expected("requests/s, a number above 0") })
  .positive()
  .transform(requestsPerSecond);

const service = strict({
  name: label,
  domain: host,
  objective: strict({
    goodPercent: z
      .number({ error: expected("a percentage above 0 and up to 100") })
      .positive()
      .max(100)
      .transform(percent),
    latency: positiveDuration,
    fastWindow: positiveDuration,
  }),
  demand: strict({ floor: rate }),
});

/** What the cloud says of itself, for programs: read as a hint for people, and by nothing that decides. */
const statusFeed = strict({
  url: ruled("the address of a feed (https://...)", feedAddressProblem),
  format: z.enum(FEED_FORMATS),
  /** As the feed writes them; what it tells of others does not count. Left out: all count. */
  services: z.array(text("a service as the feed names it")).max(50).default([]),
  every: positiveDuration
    .refine((ms) => ms >= LEAST_EVERY_MS, {
      error: `expected at least ${formatDuration(milliseconds(LEAST_EVERY_MS))}: the page is others' as well`,
    })
    .prefault("60s"),
  /** Read in that profile only; left out: in all. */
  profile: text("the name of a profile").optional(),
});

const cloud = strict({
  title: text("a title"),
  /** The link for people. */
  statusPage: z.url({ error: expected("an address (https://...)") }).optional(),
  statusFeed: statusFeed.optional(),
});

const cluster = strict({
  cloud: text("the name of a cloud"),
  context: text("the name of a kubectl context"),
  region: text("the cloud's name of a region"),
  tier: z.enum(["primary", "secondary"]),
  replicas: strict({
    least: wholeNumber(0, 10_000),
    usual: wholeNumber(0, 10_000),
    most: wholeNumber(1, 10_000),
  }),
  requestsPerSecondPerPod: positiveRate,
});

const database = strict({
  topology: z.enum(["physical", "logical"]),
  primary: text("the name of a cloud"),
  synchronous: wholeNumber(0, 100),
  members: named(name, strict({ instance: label, slot: sqlName }), "member"),
});

const edge = strict({
  kind: z.enum(["gateway"]),
  weights: named(name, wholeNumber(0, 100), "weight"),
});

const stores = strict({
  ledger: z
    .array(text("a folder"))
    .min(2, { error: "expected at least two ledger stores, so that losing one loses nothing" }),
  retention: strict({ ledger: positiveDuration }),
  sheets: text("a folder").default("sheets"),
});

const person = strict({
  roles: z
    .array(z.enum(ROLES))
    .min(1, { error: "expected at least one role of viewer, operator, approver, admin" }),
  contact: text("the name of a contact"),
  /** Who it is: several names with one mail are one human, who counts once. */
  mail: z.email({ error: expected("a mail address; several names of one human share it") }),
});

const contact = strict({
  title: text("a title"),
  phone: text("a telephone number").optional(),
  mail: z.email({ error: expected("a mail address") }).optional(),
});

/** How long vantage points must agree before a verdict changes. */
const verdicts = strict({
  fresh: positiveDuration.prefault("3s"),
  dwell: duration.prefault("1s"),
  slow: duration.prefault("4s"),
  back: duration.prefault("15s"),
  backMost: duration.prefault("5m"),
});

const policies = strict({
  rpo: strict({ bytes: byteCount, time: duration }),
  lag: strict({ bytes: byteCount, time: duration }),
  surviveAnotherLoss: z.enum(["refuse", "warn"]),
  shiftStep: wholeNumber(1, 100),
  restoreStep: wholeNumber(1, 100).default(10),
  headroomPercent: wholeNumber(0, 1_000),
  /** Where too few standbys are left: whether writes wait for one, or what one server has alone is acknowledged. */
  standbysGone: z.enum(["wait", "degrade"]).default("wait"),
  verdicts: verdicts.prefault({}),
});

const approval = z.discriminatedUnion(
  "by",
  [strict({ by: z.literal("people"), count: wholeNumber(1, 20) }), strict({ by: z.literal("policy") })],
  { error: unionErrors("by", ["people", "policy"]) },
);

/** What may happen without a person; what is not stated is only said. */
const mode = z.enum(MODES).default("observe");
const automation = strict({
  "shift-traffic": mode,
  promote: mode,
  restore: mode,
  /** How many outages of one cloud may be answered in an hour. */
  runsPerHour: wholeNumber(0, 1_000).default(2),
});

const profile = strict({
  dwell: duration,
  soak: duration,
  holdWindow: positiveDuration,
  pivotDeadline: positiveDuration,
  readyDeadline: positiveDuration,
  approvals: z.record(name, approval),
  approvalFor: positiveDuration,
  automation: automation.prefault({}),
});

const inputs = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** What is begun at its time, in the profile that it names, or in any. */
const scheduled = strict({
  name,
  kind: z.enum(ENTRY_KINDS),
  cron: ruled("a cron pattern of five fields", cronProblem),
  timeZone: ruled("a time zone such as Europe/Berlin", timeZoneProblem),
  runbook: text("the name of a runbook"),
  input: inputs,
  /** Begun when the way there is completed. */
  back: strict({ runbook: text("the name of a runbook"), input: inputs }).optional(),
  missed: z.enum(MISSED),
  /** How long after its time it may still be caught up. */
  within: positiveDuration.prefault("4h"),
  mode: z.enum(MODES).default("propose"),
  profile: text("the name of a profile").optional(),
});

/** The whole file. Use `parseInventory`, which also words the errors. */
export const inventorySchema = strict({
  version: z.literal(1, { error: expected("1, the only version of this file so far") }),
  service,
  clouds: named(name, cloud, "cloud"),
  clusters: named(name, cluster, "cluster"),
  workload: strict({ namespace: label, deployment: label }),
  databases: named(sqlName, database, "database"),
  edge,
  stores,
  people: named(personName, person, "person"),
  contacts: named(name, contact, "contact"),
  policies,
  profiles: named(name, profile, "profile"),
  schedule: z.array(scheduled).max(100, { error: "expected at most 100 entries" }).default([]),
}).superRefine(
  (inventory, context) => {
    for (const { path, message, key } of crossCheck(inventory)) {
      context.addIssue({ code: "custom", path: [...path], message, params: { key } });
    }
  },
  { when: () => true },
);

type Leaf = string | number | bigint | boolean | undefined | null;
type DeepReadonly<Value> = Value extends Leaf
  ? Value
  : { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> };

/** The inventory as the product uses it: checked, durations in milliseconds, nothing to be changed. */
export type Inventory = DeepReadonly<z.output<typeof inventorySchema>>;

/** Holds, deadlines and approvals of one way of running: `production`, `drill`. */
export type Profile = Inventory["profiles"][string];

/** Who approves a runbook in a profile: so many people, or the policy itself. */
export type Approval = Profile["approvals"][string];

export type DatabaseGroup = Inventory["databases"][string];
