/**
 * Looks for secrets where none may stand: in files of folders and in texts that were caught. Each is looked for as it
 * is, as an address would carry it, in base 64, and escaped as in JSON.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";

export type Places = {
  /** Folders that are searched to the bottom. */
  readonly folders: readonly string[];
  readonly texts?: Readonly<Record<string, string>>;
};

/** `logs/edge.log: token of olivia`, for each secret and place where it stands. Fails when there is nothing to search. */
export function findSecrets(secrets: Readonly<Record<string, string>>, places: Places): string[] {
  const texts = [...Object.entries(places.texts ?? {}), ...places.folders.flatMap(filesIn)];
  if (texts.length === 0 || Object.keys(secrets).length === 0) throw new Error("there is nothing to search");
  return texts.flatMap(([place, text]) =>
    Object.entries(secrets)
      .filter(([, value]) => formsOf(value).some((form) => text.includes(form)))
      .map(([name]) => `${place}: ${name}`),
  );
}

function formsOf(value: string): string[] {
  const base64 = Buffer.from(value).toString("base64").replace(/=+$/, "");
  return [value, encodeURIComponent(value), base64, JSON.stringify(value).slice(1, -1)];
}

function filesIn(folder: string): [place: string, text: string][] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return entries.map((entry) => {
    const file = join(entry.parentPath, entry.name);
    return [join(basename(folder), relative(folder, file)), readFileSync(file, "latin1")];
  });
}
