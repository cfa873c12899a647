/** A notice from what a feed wrote: text cleaned, moments read, lists bounded, so that no parser has to think of it. */
import { NAME_MOST, NAMES_MOST, type Notice, NOTICES_MOST, TEXT_MOST } from "../../domain/own-word/notice.ts";
import { plainText } from "../../domain/own-word/plain-text.ts";

/** Given as the feed wrote it. */
export function makeNotice({ gravity, text, sinceMs, updatedMs, places, services }: Notice): Notice {
  const shown = plainText(text, TEXT_MOST);
  return {
    gravity,
    text: shown === "" ? "(without words)" : shown,
    sinceMs: moment(sinceMs),
    updatedMs: moment(updatedMs),
    places: named(places),
    services: named(services),
  };
}

/** Throws where a feed tells of more than anybody reads. */
export function bounded(notices: readonly Notice[]): readonly Notice[] {
  if (notices.length <= NOTICES_MOST) return notices;
  throw new Error(`it tells of ${notices.length} things at once, and more than ${NOTICES_MOST} are not read`);
}

/** Of text in any form that `Date.parse` knows (RFC 3339, RFC 822); null: none that can be read. */
export function momentOf(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : moment(Date.parse(text.slice(0, 60)));
}

// A moment that no calendar has would fail whoever prints it.
const LAST_MS = 8_640_000_000_000_000;

function moment(ms: number | null): number | null {
  return ms !== null && Number.isFinite(ms) && ms > 0 && ms < LAST_MS ? Math.round(ms) : null;
}

/** An empty list of names names nothing, and is no list of nowhere. */
function named(names: readonly string[] | null): readonly string[] | null {
  const plain = (names ?? [])
    .slice(0, NAMES_MOST)
    .map((name) => plainText(name, NAME_MOST))
    .filter((name) => name !== "");
  return plain.length === 0 ? null : [...new Set(plain)];
}
