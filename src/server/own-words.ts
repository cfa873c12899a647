/**
 * What clouds say of themselves, kept for people: each status page is asked seldom, in the background, each on its own.
 *
 * 1. Nothing waits for it: what is read is what was heard last, at once, whatever a page does.
 * 2. It ends nothing: a page that breaks its own laws is one that says nothing.
 * 3. A word counts for as long as five looks take; then the page says nothing, and why, with when it was last heard.
 * 4. It is a hint. Verdicts, guards, automation, schedule and runbooks have no way to it (`tools/boundary-rules.ts`, rooms
 *    `hint` and `hint view`), and nobody is called for it: a line in the log when it changes is all that it does.
 */
import { plainText } from "../domain/own-word/plain-text.ts";
import { type Word, wordFrom } from "../domain/own-word/word.ts";
import type { Cloud } from "../domain/snapshot.ts";
import type { StatusFeed } from "../domain/status-feed.ts";
import type { Clock } from "../ports/clock.ts";
import type { StatusPage, Told } from "../ports/status-pages.ts";

export type WatchedFeed = {
  readonly feed: Omit<StatusFeed, "url" | "format">;
  readonly page: StatusPage;
};

export type OwnWord = Omit<Word, "says"> & {
  readonly says: Word["says"] | "nothing";
  /** When its page last answered; null: never since this server began. */
  readonly heardAtMs: number | null;
  /** Why the last look got no word; null: it got one. */
  readonly problem: string | null;
  readonly page: string | null;
};

type Kept = { word: Word | null; heardAtMs: number | null; problem: string | null; said: string };

const LOOKS_KEPT = 5;
/** Beyond a page's own bound. */
const LOOK_MOST_MS = 15_000;
const NOT_YET = "it has not been asked yet";
const NO_WORD = { text: "", sinceMs: null, updatedMs: null, where: [], open: 0, elsewhere: 0 } as const;

export class OwnWords {
  readonly #feeds: readonly WatchedFeed[];
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  readonly #kept = new Map<Cloud, Kept>();

  constructor(feeds: readonly WatchedFeed[], clock: Clock, log: (line: string) => void) {
    this.#feeds = feeds;
    this.#clock = clock;
    this.#log = log;
  }

  /** Until the signal. It never throws. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#feeds.map(async (one) => await this.#ask(one, signal)));
  }

  /** Null: the inventory names no feed of that cloud for this profile. */
  of(cloud: Cloud): OwnWord | null {
    const watched = this.#feeds.find(({ feed }) => feed.cloud === cloud);
    if (watched === undefined) return null;
    const { feed } = watched;
    const { word, heardAtMs, problem } = this.#kept.get(cloud) ?? newKept();
    const about = { heardAtMs, problem, page: feed.page };
    // A clock that was set back must not keep what is old young.
    const isFresh =
      heardAtMs !== null && Math.abs(this.#clock.now() - heardAtMs) <= LOOKS_KEPT * feed.everyMs;
    if (word === null || !isFresh)
      return { ...NO_WORD, ...about, says: "nothing", problem: problem ?? NOT_YET };
    return { ...word, ...about };
  }

  async #ask(one: WatchedFeed, signal: AbortSignal): Promise<void> {
    const { everyMs } = one.feed;
    while (!signal.aborted) {
      const dueMs = this.#clock.now() + everyMs;
      const told = await lookAt(one.page, this.#clock.within(LOOK_MOST_MS, signal));
      if (signal.aborted) return;
      this.#keep(one, told);
      // However long it took: a page that is slow in its own worst hour is not asked without a pause.
      const restMs = Math.max(everyMs / 2, dueMs - this.#clock.now());
      await this.#clock.sleep(restMs, signal).catch(() => undefined);
    }
  }

  #keep({ feed }: WatchedFeed, told: Told): void {
    const kept = this.#kept.get(feed.cloud) ?? newKept();
    this.#kept.set(feed.cloud, kept);
    if (told.heard) {
      kept.word = wordFrom(told.notices, feed);
      kept.heardAtMs = this.#clock.now();
      kept.problem = null;
    } else kept.problem = told.why;
    const { says = "nothing", text = "", problem = null } = this.of(feed.cloud) ?? {};
    const said = says === "nothing" ? says : `${says}: ${text}`;
    if (said === kept.said) return;
    kept.said = said;
    const why = says === "nothing" ? `nothing: ${problem ?? NOT_YET}` : said;
    this.#log(`${feed.cloud} says of itself, as a hint and no proof: ${why}`);
  }
}

function newKept(): Kept {
  return { word: null, heardAtMs: null, problem: null, said: "" };
}

/** A page that does not even keep its bound is left alone with its answer. */
async function lookAt(page: StatusPage, bound: AbortSignal): Promise<Told> {
  const over = Promise.withResolvers<Told>();
  const leave = () => over.resolve({ heard: false, why: "it did not answer in time" });
  bound.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([page.look(bound), over.promise]);
  } catch (error) {
    return { heard: false, why: plainText(error instanceof Error ? error.message : String(error), 200) };
  } finally {
    bound.removeEventListener("abort", leave);
  }
}
