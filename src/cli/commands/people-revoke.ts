/** `people revoke NAME`: the token is out of force from the answer on; the name stays in the record. */
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { argument } from "../options.ts";

export const peopleRevoke: Command = async (call, context) => {
  const name = argument(call, 0);
  const api = await context.api();
  await api.revokePerson(name);
  context.view.show({ kind: "person-revoked", data: { name }, text: () => [`${name} is revoked`] });
  context.view.message(`What ${name} has started goes on: ${context.again(["run", "list"])}`);
  return EXIT.ok;
};
