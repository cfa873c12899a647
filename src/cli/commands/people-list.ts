/** `people list`: who may come, with which roles, and until when. */
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { type Cell, columns } from "../views/columns.ts";

export const peopleList: Command = async (_call, context) => {
  const api = await context.api();
  const people = await api.people();
  context.view.show({
    kind: "people",
    data: { people },
    text: ({ colors, date }) => {
      const rows = people.map(({ name, roles, mail, standing, expiresAtMs }): Cell[] => [
        name,
        { text: standing, paint: standing === "in force" ? colors.green : colors.red },
        roles.join(", "),
        mail,
        expiresAtMs === null ? "for ever" : date(expiresAtMs),
      ]);
      return columns([["NAME", "TOKEN", "ROLES", "HUMAN", "UNTIL"], ...rows]);
    },
  });
  return EXIT.ok;
};
