import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createTwoFilesPatch } from "diff";
import { expect, test } from "vitest";
import { patchedCopy } from "./patched-copy.ts";

const CHECKOUT = join(import.meta.dirname, "../../..");
const FILE = "src/domain/weights.ts";
const text = readFileSync(join(CHECKOUT, FILE), "utf8");

function patchOf(path: string, after: string): string {
  return createTwoFilesPatch(`a/${path}`, `b/${path}`, text, after);
}

test("a patch is applied to a copy, which is gone when it is removed; the checkout stays as it is", async () => {
  const copy = await patchedCopy(CHECKOUT, patchOf(FILE, `// sabotaged\n${text}`));
  const file = join(copy.source, "domain/weights.ts");
  expect(readFileSync(file, "utf8")).toBe(`// sabotaged\n${text}`);
  await copy.remove();
  expect(existsSync(file)).toBe(false);
  expect(readFileSync(join(CHECKOUT, FILE), "utf8")).toBe(text);
});

test.each([
  [
    "lines that are not there",
    patchOf(FILE, `new\n${text}`).replace(/^ .*$/m, " a line that is not there"),
    /does not apply/,
  ],
  ["nothing in it", "just words\n", /changes nothing/],
  ["a file outside of src", patchOf("package.json", `${text}x`), /only files below src/],
  ["a way out of src", patchOf("src/../package.json", `${text}x`), /only files below src/],
  ["a file that is not there", patchOf("src/domain/none.ts", `${text}x`), /there is no src\/domain\/none.ts/],
])("a patch with %s is refused whole", async (_name, patch, why) => {
  await expect(patchedCopy(CHECKOUT, patch)).rejects.toThrow(why);
});
