/** `local down [--purge]`: takes the world down; its state stays unless asked otherwise. */
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { flag } from "../options.ts";

export const localDown: Command = async (call, { outside, globals, view }) => {
  const stateDir = outside.resolvePath(globals.state);
  const purge = flag(call, "purge");
  const { wasUp } = await outside.localDown({ stateDir, purge });
  const done = wasUp ? "It is down." : "It was not up.";
  const state = purge ? ` ${stateDir} is removed.` : "";
  view.show({
    kind: "local-down",
    data: { stateDir, wasUp, purged: purge },
    text: () => [`${done}${state}`],
  });
  return EXIT.ok;
};
