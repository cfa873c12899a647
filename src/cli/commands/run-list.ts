/** `run list`: all runs, newest first. */
import type { Command } from "../context.ts";
import { EXIT, exitOfEnd, exitOfStanding } from "../exit.ts";
import { type Cell, columns } from "../views/columns.ts";
import { inputText } from "../views/event-line.ts";
import { elapsedText } from "../views/style.ts";

export const runList: Command = async (_call, context) => {
  const api = await context.api();
  const runs = await api.runs();
  const nowMs = context.io.now();
  context.view.show({
    kind: "runs",
    data: { runs },
    text: ({ colors }) => {
      if (runs.length === 0) return ["No runs yet."];
      const rows = runs.map((run): Cell[] => {
        const exit = exitOfEnd(run) ?? exitOfStanding(run);
        const stuck = run.standing?.stuck === true;
        const late = run.endedAtMs === null && run.locksUntilMs !== null && run.locksUntilMs <= nowMs;
        const live = stuck || late ? colors.red : colors.cyan;
        const paint = exit === null ? live : exit === EXIT.ok ? colors.green : colors.red;
        const took = elapsedText((run.endedAtMs ?? nowMs) - run.startedAtMs);
        return [
          run.run,
          { text: `${stuck ? `stuck (${run.state})` : run.state}${late ? ", over its time" : ""}`, paint },
          inputText(run.input).replace(", database move", ""),
          took,
          run.requestedBy,
        ];
      });
      return columns(
        [["RUN", "STATE", "INPUT", "TOOK", "BY"], ...rows],
        ["left", "left", "left", "right", "left"],
      );
    },
  });
  return EXIT.ok;
};
