/**
 * `npm run judge DIR`: recomputes a drill's report from its raw records alone, and writes `report.json` and `report.md`
 * beside them unless told `--no-write`. Exits 0 when all that had to hold did, 1 when not, 2 when it cannot be judged.
 */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { judgeDrill } from "./judge-drill.ts";
import { BadRecords } from "./judge-lines.ts";

const USAGE = "npm run judge DIR [-- --json] [-- --no-write]   DIR: the folder that a drill named at its end";

function main(words: readonly string[]): number {
  const order = parse(words);
  if (order === null) return 2;
  const dir = resolve(order.dir);
  const { report, markdown } = judgeDrill(dir);
  const json = JSON.stringify(report);
  if (order.write) {
    writeFileSync(join(dir, "report.json"), `${json}\n`);
    writeFileSync(join(dir, "report.md"), markdown);
  }
  process.stdout.write(order.json ? `${json}\n` : markdown);
  return report.ok ? 0 : 1;
}

type Order = { readonly dir: string; readonly json: boolean; readonly write: boolean };

/** Null when the words are wrong, which is then told. */
function parse(words: readonly string[]): Order | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { json: { type: "boolean", default: false }, "no-write": { type: "boolean", default: false } },
    });
    const [dir, ...more] = positionals;
    if (dir !== undefined && more.length === 0) return { dir, json: values.json, write: !values["no-write"] };
    process.stderr.write(`judge: expected one folder, got ${positionals.length}\n${USAGE}\n`);
  } catch (error) {
    process.stderr.write(`judge: ${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  }
  return null;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BadRecords)) throw error;
  process.stderr.write(`judge: ${error.message}\n`);
  process.exitCode = 2;
}
