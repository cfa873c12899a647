/** PostgreSQL refuses to run as root: under whose uid it runs, and where that uid may keep its data. */
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readText } from "../processes/files.ts";
import { isReachableByAll } from "./binaries.ts";

export type Account = { readonly uid: number; readonly gid: number; readonly name: string };

// The uid has to have an entry in /etc/passwd (initdb asks for its name); "nobody" is on nearly every system.
const preferredNames = ["nobody", "daemon"];

/** Null for an ordinary user, who runs it as they are. */
export function databaseAccount(
  uid = process.getuid?.(),
  passwd = readText("/etc/passwd") ?? "",
): Account | null {
  if (uid !== 0) return null;
  const accounts = passwd
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name, , id, group]) => ({ name: name ?? "", uid: Number(id), gid: Number(group) }))
    .filter((account) => account.name !== "" && account.uid > 0 && account.gid > 0);
  const preferred = preferredNames.map((name) => accounts.find((account) => account.name === name));
  const account = preferred.find((found) => found !== undefined) ?? accounts[0];
  if (account === undefined)
    throw new Error("PostgreSQL does not run as root, and /etc/passwd names no other user");
  return account;
}

/** `<state>/postgres`, or a folder among the temporary ones when the account cannot get there. */
export function dataRootFor(stateDir: string, account: Account | null): string {
  if (account === null || isReachableByAll(stateDir)) return join(stateDir, "postgres");
  const digest = createHash("sha256").update(stateDir).digest("hex").slice(0, 12);
  return join(tmpdir(), `wildcam-${digest}`);
}
