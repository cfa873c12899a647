/** The laws of the `Sheets` port, as tests that every implementation passes. */
import { expect, test } from "vitest";
import type { Sheets } from "./sheets.ts";

export type SheetsHarness = {
  /** Sheets over the same place each time, as after a restart. */
  readonly open: () => Sheets;
  /** Marks the run as taken over, as a person would. */
  readonly take: (run: string) => Promise<void>;
};

export function sheetsContract(name: string, newHarness: () => Promise<SheetsHarness>): void {
  test(`${name}: a sheet is read back as it was last written, also after a restart`, async () => {
    const { open } = await newHarness();
    const sheets = open();
    expect(await sheets.read("run-1")).toBeNull();
    await sheets.write("run-1", "first\n");
    await sheets.write("run-1", "second, which is longer than the first\n");
    await sheets.write("run-2", "of another run\n");
    expect(await open().read("run-1")).toBe("second, which is longer than the first\n");
    expect(await open().read("run-2")).toBe("of another run\n");
  });

  test(`${name}: who reads while it is written meets a whole sheet`, async () => {
    const sheets = (await newHarness()).open();
    const texts = Array.from({ length: 30 }, (_, index) => `${String(index).repeat(20_000)}\n`);
    await sheets.write("run-1", texts[0] ?? "");
    const writing = (async () => {
      for (const text of texts) await sheets.write("run-1", text);
      return "written";
    })();
    let state = "writing";
    void writing.then((said) => {
      state = said;
    });
    while (state === "writing") expect(texts).toContain(await sheets.read("run-1"));
    await writing;
    expect(await sheets.read("run-1")).toBe(texts.at(-1));
  });

  test(`${name}: a run counts as taken over only while it is marked`, async () => {
    const { open, take } = await newHarness();
    await open().write("run-1", "text\n");
    expect(await open().isTaken("run-1")).toBe(false);
    await take("run-1");
    expect(await open().isTaken("run-1")).toBe(true);
    expect(await open().isTaken("run-2")).toBe(false);
  });

  test(`${name}: a name that would leave the place is refused`, async () => {
    const sheets = (await newHarness()).open();
    for (const run of ["../elsewhere", "a/b", "", ".hidden"]) {
      await expect(sheets.write(run, "text")).rejects.toMatchObject({ kind: "terminal" });
      await expect(sheets.read(run)).rejects.toMatchObject({ kind: "terminal" });
      await expect(sheets.isTaken(run)).rejects.toMatchObject({ kind: "terminal" });
    }
  });
}
