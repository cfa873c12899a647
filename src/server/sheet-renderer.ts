/** What a sheet is made with in this server: the world's hand and looks, and how people call the product for it. */
import { shellCommand } from "../domain/quoting.ts";
import type { LedgerEvent } from "../domain/ledger.ts";
import { sheetText } from "../engine/sheet-text.ts";
import type { Hand } from "../ports/hand.ts";
import type { Looks } from "../ports/looks.ts";
import type { Sheets } from "../ports/sheets.ts";
import { dueOf, type Limits } from "./watchdog.ts";

export type SheetParts = {
  readonly hand: Hand;
  readonly looks: Looks;
  readonly sheets: Sheets;
  readonly limits: Limits;
  readonly stateDir: string;
};

export function sheetRenderer({ hand, looks, sheets, limits, stateDir }: SheetParts) {
  return (events: readonly LedgerEvent[]): string | null => {
    const [first] = events;
    if (first === undefined) return null;
    const due = dueOf(events, limits);
    const means = {
      hand,
      looks,
      takenFile: sheets.placeOf(first.run).taken,
      again: (words: readonly string[]) => shellCommand(["./wildcam", ...words, "--state", stateDir]),
      isoTime: (ms: number) => new Date(ms).toISOString(),
    };
    return sheetText(events, means, { what: due?.waitsFor ?? "nothing", untilMs: due?.untilMs ?? null });
  };
}
