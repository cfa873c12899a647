/**
 * A cloud's status page over HTTP, in the four forms that the large clouds' pages and most others have.
 *
 * 1. One GET of the stated address, with what the last answer gave to compare by (`etag`, `last-modified`), so that a page which
 *    has nothing new sends nothing.
 * 2. Bounded: 10 s for all of it, 2 MiB of body; beyond, the connection is cut. Packed answers are not asked for, and not unpacked.
 * 3. Its names and connections are its own (`own-lookup.ts`): nobody else's call waits behind one that hangs.
 * 4. A redirect is not followed: a page that moved is told of with where to, and the inventory changed by a person.
 */
import { Agent, request } from "undici";
import { z } from "zod";
import type { Notice } from "../../domain/own-word/notice.ts";
import { plainText } from "../../domain/own-word/plain-text.ts";
import type { FeedFormat, StatusFeed } from "../../domain/status-feed.ts";
import type { StatusPage, Told } from "../../ports/status-pages.ts";
import { awsEvents } from "./aws-events.ts";
import { azureRss } from "./azure-rss.ts";
import { decode } from "./decode.ts";
import { googleIncidents } from "./google-incidents.ts";
import { ownLookup } from "./own-lookup.ts";
import { statuspage } from "./statuspage.ts";

const WITHIN_MS = 10_000;
const BODY_MOST = 2_097_152;
const WHY_MOST = 200;
const MARK_MOST = 1_000;

const PARSERS: Readonly<Record<FeedFormat, (body: string) => readonly Notice[]>> = {
  "google-incidents": googleIncidents,
  "aws-events": awsEvents,
  "azure-rss": azureRss,
  statuspage,
};

// Apart from all other calls of the process, in connections as in names.
const dispatcher = new Agent({ connect: { lookup: ownLookup(), timeout: WITHIN_MS } });

type Marks = { readonly etag: string | null; readonly modified: string | null };
type Last = { readonly marks: Marks; readonly notices: readonly Notice[] };

export function httpStatusPage(
  { url, format }: Pick<StatusFeed, "url" | "format">,
  withinMs = WITHIN_MS,
): StatusPage {
  let last: Last | null = null;
  return {
    look: async (signal): Promise<Told> => {
      const own = AbortSignal.timeout(withinMs);
      try {
        last = await ask(url, format, last, AbortSignal.any([signal, own]));
        return { heard: true, notices: last.notices };
      } catch (error) {
        const why = own.aborted ? `it did not answer within ${withinMs / 1_000} s` : reasonOf(error);
        return { heard: false, why: plainText(`${new URL(url).host}: ${why}`, WHY_MOST) };
      }
    },
  };
}

async function ask(url: string, format: FeedFormat, last: Last | null, signal: AbortSignal): Promise<Last> {
  const { statusCode, headers, body } = await request(url, {
    signal,
    dispatcher,
    headers: { "accept-encoding": "identity", "user-agent": "wildcam-operations", ...comparing(last) },
  });
  if (statusCode !== 200) {
    // What else it sends is nobody's: the connection ends with it.
    body.on("error", () => undefined).destroy();
    if (statusCode === 304 && last !== null) return last;
    throw new Error(refusal(statusCode, textOf(headers["location"])));
  }
  const packed = textOf(headers["content-encoding"]);
  if (packed !== null && packed !== "identity") {
    body.on("error", () => undefined).destroy();
    throw new Error(`it answers packed (${packed}), unasked`);
  }
  const notices = parsed(format, decode(await whole(body)));
  return { notices, marks: { etag: textOf(headers["etag"]), modified: textOf(headers["last-modified"]) } };
}

async function whole(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > BODY_MOST) throw new Error(`its answer is longer than ${BODY_MOST} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parsed(format: FeedFormat, body: string): readonly Notice[] {
  try {
    return PARSERS[format](body);
  } catch (error) {
    throw new Error(`its answer is no feed of the format ${format}: ${reasonOf(error)}`, { cause: error });
  }
}

function comparing(last: Last | null): Record<string, string> {
  const { etag = null, modified = null } = last?.marks ?? {};
  return {
    ...(etag === null ? {} : { "if-none-match": etag }),
    ...(modified === null ? {} : { "if-modified-since": modified }),
  };
}

function refusal(status: number, location: string | null): string {
  const isMoved = status >= 300 && status < 400 && location !== null;
  return isMoved ? `it has moved (${status}) to ${location}, and is not followed` : `it answered ${status}`;
}

/** One that is too long to be sent back is as good as none. */
function textOf(header: string | string[] | undefined): string | null {
  return typeof header === "string" && header.length <= MARK_MOST ? header : null;
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [first] = error.issues;
    return first === undefined ? "it has another shape" : `${first.path.join(".")}: ${first.message}`;
  }
  if (!(error instanceof Error)) return "it could not be asked";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return error.message.includes(code) ? error.message : `${code} ${error.message}`;
}
