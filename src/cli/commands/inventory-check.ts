/** `inventory check [FILE]`: all that is wrong with it at once, by line and column. */
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { columns } from "../views/columns.ts";

export const inventoryCheck: Command = async (call, { outside, globals, view }) => {
  const { inventory, path, digest } = await outside.inventory(call.args[0] ?? globals.inventory);
  const names = {
    clouds: Object.keys(inventory.clouds),
    clusters: Object.keys(inventory.clusters),
    databases: Object.keys(inventory.databases),
    people: Object.keys(inventory.people),
    profiles: Object.keys(inventory.profiles),
  };
  view.show({
    kind: "inventory",
    data: { ok: true, path, digest, ...names },
    text: () => [
      `${path} holds.`,
      ...columns(
        [...Object.entries(names).map(([what, found]) => [what, found.join(", ")]), ["digest", digest]],
        [],
        "  ",
      ),
    ],
  });
  return EXIT.ok;
};
