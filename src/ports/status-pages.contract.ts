/** The laws of `status-pages.ts` as tests, for whatever implements it. */
import { describe, expect, test } from "vitest";
import { NAMES_MOST, NOTICES_MOST, TEXT_MOST } from "../domain/own-word/notice.ts";
import type { StatusPage, Told } from "./status-pages.ts";

/** Pages that answer so; each is made anew for each call. */
export type StatusPagesSetup = {
  /** Tells of nothing. */
  readonly quiet: () => StatusPage;
  /** Tells of one thing, in text that is meant to harm whoever shows it. */
  readonly hostile: () => StatusPage;
  readonly failing: Readonly<Record<string, () => StatusPage>>;
  /** Never answers, and has no bound of its own that a test could wait for. */
  readonly hanging: () => StatusPage;
  /** What the pages have been asked so far: method and path. */
  readonly asked: () => readonly string[];
};

const UNFIT = /[\p{C}\p{Zl}\p{Zp}]/u;

export function statusPagesContract(name: string, setup: () => StatusPagesSetup): void {
  describe(`the laws of status pages hold for ${name}`, () => {
    const signal = AbortSignal.timeout(120_000);

    test("one that tells of nothing is heard, and tells of nothing", async () => {
      expect(await setup().quiet().look(signal)).toEqual({ heard: true, notices: [] });
    });

    test("text is one line of bounded length without control characters, in names too", async () => {
      const told = await setup().hostile().look(signal);
      expect(told).toMatchObject({ heard: true, notices: [{}] });
      for (const text of textsOf(told)) {
        expect(text).not.toMatch(UNFIT);
        expect([...text].length).toBeLessThanOrEqual(TEXT_MOST);
      }
    });

    test("lists have a bound", async () => {
      const told = await setup().hostile().look(signal);
      if (!told.heard) throw new Error(told.why);
      expect(told.notices.length).toBeLessThanOrEqual(NOTICES_MOST);
      for (const { places, services } of told.notices)
        expect((places?.length ?? 0) + (services?.length ?? 0)).toBeLessThanOrEqual(2 * NAMES_MOST);
    });

    test("whatever goes wrong, it says nothing and why, in the same plain text", async () => {
      for (const [what, page] of Object.entries(setup().failing)) {
        const told = await page().look(signal);
        expect({ what, told }).toEqual({ what, told: { heard: false, why: expect.stringMatching(/./) } });
        for (const text of textsOf(told)) {
          expect([what, text].join(": ")).not.toMatch(UNFIT);
          expect([...text].length).toBeLessThanOrEqual(200);
        }
      }
    });

    test("one that hangs is left as soon as the signal is aborted, and so is one that is asked when it is already", async () => {
      const leaving = new AbortController();
      const looking = setup().hanging().look(leaving.signal);
      leaving.abort();
      expect(await looking).toMatchObject({ heard: false });
      expect(await setup().hanging().look(leaving.signal)).toMatchObject({ heard: false });
    });

    test("it only reads", async () => {
      const { quiet, asked } = setup();
      await quiet().look(signal);
      expect(asked().length).toBeGreaterThan(0);
      expect(asked().filter((line) => !line.startsWith("GET "))).toEqual([]);
    });
  });
}

function textsOf(told: Told): readonly string[] {
  if (!told.heard) return [told.why];
  return told.notices.flatMap(({ text, places, services }) => [text, ...(places ?? []), ...(services ?? [])]);
}
