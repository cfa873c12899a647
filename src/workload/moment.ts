// Why: the standard's date-times carry the offset of the camera's clock, which tells day from night.
// PostgreSQL's timestamptz keeps the instant and forgets the offset, so both are stored and put together again.

/** An instant in milliseconds since the epoch and the offset, in minutes east of UTC, in which it was given. */
export type Moment = { readonly epochMs: number; readonly offsetMinutes: number };

const shape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:Z|([+-])(\d\d):?(\d\d))$/;

/** Reads `YYYY-MM-DDThh:mm:ss` with `Z`, `+hh:mm` or `+hhmm`; undefined when it is no such date and time. */
export function parseMoment(text: string): Moment | undefined {
  const match = shape.exec(text);
  const local = match?.[1];
  if (match === null || local === undefined || local.startsWith("0000")) return undefined;
  const localMs = Date.parse(`${local}Z`);
  // Date rolls 30 February and 24:00:00 over to the next day instead of refusing them.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString().slice(0, 19) !== local) return undefined;
  const hours = Number(match[3] ?? 0);
  const minutes = Number(match[4] ?? 0);
  // PostgreSQL refuses an offset of 16 hours or more.
  if (hours > 15 || minutes > 59) return undefined;
  const offsetMinutes = (match[2] === "-" ? -1 : 1) * (hours * 60 + minutes);
  return {
    epochMs: localMs - offsetMinutes * 60_000,
    offsetMinutes: offsetMinutes === 0 ? 0 : offsetMinutes,
  };
}

/** The inverse of parseMoment; an offset of nought is written `Z`. */
export function formatMoment({ epochMs, offsetMinutes }: Moment): string {
  const local = new Date(epochMs + offsetMinutes * 60_000).toISOString().slice(0, 19);
  if (offsetMinutes === 0) return `${local}Z`;
  const size = Math.abs(offsetMinutes);
  const hours = String(Math.trunc(size / 60)).padStart(2, "0");
  const minutes = String(size % 60).padStart(2, "0");
  return `${local}${offsetMinutes < 0 ? "-" : "+"}${hours}:${minutes}`;
}
