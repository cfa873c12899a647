/**
 * As much of RSS 2.0 (https://www.rssboard.org/rss-specification) as a status feed needs: the items of the one channel, with
 * title, pubDate and categories. A small reader of our own: what is known of XML's dangers is all in what it does not do.
 *
 * 1. One pass over the tags, no recursion, no pattern that can be made to go back and forth.
 * 2. No document type and so no entities but XML's own five and numbers: a feed that has one is refused.
 * 3. Tags have to be closed in order, and `rss` is the root: a page of HTML, or an answer that was cut, is refused, since a
 *    channel without items means that all is well.
 */
export type RssItem = {
  readonly title: string;
  readonly pubDate: string | null;
  readonly categories: readonly string[];
};

type Kept = { title: string; pubDate: string | null; categories: string[] };

const ITEMS_MOST = 500;
const DEPTH_MOST = 16;
const NAME = /^[A-Za-z_][\w:.-]*/;

export function rssItems(xml: string): readonly RssItem[] {
  const items: Kept[] = [];
  const open: string[] = [];
  let isFeed = false;
  let text = "";
  for (const piece of piecesOf(xml)) {
    if (piece.kind === "text") text += piece.text;
    else if (piece.kind === "open") {
      open.push(piece.name);
      if (open.length > DEPTH_MOST) throw new Error("its tags are nested too deep for a feed");
      const at = open.join("/");
      if (!isFeed && open[0] !== "rss") throw new Error(`it is ${piece.name.slice(0, 20)}, and no rss`);
      if (at === "rss/channel") isFeed = true;
      if (at === "rss/channel/item") items.push({ title: "", pubDate: null, categories: [] });
      if (items.length > ITEMS_MOST) throw new Error(`it has more than ${ITEMS_MOST} items`);
      text = "";
    } else {
      keep(items.at(-1), open.join("/"), text);
      if (open.pop() !== piece.name) throw new Error(`it closes ${piece.name.slice(0, 20)} out of order`);
      text = "";
    }
  }
  if (open.length > 0) throw new Error("it ends in the middle");
  if (!isFeed) throw new Error("it has no channel");
  return items;
}

function keep(item: Kept | undefined, at: string, text: string): void {
  if (item === undefined || !at.startsWith("rss/channel/item/")) return;
  const value = text.trim();
  if (at === "rss/channel/item/title") item.title = value;
  if (at === "rss/channel/item/pubDate") item.pubDate = value;
  if (at === "rss/channel/item/category") item.categories.push(value);
}

type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "open" | "close"; readonly name: string };

function* piecesOf(xml: string): Generator<Piece> {
  let at = 0;
  while (at < xml.length) {
    const tag = xml.indexOf("<", at);
    if (tag !== at) yield { kind: "text", text: decoded(xml.slice(at, tag === -1 ? xml.length : tag)) };
    if (tag === -1) return;
    if (xml.startsWith("<![CDATA[", tag)) {
      const end = endOf(xml, "]]>", tag);
      yield { kind: "text", text: xml.slice(tag + 9, end) };
      at = end + 3;
    } else if (xml.startsWith("<!--", tag)) at = endOf(xml, "-->", tag + 4) + 3;
    else if (xml.startsWith("<?", tag)) at = endOf(xml, "?>", tag) + 2;
    else if (xml.startsWith("<!", tag))
      throw new Error("it has a document type of its own, which is not read");
    else {
      const end = endOfTag(xml, tag);
      yield* tagsIn(xml.slice(tag + 1, end));
      at = end + 1;
    }
  }
}

function* tagsIn(inside: string): Generator<Piece> {
  const isClose = inside.startsWith("/");
  const name = NAME.exec(isClose ? inside.slice(1) : inside)?.[0];
  if (name === undefined) throw new Error("it has a tag without a name");
  if (!isClose) yield { kind: "open", name };
  if (isClose || inside.endsWith("/")) yield { kind: "close", name };
}

function endOf(xml: string, mark: string, from: number): number {
  const end = xml.indexOf(mark, from);
  if (end === -1) throw new Error("it ends in the middle");
  return end;
}

/** A `>` inside of an attribute's quotes ends no tag. */
function endOfTag(xml: string, from: number): number {
  let quote = "";
  for (let at = from; at < xml.length; at += 1) {
    const one = xml.charAt(at);
    if (quote !== "") quote = one === quote ? "" : quote;
    else if (one === '"' || one === "'") quote = one;
    else if (one === ">") return at;
  }
  throw new Error("it ends in the middle");
}

const OWN: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replaceAll(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w{1,8});/g, (whole, name: string) => {
    if (!name.startsWith("#")) return OWN[name] ?? whole;
    const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : " ";
  });
}
