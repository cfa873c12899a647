import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runbookPages } from "./runbook-pages.ts";

const folder = new URL("../docs/runbooks/", import.meta.url);

test("docs/runbooks is what the runbooks' code makes of itself (mend it with: node tools/generate-runbook-pages.ts)", async () => {
  const pages = await runbookPages();
  for (const [name, markdown] of pages)
    expect(readFileSync(new URL(`${name}.md`, folder), "utf8")).toBe(markdown);
  expect(readdirSync(folder).sort()).toEqual([...pages.keys()].map((name) => `${name}.md`).sort());
});
