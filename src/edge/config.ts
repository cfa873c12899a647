/** The gateway's config file: what it must hold, read with errors that name the field. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { reasonOf } from "../effector/reason.ts";
import { StartProblem } from "./problem.ts";
import { problemOfWeights } from "./weights.ts";

const path = z.string().min(1);
const port = z.int().min(0).max(65_535);
const cloudName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, "a cloud's name is lower-case letters, digits and -");

const configSchema = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1"),
    /** 0: any free one, reported when ready. */
    port,
    controlPort: port,
    tokenFile: path,
    stateDir: path,
    effectsFile: path,
    /** Used only when no policy is stored. */
    weights: z.record(cloudName, z.number()),
    clouds: z.record(
      cloudName,
      z.strictObject({
        agentUrl: z.url({ protocol: /^http$/ }),
        tokenFile: path,
        /** The link by which its pods are reached; null: as they are. */
        podsThrough: port.min(1).nullable().default(null),
      }),
    ),
    probeIntervalMs: z.int().min(20).max(60_000).default(200),
    objective: z.strictObject({ latencyMs: z.number().positive() }),
    /** What one request may take, end to end. */
    deadlineMs: z.int().min(10).max(600_000).default(10_000),
  })
  .superRefine((config, context) => {
    const clouds = Object.keys(config.clouds);
    if (clouds.length === 0)
      context.addIssue({ code: "custom", path: ["clouds"], message: "name at least one cloud" });
    const problem = problemOfWeights(config.weights, clouds);
    if (problem !== null) context.addIssue({ code: "custom", path: ["weights"], message: problem });
  });

export type Config = z.infer<typeof configSchema>;

/** @throws StartProblem naming the file and every field that is wrong. */
export async function readConfig(file: string): Promise<Config> {
  const problem = (why: string): StartProblem =>
    new StartProblem({
      what: `the config file ${file} cannot be used`,
      why,
      next: "mend the file and start again",
    });
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw problem(reasonOf(error));
  }
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw problem(
    parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`).join("; "),
  );
}

/** The token that a file holds. @throws StartProblem when there is none. */
export async function readToken(file: string): Promise<string> {
  const problem = (why: string): StartProblem =>
    new StartProblem({
      what: `the token file ${file} cannot be used`,
      why,
      next: "write a token into it, mode 0600",
    });
  let token: string;
  try {
    token = (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw problem(reasonOf(error));
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw problem("it does not hold one line of printable characters");
  return token;
}
