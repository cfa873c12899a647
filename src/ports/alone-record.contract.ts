/** The laws of `alone-record.ts` as tests, for whatever implements it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AloneRecord } from "./alone-record.ts";

export type AloneRecordSetup = { readonly record: AloneRecord; readonly close: () => Promise<void> };

export function aloneRecordContract(name: string, prepare: () => Promise<AloneRecordSetup>): void {
  describe(`the laws of the record hold for ${name}`, () => {
    let setup: AloneRecordSetup;
    beforeAll(async () => {
      setup = await prepare();
    }, 60_000);
    afterAll(async () => await setup?.close());
    const signal = () => AbortSignal.timeout(10_000);
    const read = async (database = "wildlifedb") => await setup.record.read(database, signal());
    const write = async (cloud: string | null, epoch: number, sequence: number) =>
      await setup.record.write({ database: "wildlifedb", cloud, token: { epoch, sequence } }, signal());

    test("nobody is on record at first; what was written is read, of each database by itself", async () => {
      expect(await read()).toBeNull();
      await write("aws", 2, 4);
      expect(await read()).toBe("aws");
      expect(await read("other")).toBeNull();
    });

    test("an older token is refused and changes nothing; the same one may say it again", async () => {
      await expect(write(null, 2, 3)).rejects.toMatchObject({ kind: "refused" });
      await expect(write(null, 1, 9)).rejects.toMatchObject({ kind: "refused" });
      expect(await read()).toBe("aws");
      await write("aws", 2, 4);
      expect(await read()).toBe("aws");
    });

    test("a newer one takes it off", async () => {
      await write(null, 2, 5);
      expect(await read()).toBeNull();
    });
  });
}
