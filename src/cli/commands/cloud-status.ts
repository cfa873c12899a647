/** `cloud status`: what is known of each cloud, since when, by how many, and what each vantage point says itself;
 * and what each cloud says of itself, where its page is read. */
import type { Api } from "../api/client.ts";
import type { CloudsAnswer } from "../api/parse-answers.ts";
import { ownWordBrief } from "../own-word-text.ts";
import { cloudChangeLines, cloudStatusText } from "../cloud-status-text.ts";
import type { Command, Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit.ts";

const LOOK_EVERY_MS = 1_000;

export const cloudStatus: Command = async ({ options }, context) => {
  const api = await context.api();
  const answer = await api.clouds();
  context.view.show({
    kind: "clouds",
    data: answer,
    text: (style) => cloudStatusText(answer, context.io.now(), style),
  });
  if (options["watch"] === true) await watch(api, answer, context);
  return EXIT.ok;
};

/** Shows each change, until the person leaves. */
async function watch(api: Api, first: CloudsAnswer, { io, view }: Context): Promise<void> {
  let last = first;
  let lost = false;
  while (!io.interrupted.aborted) {
    await io.sleep(LOOK_EVERY_MS, io.interrupted);
    const next = await api.clouds().catch((error: unknown) => {
      if (io.interrupted.aborted) return null;
      if (!(error instanceof CliError) || error.problem.exit !== EXIT.unreachable) throw error;
      if (!lost) view.message(`${error.problem.what}; asking again`);
      lost = true;
      return null;
    });
    if (next === null) continue;
    lost = false;
    const before = last;
    last = next;
    if (shownOf(next) === shownOf(before)) continue;
    view.show({ kind: "clouds", data: next, text: (style) => cloudChangeLines(before, next, style) });
  }
}

function shownOf({ clouds }: CloudsAnswer): string {
  return JSON.stringify(
    clouds.map(({ cloud, verdict, own, clusters }) => [
      [cloud, verdict, ownWordBrief({ own })],
      clusters.map((one) => one.verdict),
    ]),
  );
}
