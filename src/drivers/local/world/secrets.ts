/** Tokens and passwords: made once, random, in files that only this user may read. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import { humanOf, type People, peopleFile, type Person, personNamed } from "../../../domain/people.ts";
import { Secret } from "../../../domain/secret.ts";
import { newSigningKey, publicKeyText } from "../../files/signing-key.ts";
import { type Secrets, secretsFile } from "../postgres/member.ts";
import { readText, writeJson, writeWhole } from "../processes/files.ts";
import type { Layout } from "./layout.ts";

function newSecret(): Secret {
  return new Secret(randomBytes(24).toString("base64url"));
}

/** The token in that file, made if it is not there. */
export function ensureToken(file: string): Secret {
  const found = readText(file)?.trim();
  if (found !== undefined && found !== "") return new Secret(found);
  const token = newSecret();
  writeWhole(file, `${token.reveal()}\n`);
  return token;
}

export function ensureDatabaseSecrets(layout: Layout): Secrets {
  const found = readText(layout.secretsFile);
  if (found !== null) return secretsFile.parse(JSON.parse(found));
  const secrets = { superuser: newSecret(), application: newSecret(), replication: newSecret() };
  const { superuser, application, replication } = secrets;
  writeJson(layout.secretsFile, {
    superuser: superuser.reveal(),
    application: application.reveal(),
    replication: replication.reveal(),
  });
  return secrets;
}

/**
 * The key that signs this installation's ledgers, made once, and its public half for whoever proves them. The public
 * file is written anew each time: it follows from the private one.
 */
export function ensureLedgerKey(layout: Layout): void {
  const kept = readText(layout.ledgerSigningKeyFile);
  const pem = kept ?? newSigningKey();
  if (kept === null) writeWhole(layout.ledgerSigningKeyFile, pem);
  writeWhole(layout.ledgerPublicKeyFile, publicKeyText(pem), { mode: 0o644 });
}

// From before people had mails; nothing could be revoked then.
const oldRow = z.strictObject({ roles: z.array(z.string()), sha256: z.string() });

/**
 * The inventory's people into the file that the server owns while it is up. A token file each for those who have none;
 * whoever was revoked stays so and gets no new one; who was added otherwise stays, and who left the inventory goes.
 */
export function ensurePeople(layout: Layout, people: Inventory["people"]): void {
  mkdirSync(layout.tokenDir, { recursive: true, mode: 0o700 });
  const kept = keptPeople(layout.peopleFile);
  const named = Object.entries(people).map(([name, { roles, mail }]): [string, Person] => {
    const known = personNamed(kept, name);
    const { revokedAtMs = null, expiresAtMs = null } = known ?? {};
    const sha256 =
      known !== undefined && revokedAtMs !== null
        ? known.sha256
        : createHash("sha256")
            .update(ensureToken(join(layout.tokenDir, name)).reveal())
            .digest("hex");
    const row = { roles: [...roles], mail: humanOf(mail), sha256, expiresAtMs, revokedAtMs };
    return [name, { ...row, source: "inventory" }];
  });
  const others = Object.entries(kept).filter(
    ([name, { source, revokedAtMs }]) =>
      !Object.hasOwn(people, name) && (source === "added" || revokedAtMs !== null),
  );
  writeJson(layout.peopleFile, Object.fromEntries([...named, ...others]));
}

function keptPeople(file: string): People {
  const text = readText(file);
  if (text === null) return {};
  const raw: unknown = JSON.parse(text);
  return z.record(z.string(), oldRow).safeParse(raw).success ? {} : peopleFile.parse(raw);
}
