/**
 * What a cloud says of itself, as far as it is about us.
 *
 * 1. A notice counts that names one of our regions, or none at all; and one of the stated services, or none at all, or where
 *    no services are stated. All others are only counted, as `elsewhere`.
 * 2. The gravest notice that counts gives the word; of several the one that was told of last. `sinceMs` is when the oldest
 *    of that gravity began.
 * 3. It is a hint. Nothing that decides may see it (`tools/boundary-rules.ts`, room `hint`).
 */
import { GRAVITIES, type Gravity, type Notice } from "./notice.ts";

export type Word = {
  /** `well`: it tells of nothing where we are. */
  readonly says: "well" | Gravity;
  readonly text: string;
  readonly sinceMs: number | null;
  readonly updatedMs: number | null;
  /** Our regions that are named; empty: it is about the cloud as a whole, or about nothing. */
  readonly where: readonly string[];
  readonly open: number;
  readonly elsewhere: number;
};

export type AboutUs = { readonly regions: readonly string[]; readonly services: readonly string[] };

export function wordFrom(notices: readonly Notice[], us: AboutUs): Word {
  const ours = notices.filter((notice) => counts(notice, us));
  const elsewhere = notices.length - ours.length;
  const says = GRAVITIES.findLast((gravity) => ours.some((notice) => notice.gravity === gravity)) ?? "well";
  const gravest = ours.filter(({ gravity }) => gravity === says);
  const [first] = gravest.toSorted((a, b) => toldAt(b) - toldAt(a));
  const begun = gravest.flatMap(({ sinceMs }) => (sinceMs === null ? [] : [sinceMs]));
  const isEverywhere = gravest.some(({ places }) => places === null);
  const where = us.regions.filter((region) => gravest.some(({ places }) => names(places, region)));
  return {
    says,
    text: first?.text ?? "",
    sinceMs: begun.length === 0 ? null : Math.min(...begun),
    updatedMs: first?.updatedMs ?? null,
    where: isEverywhere ? [] : where,
    open: ours.length,
    elsewhere,
  };
}

function toldAt({ updatedMs, sinceMs }: Notice): number {
  return updatedMs ?? sinceMs ?? 0;
}

function counts({ places, services }: Notice, us: AboutUs): boolean {
  const isHere = places === null || us.regions.some((region) => names(places, region));
  const isOurs =
    services === null ||
    us.services.length === 0 ||
    us.services.some((service) => services.some((name) => plain(name) === plain(service)));
  return isHere && isOurs;
}

/** `us` and `us-west1-a` are about `us-west1`; `West US 2` is `westus2`. */
function names(places: Notice["places"], region: string): boolean {
  if (places === null) return false;
  const own = region.toLowerCase();
  return places.some((raw) => {
    const place = raw.toLowerCase();
    return plain(place) === plain(own) || own.startsWith(`${place}-`) || place.startsWith(`${own}-`);
  });
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}
