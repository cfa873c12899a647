/**
 * `people add NAME --role R... --mail M`: lets somebody come. The token is made here and goes into a file; the
 * orchestrator gets its digest alone, so that it travels nowhere but from this file to its owner.
 */
import { parseDuration, durationPattern } from "../../domain/units.ts";
import type { PersonOrder } from "../api/client.ts";
import type { ShownPerson } from "../api/parse-answers.ts";
import type { Call, Command, Context } from "../context.ts";
import { CliError, malformed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { argument, textOption } from "../options.ts";
import { columns } from "../views/columns.ts";

const NAME = /^[a-z][a-z0-9.-]{0,63}$/;
const MAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const NEXT = "./wildcam people add --help";

export const peopleAdd: Command = async (call, context) => {
  const order = parsePerson(call);
  const api = await context.api();
  const { outside, globals } = context;
  const given = textOption(call, "tokenOut");
  const file =
    given === null ? outside.resolvePath(globals.state, "tokens", order.name) : outside.resolvePath(given);
  const sha256 = await outside.makeTokenFile(file);
  const person = await api
    .addPerson({ ...order, sha256 })
    .catch(async (error: unknown) => await withoutPerson(error, file, context));
  showPerson(person, file, context);
  return EXIT.ok;
};

function showPerson(person: ShownPerson, file: string, context: Context): void {
  const { name, roles, mail, expiresAtMs } = person;
  context.view.show({
    kind: "person-added",
    data: { person, tokenFile: file },
    text: ({ date }) =>
      columns([
        ["name", name],
        ["roles", roles.join(", ")],
        ["human", mail],
        ["until", expiresAtMs === null ? "for ever" : date(expiresAtMs)],
        ["token", file],
      ]),
  });
  context.view.message(`Give ${name} that file over a channel that you trust, then remove it here.`);
}

/** A token that is nobody's is removed; where nobody knows whether it is, it stays and is named. */
async function withoutPerson(error: unknown, file: string, context: Context): Promise<never> {
  const inDoubt =
    !(error instanceof CliError) ||
    [EXIT.unreachable, EXIT.interrupted, EXIT.failed].some((exit) => exit === error.problem.exit);
  if (inDoubt)
    context.view.message(`Whether they were added is not known: see "people list". The token is in ${file}.`);
  else await context.outside.removeFile(file);
  throw error;
}

function parsePerson(call: Call): Omit<PersonOrder, "sha256"> {
  const name = argument(call, 0);
  const mail = textOption(call, "mail") ?? "";
  const expires = textOption(call, "expires");
  const roles: readonly unknown[] = Array.isArray(call.options["role"]) ? call.options["role"] : [];
  if (!NAME.test(name)) {
    const why = "names are lower-case letters, digits, dots and hyphens, a letter first, at most 64";
    throw malformed({ what: `${JSON.stringify(name)} is no person's name`, why, next: NEXT });
  }
  if (!MAIL.test(mail)) {
    const why = "it says which human this is";
    throw malformed({ what: `--mail wants a mail address, got ${JSON.stringify(mail)}`, why, next: NEXT });
  }
  if (expires !== null && (!durationPattern.test(expires) || parseDuration(expires) < 1_000)) {
    const what = `--expires wants a duration such as 30d or 12h, got ${JSON.stringify(expires)}`;
    throw malformed({ what, why: "it is how long the token holds, at least 1s", next: NEXT });
  }
  return {
    name,
    roles: roles.filter((role) => typeof role === "string"),
    mail,
    expiresInMs: expires === null ? null : parseDuration(expires),
  };
}
