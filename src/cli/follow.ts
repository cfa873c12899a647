/**
 * Following a run: its events as they come, to its end, to a wait for people, or until the person leaves.
 *
 * 1. Leaving never touches the run: it goes on, and what is printed says how to see it again.
 * 2. A lost connection is tried again for a while, because an orchestrator that restarts takes its runs up again.
 * 3. Without a terminal nobody is there to wait for people: the command ends with its own exit code.
 */
import type { LedgerEvent } from "../domain/ledger.ts";
import type { Api } from "./api/client.ts";
import type { RunAnswer, ShownRun } from "./api/parse-answers.ts";
import type { Context } from "./context.ts";
import { CliError } from "./errors.ts";
import { EXIT, type Exit, exitOfEnd, exitOfStanding } from "./exit.ts";
import { runDocument } from "./run-document.ts";
import { waitingLines } from "./waiting.ts";

export type FollowOrder = {
  readonly run: string;
  /** Just asked for, so that it may not have written its first event yet; `queued` while it waits for locks. */
  readonly fresh: "no" | "yes" | "queued";
};

const RECONNECT_TRIES = 20;
const RECONNECT_PAUSE_MS = 500;
const UNBORN_MS = 30_000;

type Seen = { after: number; view: ShownRun | null; told: boolean; lost: number };

export async function followRun(order: FollowOrder, context: Context): Promise<Exit> {
  const { io, view } = context;
  const api = await context.api();
  const startedMs = io.now();
  const seen: Seen = { after: -1, view: null, told: false, lost: 0 };
  try {
    while (!io.interrupted.aborted) {
      const news = await listen(api, order, context, seen);
      if (news === "left") break;
      for (const event of news) view.event(event);
      const last = news.at(-1);
      const beat = () => ({
        run: order.run,
        view: seen.view,
        elapsedMs: io.now() - (seen.view?.startedAtMs ?? startedMs),
      });
      if (last === undefined) {
        requireBirth(order, seen, io.now() - startedMs);
        view.beat(beat());
        continue;
      }
      seen.after = last.index;
      const answer = await api.run(order.run);
      seen.view = answer.view;
      view.stands(beat());
      // The view may be ahead of the events that were shown; those come first.
      if (answer.view.events > seen.after + 1) continue;
      const exit = await settled(answer, context, seen);
      if (exit !== null) return exit;
    }
    return detached(order.run, context);
  } catch (error) {
    if (io.interrupted.aborted) return detached(order.run, context);
    throw error;
  } finally {
    view.close();
  }
}

/** Events, or none for as long as a beat; `left` when the person has gone meanwhile. */
async function listen(
  api: Api,
  order: FollowOrder,
  context: Context,
  seen: Seen,
): Promise<readonly LedgerEvent[] | "left"> {
  const { io, view } = context;
  for (;;) {
    try {
      const events = await api.events(order.run, seen.after, view.beatMs);
      seen.lost = 0;
      return events;
    } catch (error) {
      if (io.interrupted.aborted) return "left";
      if (!(error instanceof CliError)) throw error;
      if (error.problem.code === "not-found" && order.fresh !== "no" && seen.after < 0) {
        await io.sleep(RECONNECT_PAUSE_MS, io.interrupted);
        return [];
      }
      if (error.problem.exit !== EXIT.unreachable || seen.lost >= RECONNECT_TRIES)
        throw lostWith(error, order.run, context);
      if (seen.lost === 0)
        view.message(
          "the connection to the orchestrator is lost; trying again for a while. The run is not affected by that.",
        );
      seen.lost += 1;
      await io.sleep(RECONNECT_PAUSE_MS, io.interrupted);
    }
  }
}

function requireBirth({ run, fresh }: FollowOrder, seen: Seen, waitedMs: number): void {
  if (seen.after >= 0 || fresh === "queued" || waitedMs < UNBORN_MS) return;
  throw new CliError({
    exit: EXIT.failed,
    code: "failed",
    what: `${run} was taken but has written nothing for ${UNBORN_MS / 1000} s`,
    why: "the durable engine does not carry it out, or cannot write its ledger",
    next: "./wildcam local status",
    facts: {},
  });
}

function lostWith(error: CliError, run: string, context: Context): CliError {
  const { problem } = error;
  if (problem.exit !== EXIT.unreachable) return error;
  const why = `${problem.why}; how ${run} goes on is not known here`;
  return new CliError({
    ...problem,
    why,
    next: `${problem.next}\nthen: ${context.again(["run", "show", run, "--follow"])}`,
  });
}

async function settled(answer: RunAnswer, context: Context, seen: Seen): Promise<Exit | null> {
  const { io, view } = context;
  const exit = exitOfEnd(answer.view);
  if (exit !== null) {
    view.show(runDocument(answer, context));
    return exit;
  }
  const standing = exitOfStanding(answer.view);
  if (standing === null) {
    seen.told = false;
    return null;
  }
  if (!seen.told) for (const line of await waitingLines(answer.view, context)) view.message(line);
  seen.told = true;
  if (io.terminal.interactive && !context.globals.json) return null;
  if (context.globals.json) view.show(runDocument(answer, context));
  return standing;
}

function detached(run: string, context: Context): Exit {
  context.view.message("");
  context.view.message(`You have left; ${run} goes on.`);
  context.view.message(`  next:  ${context.again(["run", "show", run, "--follow"])}`);
  return EXIT.interrupted;
}
