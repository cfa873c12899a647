/** Brings the schema up to date on the primary: the workload's own program, as a child that is waited for. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { databaseUrl } from "../postgres/connection.ts";
import { applicationEndpoint, type Secrets } from "../postgres/member.ts";
import { checkoutRoot, programEnvironment, programPath } from "../processes/node-process.ts";
import type { Layout } from "./layout.ts";
import { WorldError } from "./world-error.ts";

const run = promisify(execFile);
const withinMs = 30_000;

export async function migrateDatabase(options: {
  readonly layout: Layout;
  readonly port: number;
  readonly database: string;
  readonly secrets: Secrets;
}): Promise<void> {
  const { layout, port, database, secrets } = options;
  const env = {
    ...programEnvironment(layout.cacheDir),
    DATABASE_URL: databaseUrl(applicationEndpoint(port, database, secrets)),
  };
  try {
    await run(process.execPath, [programPath("src/workload/migrate.ts")], {
      cwd: checkoutRoot,
      env,
      timeout: withinMs,
    });
  } catch (error) {
    const said =
      error instanceof Error && "stderr" in error && typeof error.stderr === "string"
        ? error.stderr.trim()
        : String(error);
    const words = {
      what: "the database schema could not be brought up to date",
      why: said.split("\n").slice(0, 3).join(" "),
      next: "See CONTRIBUTING.md on migrations",
    };
    throw new WorldError(words, { cause: error });
  }
}
