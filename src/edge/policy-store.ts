/**
 * The traffic policy, kept in `policy.json` under the gateway's state folder.
 *
 * 1. A change is on disk (temporary file, sync, rename, sync of the folder) before it is used or answered.
 * 2. Changes happen one at a time, and only if the version is the expected one.
 * 3. Weights that stand already change nothing, whatever version was expected: the aim is reached.
 * 4. The policy keeps the key that set it, so that an attempt repeated after a crash finds its own work and not "found".
 */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { syncFolder } from "../effector/sync-folder.ts";
import { reasonOf } from "../effector/reason.ts";
import { codeOf, StartProblem } from "./problem.ts";
import { problemOfWeights, sameWeights, type Weights } from "./weights.ts";

/** What the control API shows. `epoch` is that of the token that set it, 0 for the one from the config. */
export type Policy = Readonly<{
  weights: Weights;
  version: number;
  epoch: number;
  setBy: string;
  why: string;
  setAtMs: number;
}>;

export type PolicyChange = Readonly<{
  weights: Weights;
  expectedVersion: number;
  key: string;
  epoch: number;
  setBy: string;
  why: string;
}>;

export type PolicyOutcome =
  | Readonly<{ result: "done" | "found"; answer: Policy }>
  | Readonly<{ result: "refused"; reason: "version" }>;

export const policySchema = z.object({
  weights: z.record(z.string(), z.number()),
  version: z.int().min(1),
  epoch: z.int().min(0),
  setBy: z.string(),
  why: z.string(),
  setAtMs: z.number(),
});

type StoreOptions = Readonly<{
  stateDir: string;
  clouds: readonly string[];
  /** Used only when no policy is stored. */
  weights: Weights;
  /** Milliseconds since the epoch. */
  now: () => number;
}>;

type Stored = Policy & Readonly<{ key: string | null }>;

/** @throws StartProblem when the stored policy cannot be read, or does not fit the known clouds. */
export async function openPolicyStore(options: StoreOptions): Promise<PolicyStore> {
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 });
  const file = join(options.stateDir, "policy.json");
  const stored = await readStored(file, options.clouds);
  const first: Stored = {
    weights: options.weights,
    version: 1,
    epoch: 0,
    setBy: "config",
    why: "the weights to begin with",
    setAtMs: options.now(),
    key: null,
  };
  if (stored === null) await writeDurably(options.stateDir, file, first);
  return new PolicyStore(options, file, stored ?? first);
}

export class PolicyStore {
  readonly #options: StoreOptions;
  readonly #file: string;
  #stored: Stored;
  #policy: Policy;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: StoreOptions, file: string, stored: Stored) {
    this.#options = options;
    this.#file = file;
    this.#stored = stored;
    this.#policy = shown(stored);
  }

  current(): Policy {
    return this.#policy;
  }

  /** @throws Error when the new policy cannot be written; the old one then stands. */
  change(change: PolicyChange): Promise<PolicyOutcome> {
    const done = this.#turn.then(() => this.#change(change));
    this.#turn = done.catch(() => {});
    return done;
  }

  async #change(change: PolicyChange): Promise<PolicyOutcome> {
    if (sameWeights(this.#stored.weights, change.weights)) {
      return { result: this.#stored.key === change.key ? "done" : "found", answer: this.#policy };
    }
    if (change.expectedVersion !== this.#stored.version) return { result: "refused", reason: "version" };
    const { weights, epoch, setBy, why, key } = change;
    const next: Stored = {
      weights,
      version: this.#stored.version + 1,
      epoch,
      setBy,
      why,
      setAtMs: this.#options.now(),
      key,
    };
    await writeDurably(this.#options.stateDir, this.#file, next);
    this.#stored = next;
    this.#policy = shown(next);
    return { result: "done", answer: this.#policy };
  }
}

async function readStored(file: string, clouds: readonly string[]): Promise<Stored | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw unusable(file, reasonOf(error));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unusable(file, reasonOf(error));
  }
  const parsed = policySchema.extend({ key: z.string().nullable() }).safeParse(value);
  if (!parsed.success) throw unusable(file, z.prettifyError(parsed.error));
  const problem = problemOfWeights(parsed.data.weights, clouds);
  if (problem !== null) throw unusable(file, problem);
  return parsed.data;
}

function unusable(file: string, why: string): StartProblem {
  return new StartProblem({
    what: `the stored traffic policy ${file} cannot be used`,
    why,
    next: "mend the file, or move it away to begin again with the weights of the config",
  });
}

async function writeDurably(folder: string, file: string, stored: Stored): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(stored)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncFolder(folder);
}

function shown({ weights, version, epoch, setBy, why, setAtMs }: Stored): Policy {
  return { weights, version, epoch, setBy, why, setAtMs };
}
