/**
 * Speaks to whichever member of the orchestrator answers. Each serves the whole API, so that any will do.
 *
 * 1. A member that answered is kept to; one that does not is left for the next in order.
 * 2. What only reads is asked again elsewhere, whatever became of the first try. What changes something is, only where
 *    nobody had listened: a member that fell silent may have done it, and twice is worse than an error.
 * 3. With several members, one that was not heard from yet is looked at first, for a short time: one that is frozen takes
 *    connections, and would be waited for as long as the call itself may take.
 */
import type { HttpAnswer, HttpRequest, Outside } from "../context.ts";

export type Asked = Omit<HttpRequest, "url"> & { readonly path: string };

export type AnyMember = (asked: Asked) => Promise<HttpAnswer & { readonly url: string }>;

const LOOK = { method: "GET", path: "/v1/alive", deadlineMs: 1_500, body: null } as const;

export function anyMember(urls: readonly string[], send: Outside["send"]): AnyMember {
  let current = 0;
  let heard = urls.length === 1;

  const sendTo = async (asked: Asked) => {
    const url = urls[current] ?? "";
    const { path, ...request } = asked;
    return { url, ...(await send({ ...request, url: `${url}${path}` })) };
  };

  return async (asked) => {
    const silent: string[] = [];
    for (;;) {
      const look = heard ? null : await sendTo({ ...asked, ...LOOK });
      const answer = look === null || look.status !== null ? await sendTo(asked) : look;
      heard = answer.status !== null || urls.length === 1;
      if (heard || asked.signal.aborted) return answer;
      silent.push(`${answer.url}: ${answer.text}`);
      current = (current + 1) % urls.length;
      const wasLookedAt = look !== null && look.status === null;
      if (asked.method === "POST" && !wasLookedAt && answer.refused !== true) return answer;
      if (silent.length >= urls.length)
        return { ...answer, url: "any of its addresses", text: silent.join("; ") };
    }
  };
}
