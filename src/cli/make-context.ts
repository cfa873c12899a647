/** What a command gets, made from the common flags; loaded only once there is a command to run. */
import { shellCommand } from "../domain/quoting.ts";
import type { Api } from "./api/client.ts";
import type { Context, Globals } from "./context.ts";
import { malformed, unreachable } from "./errors.ts";

const DEFAULT_STATE = ".wildcam";

export function contextOf(parts: Pick<Context, "io" | "outside" | "view" | "globals">): Context {
  const { globals, outside } = parts;
  const again = commandsFor(globals);
  let connected: Promise<Api> | null = null;
  return {
    ...parts,
    again,
    inventory: async () =>
      await outside.inventory(
        globals.inventory ?? (await outside.inventoryFileOf(outside.resolvePath(globals.state))),
      ),
    api: () => {
      connected ??= connect({ ...parts, again });
      return connected;
    },
  };
}

function commandsFor(globals: Globals): Context["again"] {
  return (words, as) => {
    const tokenFile = as === undefined ? globals.tokenFile : as.tokenFile;
    const flags = [
      ...(globals.state === DEFAULT_STATE ? [] : ["--state", globals.state]),
      ...(globals.inventory === null ? [] : ["--inventory", globals.inventory]),
      ...(globals.api === null ? [] : ["--api", globals.api]),
      ...(tokenFile === null ? [] : ["--token-file", tokenFile]),
    ];
    return shellCommand(["./wildcam", ...words, ...flags]);
  };
}

/** Where the orchestrator is and who is calling: by flags, else by what the world in the state folder says. */
async function connect({
  io,
  outside,
  globals,
  again,
}: Pick<Context, "io" | "outside" | "globals" | "again">): Promise<Api> {
  const given = apiAddress(globals);
  const stateDir = outside.resolvePath(globals.state);
  const next = "start it with npm start";
  const local = given === null || globals.tokenFile === null ? await outside.orchestratorOf(stateDir) : null;
  const urls = given === null ? (local?.apiUrls ?? []) : [given];
  if (urls.length === 0) {
    throw unreachable({
      what: "the orchestrator cannot be reached",
      why: `no world is up in ${stateDir}`,
      next,
    });
  }
  const tokenFile = globals.tokenFile ?? local?.tokenFile;
  if (tokenFile === undefined) {
    const why = `no world is up in ${stateDir} whose token could be used`;
    throw malformed({
      what: "--api wants --token-file as well",
      why,
      next: "./wildcam status --api URL --token-file FILE",
    });
  }
  const token = await outside.readToken(tokenFile);
  // Lazily: commands that need no orchestrator do not pay for the parsing of its answers.
  const { apiClient } = await import("./api/client.ts");
  return apiClient({ urls, token, send: outside.send, signal: io.interrupted, next, again });
}

function apiAddress({ api }: Globals): string | null {
  if (api === null) return null;
  if (/[@?#]/.test(api)) {
    // Not repeated: what stands there is most likely a password or a token.
    const what = "--api wants an address without a user, a password or a query in it";
    const why = "people are known by the token in --token-file alone; an address ends up in logs";
    throw malformed({ what, why, next: "./wildcam status --api URL --token-file FILE" });
  }
  if (/^https?:\/\/[^/\s]+\/?$/.test(api) && URL.canParse(api)) return api.replace(/\/$/, "");
  const what = `--api wants an address such as http://127.0.0.1:8100, got ${JSON.stringify(api)}`;
  throw malformed({ what, why: "it is no address of a server", next: "./wildcam local status" });
}
