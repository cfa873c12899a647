/** Tokens and passwords: made once, random, in files that only this user may read. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import { type Secrets, secretsFile } from "../postgres/member.ts";
import { readText, writeJson, writeWhole } from "../processes/files.ts";
import type { Layout } from "./layout.ts";

function newSecret(): string {
  return randomBytes(24).toString("base64url");
}

/** The token in that file, made if it is not there. */
export function ensureToken(file: string): string {
  const found = readText(file)?.trim();
  if (found !== undefined && found !== "") return found;
  const token = newSecret();
  writeWhole(file, `${token}\n`);
  return token;
}

export function ensureDatabaseSecrets(layout: Layout): Secrets {
  const found = readText(layout.secretsFile);
  if (found !== null) return secretsFile.parse(JSON.parse(found));
  const secrets = { superuser: newSecret(), application: newSecret(), replication: newSecret() };
  writeJson(layout.secretsFile, secrets);
  return secrets;
}

/** A token file a person, and the file of their roles and the tokens' digests that the server reads. */
export function ensurePeople(layout: Layout, people: Inventory["people"]): void {
  mkdirSync(layout.tokenDir, { recursive: true, mode: 0o700 });
  const rows = Object.entries(people).map(([name, { roles }]) => {
    const token = ensureToken(join(layout.tokenDir, name));
    return [name, { roles, sha256: createHash("sha256").update(token).digest("hex") }];
  });
  writeJson(layout.peopleFile, Object.fromEntries(rows));
}
