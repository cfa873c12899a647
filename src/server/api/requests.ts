/** Bodies and queries of the API: strict, with the field named in every error. */
import { z } from "zod";
import { GUARD_NAMES } from "../../domain/guards/names.ts";
import { personNamePattern } from "../../domain/people.ts";
import { ROLES } from "../../domain/roles.ts";
import { ApiError } from "./errors.ts";

const MOST_MS = 30 * 24 * 3_600_000;

export const planRequest = z.strictObject({ runbook: z.string(), input: z.record(z.string(), z.json()) });

export const runRequest = z.strictObject({
  runbook: z.string(),
  input: z.record(z.string(), z.json()),
  planHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected the 64 hexadecimal digits that `wildcam plan` printed")
    .optional(),
  wait: z.boolean().optional(),
  preempt: z.boolean().default(false),
  overrides: z.array(z.enum(GUARD_NAMES)).max(GUARD_NAMES.length).default([]),
});

const withinMs = z.int().min(1).max(MOST_MS).nullable().default(null);

export const approvalRequest = z.strictObject({
  hash: z.string().regex(/^[0-9a-f]{64}$/, "expected the 64 hexadecimal digits of the plan's hash"),
  decision: z.enum(["approve", "reject"]).default("approve"),
  why: z.string().max(1_000).default(""),
  startWithinMs: withinMs,
  finishWithinMs: withinMs,
});

export const commandRequest = z.strictObject({
  command: z.enum(["pause", "resume", "retry", "skip", "cancel", "undo", "override"]),
  why: z.string().max(1_000).default(""),
  /** The guard that is overridden; with `override` only. */
  guard: z.enum(GUARD_NAMES).optional(),
});

export const eventsQuery = z.strictObject({
  after: z.coerce.number().int().min(-1).default(-1),
  waitMs: z.coerce.number().int().min(0).max(20_000).default(0),
});

export const runParameters = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,99}$/, "expected a run as `wildcam run list` names it"),
});

const personName = z
  .string()
  .regex(
    personNamePattern,
    "expected lower-case letters, digits, dots and hyphens, a letter first, at most 64",
  );

const LONGEST_TOKEN_MS = 3_660 * 86_400_000;

export const personRequest = z.strictObject({
  name: personName,
  roles: z.array(z.enum(ROLES)).min(1).max(ROLES.length),
  mail: z.email().max(200),
  /** Of the token, which stays where it was made. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "expected the 64 hexadecimal digits of a token's SHA-256"),
  expiresInMs: z.int().min(1_000).max(LONGEST_TOKEN_MS).nullable().default(null),
});

export const personParameters = z.strictObject({ name: personName });

export function parseRequest<T extends z.ZodType>(schema: T, raw: unknown): z.output<T> {
  const parsed = schema.safeParse(raw ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  throw new ApiError("malformed", {
    what: problems.join("; "),
    why: "the call is not of the API's form",
    next: "wildcam --help",
  });
}
