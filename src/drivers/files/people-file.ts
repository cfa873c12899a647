/** The file of people: roles, mails and digests of tokens, replaced whole and synced before it counts. */
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { type People, peopleFile } from "../../domain/people.ts";

export function peopleFileStore(file: string) {
  return {
    read: async (): Promise<People> => peopleFile.parse(JSON.parse(await readFile(file, "utf8"))),
    write: async (people: People): Promise<void> => {
      const temporary = `${file}.${process.pid}.new`;
      const handle = await open(temporary, "w", 0o600);
      try {
        await handle.writeFile(`${JSON.stringify(people, null, 2)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
      // Else a power cut could bring a revoked token back.
      const folder = await open(dirname(file), "r");
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
}
