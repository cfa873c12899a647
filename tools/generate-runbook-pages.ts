/** Writes `docs/runbooks/*.md`; a test fails when they are not what this writes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { runbookPages } from "./runbook-pages.ts";

const folder = new URL("../docs/runbooks/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, markdown] of await runbookPages()) writeFileSync(new URL(`${name}.md`, folder), markdown);
