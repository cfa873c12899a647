/** `automation show|set|stop|start`: what happens without a person, and how far it may go. */
import { AUTOMATIC_ACTIONS, MODES } from "../../domain/automatic-actions.ts";
import { didYouMean } from "../../domain/names.ts";
import type { AutomationAnswer } from "../api/parse-automation.ts";
import type { Command, Context } from "../context.ts";
import { malformed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { argument, textOption } from "../options.ts";
import { type Cell, columns } from "../views/columns.ts";
import type { Style } from "../views/view.ts";

const automationShow: Command = async (_call, context) => {
  const api = await context.api();
  show(context, await api.automation(), []);
  return EXIT.ok;
};

export const automationSet: Command = async (call, context) => {
  const [action, mode] = [argument(call, 0), argument(call, 1)];
  requireKnown("action", action, AUTOMATIC_ACTIONS);
  requireKnown("mode", mode, MODES);
  if (mode === "act" && textOption(call, "confirm") !== action) {
    throw malformed({
      what: "the mode act wants --confirm with the action's name",
      why: "from then on it happens without anybody being asked",
      next: `${context.again(["automation", "set", action, mode])} --confirm ${action}`,
    });
  }
  const api = await context.api();
  show(context, await api.setAutomation({ action, mode }), []);
  return EXIT.ok;
};

function requireKnown(what: "action" | "mode", word: string, known: readonly string[]): void {
  if (known.includes(word)) return;
  throw malformed({
    what: `automation has no ${what} "${word}"${didYouMean(word, known)}`,
    why: `there are: ${known.join(", ")}`,
    next: "./wildcam automation set --help",
  });
}

const automationStop: Command = async (call, context) => {
  const api = await context.api();
  const answer = await api.stopAutomation(textOption(call, "why") ?? "");
  show(context, answer, [
    ...answer.paused.map((run) => `${run} stands still after its step, pivot or hold`),
    ...answer.unreached.map((run) => `${run} could not be told, and goes on: run pause`),
  ]);
  context.view.message(
    `go on: ${context.again(["automation", "start"])}; a run: ${context.again(["run", "resume"])} RUN`,
  );
  return EXIT.ok;
};

const automationStart: Command = async (_call, context) => {
  const api = await context.api();
  show(context, await api.startAutomation(), []);
  context.view.message(`runs that were paused stay so: ${context.again(["run", "list"])}`);
  return EXIT.ok;
};

const VERBS = { show: automationShow, stop: automationStop, start: automationStart };

export function automationVerb(verb: keyof typeof VERBS): Command {
  return VERBS[verb];
}

function show({ view }: Context, answer: AutomationAnswer, besides: readonly string[]): void {
  view.show({
    kind: "automation",
    data: answer,
    text: (style) => [...textOf(answer, style), ...besides],
  });
}

function textOf(
  { profile, stopped, runsPerHour, actions, outages, begun }: AutomationAnswer,
  style: Style,
): string[] {
  const { colors, date } = style;
  const state =
    stopped === null
      ? colors.green("on")
      : colors.red(
          `stopped by ${stopped.by} at ${date(stopped.atMs)}${stopped.why === "" ? "" : `: ${stopped.why}`}`,
        );
  const rows = actions.map(({ action, mode, stated, setBy, setAtMs }): Cell[] => [
    action,
    { text: mode, paint: mode === "act" ? colors.bold : (text) => text },
    setBy === null
      ? "as the profile states"
      : `set by ${setBy} at ${date(setAtMs ?? 0)} (profile: ${stated})`,
  ]);
  return [
    `Automation is ${state}`,
    `Profile ${profile}, at most ${runsPerHour} outages of a cloud in an hour`,
    "",
    ...columns([["ACTION", "MODE", ""], ...rows], ["left", "left", "left"]),
    "",
    ...outages.map(
      ({ cloud, verdict, sinceMs, runs }) =>
        `${cloud} is ${verdict}, answered at ${date(sinceMs)} by ${runs.join(", ")}`,
    ),
    begun.length === 0
      ? "Nothing has begun by itself yet."
      : `Last begun by itself: ${begun.slice(-5).join(", ")}`,
  ];
}
