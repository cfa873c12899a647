/** What clouds say of themselves, for people: apart from verdicts, and called what it is. */
import type { CloudsAnswer } from "./api/parse-answers.ts";
import { type Cell, columns, wrapped } from "./views/columns.ts";
import { elapsedText } from "./views/style.ts";
import type { Style } from "./views/view.ts";

type Shown = CloudsAnswer["clouds"][number];
type Told = Shown & { readonly own: NonNullable<Shown["own"]> };

type Compared = Pick<Told, "verdict" | "own">;

const WIDTH = 96;

/** No lines where no feed is read. */
export function ownWordLines({ clouds, at }: CloudsAnswer, style: Style): string[] {
  const told = clouds.filter((cloud): cloud is Told => cloud.own !== null);
  if (told.length === 0) return [];
  const rows = told.map(({ cloud, own }): Cell[] => [
    cloud,
    { text: own.says, paint: paintOf(own.says, style) },
    own.sinceMs === null ? "-" : elapsedText(at - own.sinceMs),
    own.heardAtMs === null ? "never" : `${elapsedText(at - own.heardAtMs)} ago`,
    own.where.join(", "),
  ]);
  const head = ["CLOUD", "SAYS OF ITSELF", "SINCE", "HEARD", ""];
  return [
    "",
    ...columns([head, ...rows], ["left", "left", "right", "right", "left"]),
    "a hint, and no proof: nothing is decided by it",
    ...told.flatMap((one) => paragraph(one, at)),
  ];
}

/** For a line of its own when it changes. */
export function ownWordBrief({ own }: Pick<Shown, "own">): string {
  return own === null ? "nothing" : [own.says, own.text].filter((part) => part !== "").join(": ");
}

/** Nothing where there is nothing to say. */
function paragraph({ cloud, verdict, own }: Told, at: number): string[] {
  const compared = comparison({ verdict, own });
  const words = [
    wordsOf(own, at),
    own.problem === null ? "" : `the last look got nothing: ${own.problem}`,
    compared,
  ];
  const said = words.filter((part) => part !== "");
  if (said.length === 0) return [];
  const [first = "", ...more] = said.flatMap((part) => wrapped(part, WIDTH));
  const link = own.page === null || compared === "" ? [] : [own.page];
  return [`${cloud}: ${first}`, ...[...more, ...link].map((line) => `  ${line}`)];
}

function wordsOf({ text, updatedMs, open, elsewhere }: Told["own"], at: number): string {
  const notes = [
    ...(open > 1 ? [`${open} open`] : []),
    ...(elsewhere > 0 ? [`${elsewhere} elsewhere`] : []),
    ...(updatedMs === null ? [] : [`told ${elapsedText(at - updatedMs)} ago`]),
  ];
  const noted = notes.length === 0 ? "" : `(${notes.join(", ")})`;
  return [text, noted].filter((part) => part !== "").join(" ");
}

function comparison({ verdict, own: { agreement, says } }: Compared): string {
  const here = `we see it ${verdict}`;
  switch (agreement) {
    case "both-well":
      return "";
    case "admitted":
      return `${here}, and it says itself that there is ${kindOf(says)}`;
    case "not-admitted":
      return `${here}, and it says itself that all is well where we are; such pages are late`;
    case "not-seen-here":
      return `${here}, and it says itself that there is ${kindOf(says)}, which nobody here sees`;
    case "nobody-looked":
      return tells(says) ? `too few look at it here; it says itself that there is ${kindOf(says)}` : "";
    case "silent":
      return verdict === "healthy" || verdict === "unknown" ? "" : `${here}, and its own page says nothing`;
  }
}

function tells(says: Told["own"]["says"]): boolean {
  return says === "trouble" || says === "outage";
}

function kindOf(says: Told["own"]["says"]): string {
  return says === "outage" ? "an outage" : "trouble";
}

function paintOf(says: Told["own"]["says"], { colors }: Style) {
  const { green, yellow, red, dim } = colors;
  return { well: green, notice: green, trouble: yellow, outage: red, nothing: dim }[says];
}
