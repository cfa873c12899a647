/**
 * What clouds say of themselves on their status pages: a hint for people, never proof. A page is late as a rule, is written
 * by people who weigh their words, may itself be down with the cloud, and may show what an attacker wrote.
 *
 * Laws
 * 1. A look answers within its own bound or at once when the signal is aborted. It never throws: whatever goes wrong, the page
 *    says nothing, and why. What does not parse says nothing either; it is not guessed at.
 * 2. An answer is whole: all that is open now by the page's account, and nothing from an earlier look, unless the page itself
 *    said that nothing has changed since.
 * 3. Every text in it is one line of bounded length without control characters, the reason for saying nothing too; every list
 *    has a bound.
 * 4. A look changes nothing, and asks the one address that was stated: it follows nobody elsewhere.
 *
 * It must not be read by anything that decides: not by verdicts, guards, automation, the schedule or runbooks
 * (`tools/boundary-rules.ts`, room `hint`).
 */
import type { Notice } from "../domain/own-word/notice.ts";

export type Told =
  | { readonly heard: true; readonly notices: readonly Notice[] }
  | { readonly heard: false; readonly why: string };

export type StatusPage = {
  look(signal: AbortSignal): Promise<Told>;
};
