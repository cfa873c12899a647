/**
 * The key by which an installation signs its ledgers' heads: ed25519, made once when a world is brought up.
 *
 * The private key is in one file that only this user may read, and is seen by the server alone. The public key goes
 * with every export. An installation is called by the fingerprint of its public key, so that neither can be exchanged
 * without the other.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from "node:crypto";
import { z } from "zod";
import type { SignatureCheck, Signer } from "../../domain/ledger-head.ts";

/** A new private key, in PEM. */
export function newSigningKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Throws when the text is no private key of the right kind; the error has nothing of the key in it. */
export function signerOf(privatePem: string): Signer {
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(privatePem);
  } catch {
    throw new TypeError("the ledger's signing key is no private key in PEM");
  }
  if (key.asymmetricKeyType !== "ed25519") throw new TypeError("the ledger's signing key is not ed25519");
  const check = checkOf(createPublicKey(key).export({ type: "spki", format: "der" }));
  return { ...check, sign: (text) => sign(null, Buffer.from(text), key).toString("hex") };
}

const publicKeyFile = z.strictObject({
  v: z.literal(1),
  installation: z.string(),
  algorithm: z.literal("ed25519"),
  publicKey: z.base64(),
});

/** The file that others check our ledgers with. */
export function publicKeyText(privatePem: string): string {
  const der = createPublicKey(privatePem).export({ type: "spki", format: "der" });
  const file: z.output<typeof publicKeyFile> = {
    v: 1,
    installation: installationOf(der),
    algorithm: "ed25519",
    publicKey: der.toString("base64"),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Throws TypeError, in words for people, when the text is no such file or its key is not the named installation's. */
export function parsePublicKey(text: string): SignatureCheck {
  const check = checkIn(text);
  if (check === null) throw new TypeError("it is no public key of an installation");
  return check;
}

function checkIn(text: string): SignatureCheck | null {
  try {
    const file = publicKeyFile.parse(JSON.parse(text));
    const check = checkOf(Buffer.from(file.publicKey, "base64"));
    return check.installation === file.installation ? check : null;
  } catch {
    return null;
  }
}

function checkOf(der: Buffer): SignatureCheck {
  const key = createPublicKey({ key: der, type: "spki", format: "der" });
  if (key.asymmetricKeyType !== "ed25519") throw new TypeError("the key is not ed25519");
  return {
    installation: installationOf(der),
    holds: (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, "hex")),
  };
}

function installationOf(der: Buffer): string {
  return createHash("sha256").update(der).digest("hex").slice(0, 16);
}
