/** `local status`: addresses and processes, a contract for whoever attaches load, probes and kills. */
import type { Command } from "../context.ts";
import { unreachable } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { localStatusText } from "../local-status-text.ts";

export const localStatus: Command = async (_call, context) => {
  const stateDir = context.outside.resolvePath(context.globals.state);
  const status = await context.outside.localStatus(stateDir);
  if (status === null) {
    throw unreachable({
      what: "no local world is up",
      why: `nothing runs from ${stateDir}`,
      next: "start it with npm start, or ./wildcam local up",
    });
  }
  context.view.show({ kind: "local-status", data: status, text: () => localStatusText(status) });
  return EXIT.ok;
};
